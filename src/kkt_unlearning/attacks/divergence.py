"""KLoM of a pool at forgotten, retained and fresh samples, as rows of a tidy table."""

from collections.abc import Iterator, Sequence

import numpy as np

from kkt_unlearning.attacks.klom import Recipe, klom, noise
from kkt_unlearning.attacks.outputs import Outputs, outputs
from kkt_unlearning.attacks.shadows import Shadows
from kkt_unlearning.errors import DataError
from kkt_unlearning.seeding import Stream, generator
from kkt_unlearning.tables import Row

SETS = ("forget", "retain", "fresh")


def klom_rows(
    shadows: Shadows,
    *,
    fractions: Sequence[float],
    models: int,
    draws: int,
    recipe: Recipe,
    seed: int,
    s: int,
) -> Iterator[Row]:
    """One row for every fraction, forgotten sample x and set of pool s.

    ``models`` models that held x and forgot it against as many that were never trained on it, by their
    margins at x itself (``forget``), or at the next sample of the pool, in the models of either kind that are
    trained on it (``retain``) or in those that are not (``fresh``). ``noise_mean`` and ``noise_p95`` are mean
    and 95th percentile of what equal laws give with as many models
    (:func:`kkt_unlearning.attacks.klom.noise`).

    Raises:
        DataError: there are fewer than ``models`` models of a kind.
    """
    found, member = outputs(shadows, fractions), shadows.member
    (rng,) = generator(seed, Stream.MEMBERSHIP, s).spawn(1)  # another stream than the design's
    for a, fraction in enumerate(fractions):
        for name in SETS:
            pairs = [_margins(found, member, a, x, name, models) for x in range(member.shape[1])]
            unlearned, oracle = (np.stack(side) for side in zip(*pairs, strict=True))
            result = klom(unlearned, oracle, recipe)
            floor = noise(unlearned, oracle, draws, rng, recipe)
            for x in range(member.shape[1]):
                yield {
                    "seed": s,
                    "fraction": fraction,
                    "set": name,
                    "sample": x,
                    "models": models,
                    "klom": float(result.value[x]),
                    "noise_mean": float(floor[:, x].mean()),
                    "noise_p95": float(np.quantile(floor[:, x], 0.95)),
                    "outcome": str(result.outcome[x]),
                }


def _margins(
    found: Outputs, member: np.ndarray, a: int, x: int, name: str, models: int
) -> tuple[np.ndarray, np.ndarray]:
    """Margins of unlearned and of oracle models for forgotten sample x, ``(models,)`` each."""
    z = x if name == "forget" else (x + 1) % member.shape[1]
    chosen = np.ones(len(member), bool) if name == "forget" else member[:, z] == (name == "retain")
    inside, outside = (np.flatnonzero(chosen & side) for side in (member[:, x], ~member[:, x]))
    least = min(len(inside), len(outside))
    if least < models:
        raise DataError(
            f"models = {models}: only {least} shadow models of one kind are there for sample {x} ({name}); "
            "lower it, or raise the number of shadow models."
        )
    return found.unlearned[inside[:models], a, x, z], found.trained[outside[:models], z]

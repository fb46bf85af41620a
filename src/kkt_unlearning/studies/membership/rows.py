"""All attacks on all samples of a pool, and the divergence of its margins, as rows of tidy tables."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from kkt_unlearning.attacks import klom as divergence
from kkt_unlearning.attacks.bound import auc_interval
from kkt_unlearning.attacks.certificates import NUMBERS, ShadowCertificates, shadow_certificates
from kkt_unlearning.attacks.klom import Recipe, noise
from kkt_unlearning.attacks.membership import control, rates, scores, sides
from kkt_unlearning.attacks.outputs import Outputs, outputs
from kkt_unlearning.attacks.roc import auc
from kkt_unlearning.attacks.shadows import Shadows
from kkt_unlearning.errors import DataError
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.seeding import Stream, generator
from kkt_unlearning.studies.case import solver as chosen
from kkt_unlearning.studies.columns import DELTA, epsilon_at
from kkt_unlearning.studies.membership.case import PoolCase
from kkt_unlearning.studies.summary import median
from kkt_unlearning.studies.tables import Row

UNLEARNED, CONTROL, RETAINED = "unlearned", "control", "retained_point"
BOUNDS = ("auc_bounded", "auc_low", "auc_high", "shift_bound", "spread")
GIVEN = (epsilon_at(), epsilon_at(nothing=True))
SETS = ("forget", "retain", "fresh")


def attack_pool(
    shadows: Shadows,
    *,
    fractions: Sequence[float],
    folds: int,
    certificates: int,
    attacks: Sequence[str],
    loss: str,
    solver: Solver,
    pivots: int,
    s: int,
) -> list[Row]:
    """:func:`attack_rows` of a pool, the first ``certificates`` models with certificates.

    Raises:
        NotSeparableError, SolverError, NotConvergedError: see
            :func:`kkt_unlearning.attacks.certificates.shadow_certificates`.
    """
    found = outputs(shadows, [*fractions, 0.0])
    measured = shadow_certificates(
        shadows, certificates, fractions, solver, pivots, relative_delta=DELTA
    )
    table = attack_rows(
        found,
        measured,
        shadows.member,
        fractions=fractions,
        folds=folds,
        attacks=attacks,
        loss=loss,
        s=s,
    )
    return list(table)


def attack_rows(
    found: Outputs,
    certificates: ShadowCertificates,
    member: np.ndarray,
    *,
    fractions: Sequence[float],
    folds: int,
    attacks: Sequence[str],
    loss: str,
    s: int,
) -> Iterator[Row]:
    """One row for every kind of models compared, fraction, attack and sample of pool s.

    The kinds: ``unlearned`` models, which have forgotten the sample (at fraction 0: not at all), against
    models never trained on it; ``control``, the latter against each other; and ``retained_point``, exact KKT
    points of the retained problems against the latter, under the loss threshold. Certificates are medians
    over the models with certificates; columns that do not apply are nan. ``docs/questions/membership.md``.

    Args:
        found: outputs after each fraction and then, last, without a step.
    """
    idle = sides(found, len(fractions), member, folds)
    nothing = {attack: rates(*scores(attack, idle, loss))["auc"] for attack in attacks}
    for a, fraction in enumerate(fractions):
        both = sides(found, a, member, folds)
        numbers = allowed(found, certificates, member, a)
        for attack in attacks:
            result = rates(*scores(attack, both, loss))
            label: Row = {"seed": s, "models": UNLEARNED, "fraction": fraction, "attack": attack}
            yield from _rows(label, result | numbers | {"auc_nothing": nothing[attack]})
    label = {"seed": s, "models": CONTROL, "fraction": np.nan}
    alike = control(sides(found, 0, member, folds))
    for attack in attacks:
        yield from _rows(label | {"attack": attack}, rates(*scores(attack, alike, loss)))
    label |= {"models": RETAINED, "attack": "loss_threshold"}
    yield from _rows(label, {"auc": _each(_auc_against, certificates.nearby, found, member)})


def allowed(
    found: Outputs, certificates: ShadowCertificates, member: np.ndarray, a: int
) -> dict[str, np.ndarray]:
    """Medians of the certificates of step a, and the AUC that they allow a threshold on the margin, (M,)."""
    columns = {
        name: np.array([median(values) for values in certificates.numbers[name][:, a].T])
        for name in NUMBERS
    }
    C = len(certificates.nearby)
    given = (certificates.given[:, a], certificates.nothing)
    shift = certificates.shift[:, a]
    forgotten = np.einsum("krr->kr", found.unlearned[:C, a])
    bounds = np.array(
        [_interval(i, certificates.nearby, shift, found, member) for i in _all(found)]
    )
    return columns | {
        "auc_bounded": _each(_auc_against, forgotten, found, member),
        "auc_low": bounds[:, 0],
        "auc_high": bounds[:, 1],
        **{
            name: np.array([median(column) for column in values.T])
            for name, values in zip(GIVEN, given, strict=True)
        },
        "shift_bound": np.array([median(column) for column in shift.T]),
        "spread": np.array([found.trained[~S, i].std() for i, S in enumerate(member.T)]),
    }


def _all(found: Outputs) -> range:
    return range(found.trained.shape[1])


def _each(
    measure: Callable[[int, np.ndarray, Outputs, np.ndarray], float],
    values: np.ndarray,
    found: Outputs,
    member: np.ndarray,
) -> np.ndarray:
    return np.array([measure(i, values, found, member) for i in _all(found)])


def _auc_against(i: int, values: np.ndarray, found: Outputs, member: np.ndarray) -> float:
    """AUC at sample i of values ``(C, M)`` of models that hold it, against models never trained on it."""
    inside = values[member[: len(values), i], i]
    return float(auc(inside, found.trained[~member[:, i], i])) if inside.size else np.nan


def _interval(
    i: int, nearby: np.ndarray, shift: np.ndarray, found: Outputs, member: np.ndarray
) -> tuple[float, float]:
    holds = member[: len(nearby), i]
    if not holds.any():
        return np.nan, np.nan
    others = found.trained[~member[:, i], i]
    low, high = auc_interval(nearby[holds, i], others, shift[holds, i])
    return float(low), float(high)


def _rows(label: Row, columns: dict[str, np.ndarray]) -> Iterator[Row]:
    names = ("auc", "auc_nothing", "tpr_1", "tpr_10", *NUMBERS, *GIVEN, *BOUNDS)
    blank = np.full(len(columns["auc"]), np.nan)
    for i in range(len(blank)):
        yield label | {"sample": i} | {name: float(columns.get(name, blank)[i]) for name in names}


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
    (:func:`kkt_unlearning.attacks.klom.noise`); ``klom_nothing`` is of the models before they forgot x.

    Raises:
        DataError: there are fewer than ``models`` models of a kind.
    """
    found, member = outputs(shadows, [*fractions, 0.0]), shadows.member
    (rng,) = generator(seed, Stream.MEMBERSHIP, s).spawn(1)  # another stream than the design's
    for a, fraction in enumerate(fractions):
        for name in SETS:
            unlearned, oracle = _margins(found, member, a, name, models)
            idle, _ = _margins(found, member, len(fractions), name, models)
            nothing = divergence.klom(idle, oracle, recipe)
            result = divergence.klom(unlearned, oracle, recipe)
            floor = noise(unlearned, oracle, draws, rng, recipe)
            for x in range(member.shape[1]):
                yield {
                    "seed": s,
                    "fraction": fraction,
                    "set": name,
                    "sample": x,
                    "models": models,
                    "klom": float(result.value[x]),
                    "klom_nothing": float(nothing.value[x]),
                    "noise_mean": float(floor[:, x].mean()),
                    "noise_p95": float(np.quantile(floor[:, x], 0.95)),
                    "outcome": str(result.outcome[x]),
                }


def _margins(
    found: Outputs, member: np.ndarray, a: int, name: str, models: int
) -> tuple[np.ndarray, ...]:
    """:func:`_margins_of` every sample of the pool, ``(M, models)`` each."""
    pairs = [_margins_of(x, found, member, a, name, models) for x in range(member.shape[1])]
    return tuple(np.stack(side) for side in zip(*pairs, strict=True))


def _margins_of(
    x: int, found: Outputs, member: np.ndarray, a: int, name: str, models: int
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


def membership(case: PoolCase) -> list[Row]:
    """Measure ``membership`` of one pool."""
    options, settings = case.settings["options"], case.settings
    return attack_pool(
        case.shadows,
        fractions=options["fractions"],
        folds=options["folds"],
        certificates=options["certificates"],
        attacks=options["attacks"],
        loss=settings["training"]["loss"],
        solver=chosen(settings["duals"]),
        pivots=settings["duals"]["pivots"],
        s=case.s,
    )


def klom(case: PoolCase) -> Iterator[Row]:
    """Measure ``klom`` of one pool; the fractions are those of the measure ``membership``."""
    options = case.settings["options"]
    recipe = (options[name] for name in ("recipe", "bins", "clip", "floor"))
    return klom_rows(
        case.shadows,
        fractions=case.settings["fractions"],
        models=options["models"],
        draws=options["draws"],
        recipe=divergence.recipe(*recipe),
        seed=case.settings["seed"],
        s=case.s,
    )

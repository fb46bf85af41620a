"""KLoM: the Kullback-Leibler divergence of margins of unlearned models from those of oracle models."""

from dataclasses import dataclass, replace

import numpy as np

from kkt_unlearning.errors import DataError, check_flag

MEASURED, CONSTANT = "measured", "constant"


@dataclass(frozen=True)
class Recipe:
    """How margins become histograms and histograms a divergence; public codes differ.

    Attributes:
        reverse: False for KL(unlearned ‖ oracle), True for KL(oracle ‖ unlearned).
        joint: bins on the joint range of both samples, else on ``[−clip, clip]``.
        bins: how many, of equal width.
        clip: margins beyond ±clip count as ±clip.
        floor: smallest probability of a bin in the denominator.
        cap: largest value that is reported.
    """

    reverse: bool = False
    joint: bool = True
    bins: int = 20
    clip: float = 100.0
    floor: float = 1e-5
    cap: float = np.inf

    def __post_init__(self) -> None:
        check_flag("reverse", self.reverse)
        check_flag("joint", self.joint)


RECIPES = {
    "joint_range": Recipe(),
    "fixed_range": Recipe(reverse=True, joint=False, cap=12.0),
}
"""``joint_range``: as in the code of EasyDUB. ``fixed_range``: as others cite it."""


def recipe(name: str, bins: int, clip: float, floor: float) -> Recipe:
    """The recipe of a name, with these numbers."""
    return replace(RECIPES[name], bins=bins, clip=clip, floor=floor)


@dataclass(frozen=True)
class KLoM:
    """Values ``(…)`` in nats, and for each ``measured``, or ``constant`` where all margins are one number.

    A constant has no histogram on its own range; both laws are then the same point, and the value is 0.
    """

    value: np.ndarray
    outcome: np.ndarray


def klom(unlearned: np.ndarray, oracle: np.ndarray, recipe: Recipe | None = None) -> KLoM:
    """``Σ_b p_b log(p_b / max(q_b, floor))`` over the bins with ``p_b > 0``.

    p and q are the histograms of the margins of N unlearned models and of N oracle models (never trained on
    the forgotten sample) at one sample; ``reverse`` exchanges them.

    Args:
        unlearned, oracle: margins ``(…, N)``, equally many, without nan.

    Raises:
        DataError: the two have different numbers of models.
    """
    recipe = recipe or Recipe()
    if unlearned.shape[-1] != oracle.shape[-1]:
        raise DataError(
            f"{unlearned.shape[-1]} unlearned and {oracle.shape[-1]} oracle models: KLoM needs equally many; "
            "leave some out."
        )
    both = np.stack(np.broadcast_arrays(unlearned, oracle))
    both = np.clip(both, -recipe.clip, recipe.clip)
    low, high = _range(both, recipe)
    constant = (both.max(axis=(0, -1)) == both.min(axis=(0, -1))) & recipe.joint
    width = np.where(high > low, high - low, 1.0)
    p, q = _histograms(both, low, width, recipe.bins)[:: -1 if recipe.reverse else 1]
    ratio = np.where(p > 0, p, 1.0) / np.maximum(q, recipe.floor)
    value = np.where(p > 0, p * np.log(ratio), 0.0).sum(axis=-1)
    value = np.minimum(np.where(constant, 0.0, value), recipe.cap)
    return KLoM(value, np.where(constant, CONSTANT, MEASURED))


def _range(both: np.ndarray, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    if recipe.joint:
        return both.min(axis=(0, -1)), both.max(axis=(0, -1))
    edge = np.full(both.shape[1:-1], recipe.clip)
    return -edge, edge


def _histograms(both: np.ndarray, low: np.ndarray, width: np.ndarray, bins: int) -> np.ndarray:
    """Shares ``(2, …, bins)``; the last bin holds its right edge, as in :func:`numpy.histogram`."""
    place = np.floor((both - low[..., None]) / width[..., None] * bins).astype(int)
    place = np.clip(place, 0, bins - 1)
    rows = place.reshape(-1, place.shape[-1])
    first = bins * np.arange(len(rows))[:, None]
    counts = np.bincount((rows + first).ravel(), minlength=bins * len(rows))
    return counts.reshape(*place.shape[:-1], bins) / place.shape[-1]


def noise(
    unlearned: np.ndarray,
    oracle: np.ndarray,
    draws: int,
    rng: np.random.Generator,
    recipe: Recipe | None = None,
) -> np.ndarray:
    """KLoM of the same 2N margins with the models dealt to the two sides at random, ``(draws, …)``.

    What KLoM shows for equal laws: with N models and 20 bins that is far from 0. If both laws are one, every
    deal is as likely as the true one, so these are draws from the law of KLoM under equality (a permutation
    test).
    """
    both = np.concatenate([unlearned, oracle], axis=-1)
    N, found = unlearned.shape[-1], []
    for _ in range(draws):
        dealt = rng.permuted(both, axis=-1)
        found.append(klom(dealt[..., :N], dealt[..., N:], recipe).value)
    return np.array(found)

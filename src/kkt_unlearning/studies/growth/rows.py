"""Support, training and single forgettings of one network, as rows of a tidy table.

``docs/questions/growth.md``.
"""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.certificates.certificate import certify_all
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.case import Case
from kkt_unlearning.studies.summary import support_vectors
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.unlearning.ascent import Steps, unlearn_all

_FROM_CERTIFICATE = ("epsilon_clarke", "epsilon", "relative_delta", "tau", "tau_star", "outcome")


def growth_rows(
    point: KKTPoint, trained: np.ndarray, forgotten: int, solver: Solver, pivots: int, s: int
) -> list[Row]:
    """One row a forgotten support sample of replicate s: the prescribed step from the exact point.

    Args:
        trained: weights ``(n, k)`` that the exact point was found from.
        forgotten: how many support samples are forgotten (:func:`spread`).
    """
    chosen = spread(point.multipliers, forgotten)
    forget_sets = [[int(sample)] for sample in chosen]
    steps = unlearn_all(point, forget_sets, [1.0])
    retained = retained_kkt_points(point, forget_sets, solver, pivots)
    found = certify_all(steps, retained, solver)
    margins, crossed = smallest_margins(steps), crossings(steps)
    support = int(support_vectors(point.multipliers).sum())
    mean = point.multipliers.mean()  # the unit of the relative δ, but for the forgotten sample
    return [
        {
            "seed": s,
            "forget": forget[0],
            "rank": f / max(len(forget_sets) - 1, 1),
            "support": support,
            "distance_trained": float(cosine_distance(point.W, trained)),
            "multiplier": float(point.multipliers[forget[0]]),
            "multiplier_share": float(point.multipliers[forget[0]] / mean),
            "coupling": coupling(point, forget[0]),
            "smallest_margin": float(margins[f]),
            "separates": int(margins[f] > 0),
            "crossed": float(crossed[f]),
            **{name: getattr(found, name)[f, 0].item() for name in _FROM_CERTIFICATE},
            "nothing_epsilon": left_in(point, forget[0]),
        }
        for f, forget in enumerate(forget_sets)
    ]


def spread(multipliers: np.ndarray, number: int) -> np.ndarray:
    """Support samples at evenly spaced ranks of their multipliers, from the smallest to the largest.

    Both ends and what lies between are there at every ``m``, so that the cases at different ``m`` are
    alike; of one, the median.
    """
    support = np.flatnonzero(support_vectors(multipliers))
    ordered = support[np.argsort(multipliers[support], kind="stable")]
    last = len(ordered) - 1
    ranks = np.linspace(0, last, number) if number > 1 else np.array([last / 2])
    return ordered[np.unique(ranks.round().astype(int))]


def coupling(point: KKTPoint, r: int) -> float:
    """``max_{i ≠ r} y_i y_r ⟨g_i, g_r⟩``, Clarke derivatives g of the exact point.

    The step takes ``λ_r`` times it from the margin of that neighbour, as long as no activation changes.
    """
    problem, a = point.problem, point.clarke
    together = (problem.output_weights**2 * a[:, r]) @ a
    products = problem.y * problem.y[r] * together * (problem.X @ problem.X[r])
    return float(np.delete(products, r).max())


def left_in(point: KKTPoint, r: int) -> float:
    """``‖λ_r g_r‖ / ‖θ‖``: the ε of the untouched network by the multipliers that it has, where δ = τ = 0."""
    alone = point.multipliers * (np.arange(point.problem.samples) == r)
    return float(
        np.linalg.norm(point.problem.combination(alone, point.clarke)) / np.linalg.norm(point.W)
    )


def smallest_margins(steps: Steps) -> np.ndarray:
    """``min_{i ∈ I} q_i(θ')`` of each forget set, ``(F,)``; before the step it is 1."""
    keep = kept(steps.point.problem.samples, steps.forget_sets)
    return np.where(keep, steps.point.problem.margins(steps.W[:, 0]), np.inf).min(axis=-1)


def crossings(steps: Steps) -> np.ndarray:
    """Share of the retained pre-activations off the kinks whose sign the step changes, ``(F,)``."""
    point = steps.point
    keep = kept(point.problem.samples, steps.forget_sets)
    counted = keep[:, None, :] & ~point.kinks
    changed = (point.problem.pattern(steps.W[:, 0]) > 0) != (point.problem.pattern(point.W) > 0)
    return (changed & counted).sum(axis=(-2, -1)) / counted.sum(axis=(-2, -1))


def growth(case: Case) -> Sequence[Row]:
    """Measure ``growth`` of one replicate."""
    return growth_rows(
        case.point,
        case.arrays["trained"],
        case.options["forgotten"],
        case.solver,
        case.pivots,
        case.s,
    )

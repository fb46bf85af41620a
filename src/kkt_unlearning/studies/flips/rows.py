"""Rows about the activations that a step flips, and about the whole surface of its certificates.

``docs/questions/flips.md``.
"""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from kkt_unlearning.certificates.flips import Flips, count_flips
from kkt_unlearning.certificates.restore import keep_margins
from kkt_unlearning.certificates.surface import surface as least_on_path
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.case import Case
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.unlearning.ascent import unlearn_all


def flips_rows(
    point: KKTPoint, forget_sets: list[list[int]], solver: Solver, pivots: int, s: int
) -> list[Row]:
    """One row a forget set: the counts for the prescribed step from the exact point of replicate s.

    Beside them ``tau_star``, to the exact point of the retained problem, the ``pivots`` on the way to that,
    and ``tau_star_bound`` for where there are none: ``4 (D°/‖θ'‖)²`` of theorem 6.15, infinite from 1 on.
    """
    steps = unlearn_all(point, forget_sets, [1.0])
    found, retained = count_flips(steps), retained_kkt_points(point, forget_sets, solver, pivots)
    W, keep = steps.W[:, 0], kept(point.problem.samples, forget_sets)
    margins_kept = keep_margins(point.problem, point.W, W, point.pattern, point.kinks, keep)
    reach, size = (np.linalg.norm(V, axis=(-2, -1)) for V in (margins_kept - W, W))
    bound = 4.0 * (reach / size) ** 2
    bound = np.where(bound < 1.0, bound, np.inf)  # nan: no margins to keep, so no bound
    targets = np.stack([exact.W for exact in retained])
    tau_star, idle = cosine_distance(W, targets), cosine_distance(steps.start, targets)
    names = [field.name for field in fields(Flips)]
    return [
        {
            "seed": s,
            "forget": "+".join(map(str, forget)),
            "forget_size": len(forget),
            **{name: getattr(found, name)[f, 0].item() for name in names},
            "share": float(found.flipped[f, 0] / found.entries[f, 0]),
            "tau_star": float(tau_star[f]),
            "distance_original": float(idle[f]),
            "tau_star_bound": float(bound[f]),
            "pivots": retained[f].cells - 1,
        }
        for f, forget in enumerate(forget_sets)
    ]


def surface_rows(
    point: KKTPoint,
    forget_sets: Sequence[Sequence[int]],
    deltas: Sequence[float],
    taus: Sequence[float],
    path_points: int,
    solver: Solver,
    pivots: int,
    s: int,
) -> list[Row]:
    """One row for every forget set, share of δ* and share of τ*, of the prescribed step of replicate s."""
    retained = retained_kkt_points(point, forget_sets, solver, pivots)
    steps = unlearn_all(point, forget_sets, [1.0])
    found = least_on_path(steps, retained, deltas, taus, path_points, solver)
    return [
        {
            "seed": s,
            "forget": "+".join(map(str, forget)),
            "forget_size": len(forget),
            "delta_share": delta,
            "tau_share": tau,
            "epsilon": float(found.epsilon[f, d, t]),
            "nothing_epsilon": float(found.nothing_epsilon[f, d]),
            "delta": float(found.delta[f, d]),
            "relative_delta": float(found.relative_delta[f, d]),
            "tau": float(found.tau[f, t]),
            "delta_star": float(found.delta_star[f]),
            "tau_star": float(found.tau_star[f]),
            "tau_restored": float(found.tau_restored[f]),
        }
        for f, forget in enumerate(forget_sets)
        for d, delta in enumerate(deltas)
        for t, tau in enumerate(taus)
    ]


def flips(case: Case) -> list[Row]:
    """Measure ``flips`` of one replicate; beside it the size of the training steps and what they turned."""
    found = flips_rows(case.point, case.forget_sets, case.solver, case.pivots, case.s)
    training: Row = {
        "training_step": float(case.descent.step_size),
        "turned_in_training": turned(case.point, case.batch.W0[case.s]),
    }
    return [row | training for row in found]


def turned(point: KKTPoint, W0: np.ndarray) -> float:
    """Share of the entries off their kinks whose activation is another than at the weights ``W0 (n, k)``."""
    off = ~point.kinks
    return float((point.problem.pattern(W0) != point.pattern)[off].mean()) if off.any() else np.nan


def surface(case: Case) -> list[Row]:
    """Measure ``surface`` of one replicate."""
    deltas, taus, path_points = (case.options[name] for name in ("deltas", "taus", "path_points"))
    return surface_rows(
        case.point,
        case.forget_sets,
        deltas,
        taus,
        path_points,
        case.solver,
        case.pivots,
        case.s,
    )

"""How far a network in training is from stationarity, with autograd's derivatives and with Clarke's.

``docs/theory.md``, section 4.
"""

from collections.abc import Iterator

import numpy as np

from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.case import Case
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.training import Descent, step_reach


def stationarity_row(point: KKTPoint, W: np.ndarray, descent: Descent, solver: Solver) -> Row:
    """Least ``‖θ/γ − Σ λ_i y_i g_i‖ / ‖θ/γ‖`` over ``λ ≥ 0`` at weights ``W (n, k)`` of a step of training.

    With 0/1 derivatives at the weights themselves; with Clarke derivatives at the weights moved onto the
    kinks that one more step can reach (``snap_distance`` is 1 − cos of that move).
    """
    problem = point.problem
    P = problem.preactivations(W)
    kinks = np.zeros(P.shape, bool)
    if problem.network.has_kinks:
        kinks = np.abs(P) <= step_reach(problem, W, descent)
    snapped = restore(problem, W, problem.network.derivative(P), kinks)
    return {
        "residual_autograd": float(least_epsilon(problem, W, solver=solver).relative_epsilon),
        "residual_clarke": float(
            least_epsilon(problem, snapped.W, kinks=snapped.kinks, solver=solver).relative_epsilon
        ),
        "snap_distance": float(cosine_distance(W, snapped.W)),
        "distance_exact": float(cosine_distance(W, point.W)),
        "kink_fraction": float(snapped.kinks.mean()),
        "normalised_margin": float(problem.margins(W).min() / np.linalg.norm(W)),
    }


def stationarity(case: Case) -> Iterator[Row]:
    """Measure ``stationarity`` of one replicate: a row a snapshot."""
    for step, W in zip(case.moments, case.arrays["snapshots"], strict=True):
        row = stationarity_row(case.point, W, case.descent, case.solver)
        yield {"seed": case.s, "step": step} | row

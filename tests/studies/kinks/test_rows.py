"""The stationarity residual along training: stalls with 0/1 derivatives, falls with Clarke's."""

import numpy as np
import pytest
from builders import gaussian, solved
from scipy.optimize import nnls

from kkt_unlearning.kkt.multipliers import gradient_matrix
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.kinks.rows import stationarity_row
from kkt_unlearning.training import Descent, train

SOLVER = Solver()


def rows_of(width, steps):
    problem, W0 = gaussian(1, 6, 15, width)
    descent = Descent(steps=steps[-1], minimum_margin=1e-3)
    training = train(problem, W0, descent, snapshots=steps)
    point = kkt_point(problem, problem.pattern(training.W))
    rows = [stationarity_row(point, W, descent, SOLVER) for W in training.snapshots]
    return problem, point, training.snapshots, rows


def test_clarke_residuals_fall_where_autograds_stall():
    *_, rows = rows_of(8, [100, 1000, 10000])
    autograd, clarke, exact, snap = (
        [row[name] for row in rows]
        for name in ("residual_autograd", "residual_clarke", "distance_exact", "snap_distance")
    )
    assert clarke[0] > clarke[1] > clarke[2]
    assert clarke[2] < 0.1 * autograd[2]
    assert autograd[2] > 0.3 * autograd[1]
    assert exact[0] > exact[1] > exact[2]
    assert snap[0] > snap[2] > 0


def test_the_linear_model_has_one_residual_only():
    problem, point, snapshots, rows = rows_of(None, [50, 500])
    for W, row in zip(snapshots, rows, strict=True):
        assert row["residual_autograd"] == row["residual_clarke"]
        assert row["snap_distance"] == row["kink_fraction"] == 0.0
        target = (W / np.linalg.norm(W)).ravel()
        expected = nnls(gradient_matrix(problem, np.ones((1, 6))), target)[1]
        assert row["residual_autograd"] == pytest.approx(expected, rel=1e-10, abs=1e-12)
        assert row["normalised_margin"] == pytest.approx(
            (problem.y * (problem.X @ W[0])).min() / np.linalg.norm(W), rel=1e-13
        )
        assert (
            row["normalised_margin"] <= 1 / np.linalg.norm(point.W) + 1e-12
        )  # the largest there is


def test_at_the_exact_point_nothing_is_left():
    _, _, point = solved(1, 6, 15, 8)
    # A tiny step reaches the kinks of the exact point and nothing else.
    row = stationarity_row(point, point.W, Descent(step="constant", step_size=1e-9), SOLVER)
    assert row["residual_clarke"] < 1e-12
    assert row["distance_exact"] == 0.0
    assert row["snap_distance"] < 1e-20
    assert row["kink_fraction"] == point.kinks.mean()
    assert row["normalised_margin"] == pytest.approx(1 / np.linalg.norm(point.W), rel=1e-12)
    assert row["residual_autograd"] > 1e-3

"""The readings of Figure 1: each column against an independent computation."""

import numpy as np
import pytest
from builders import least_residual_by_cvxpy

from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.kkt.multipliers import least_squares_multipliers
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.readings.rows import _trained, column, reading_rows, readings

OPTIONS = {
    "replicates": 2,
    "width": 8,
    "initial_scale": 0.1,
    "steps": 1000,
    "fractions": [0.0, 1.0, 1.5],
    "restore_up_to": 5,
}


@pytest.fixture(scope="module")
def case():
    problems, weights = _trained(5, 40, OPTIONS, 3)
    problem, trained = problems[0], weights[0]
    point = kkt_point(problem, problem.pattern(trained))
    columns = readings(problem, trained, point, OPTIONS["fractions"], Solver())
    return problem, trained / problem.margins(trained).min(), point, columns


def test_the_literal_reading_is_the_program_at_the_unlearned_network(case):
    problem, W, _, columns = case
    multipliers = least_squares_multipliers(problem, W)
    step = multipliers[0] * problem.y[0] * problem.output_weights * problem.pattern(W)[:, 0]
    rest = problem.retain([0])
    for a, alpha in enumerate(OPTIONS["fractions"]):
        after = W - alpha * step[:, None] * problem.X[0]
        after = after / rest.margins(after).min()
        excess = rest.margins(after) - 1.0
        room = 0.1 * (after**2).sum() / rest.samples
        tight = excess < 1e-9
        for delta, caps in (
            (np.inf, np.full(rest.samples, np.inf)),
            (0.1, np.where(tight, np.inf, room / np.where(tight, 1.0, excess))),
        ):
            smooth = np.zeros((8, rest.samples), bool)
            expected = least_residual_by_cvxpy(rest, after, smooth, caps) / np.linalg.norm(after)
            assert columns[column("literal", delta)][a] == pytest.approx(expected, abs=1e-6)


def test_the_restored_reading_is_the_program_at_the_restored_network(case):
    problem, W, point, columns = case
    multipliers = least_squares_multipliers(problem, W)
    step = multipliers[0] * problem.y[0] * problem.output_weights * problem.pattern(W)[:, 0]
    keep = np.arange(5) != 0
    restored = restore(problem, W - step[:, None] * problem.X[0], point.pattern, point.kinks, keep)
    after = restored.W / problem.margins(restored.W)[keep].min()
    rest, free = problem.retain([0]), np.full(4, np.inf)
    expected = least_residual_by_cvxpy(rest, after, restored.kinks[:, keep], free)
    assert columns["restored"][1] == pytest.approx(expected / np.linalg.norm(after), abs=1e-6)


def test_gradients_from_before_are_those_of_the_theorem(case):
    _, _, _, columns = case
    np.testing.assert_allclose(columns["kept"], columns["predicted"], rtol=1e-9)
    assert (columns["refit"] <= columns["kept"] + 1e-12).all()
    assert columns["kept"].argmin() == columns["refit"].argmin() == 1


def test_a_larger_delta_leaves_no_larger_epsilon(case):
    _, _, _, columns = case
    for reading in ("literal", "restored"):
        order = [columns[column(reading, delta)] for delta in (0.03, 0.1, 0.3, np.inf)]
        assert (np.diff(order, axis=0) <= 1e-9).all()


def test_rows_are_one_a_replicate_and_fraction_and_repeat():
    rows = [list(reading_rows(5, 40, OPTIONS, Solver(), 50, 3)) for _ in range(2)]
    assert rows[0] == rows[1]
    keys = [(row["samples"], row["dimension"], row["seed"], row["fraction"]) for row in rows[0]]
    assert keys == [(5, 40, s, a) for s in range(2) for a in OPTIONS["fractions"]]
    assert not any(np.isnan(row["restored"]) for row in rows[0])


def test_beyond_the_samples_asked_for_nothing_is_restored():
    rows = list(reading_rows(6, 40, OPTIONS, Solver(), 50, 3))
    assert all(np.isnan(row["restored"]) and np.isnan(row["tau"]) for row in rows)
    assert not any(np.isnan(row["literal"]) for row in rows)

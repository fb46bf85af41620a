"""The table of the recovery study: a row for each attempt, and the margins of what was forgotten."""

import numpy as np
import pytest
from builders import gaussian, solved

from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.recovery.rows import forgotten_margins, recovery_rows
from kkt_unlearning.training import Descent, train
from kkt_unlearning.unlearning.methods import Choices, Task, attempts
from kkt_unlearning.unlearning.registry import METHODS

FORGET = [(0,), (1, 4)]


def rows_of(width):
    problem, training, point = solved(1, 6, 15, width)
    choices = Choices([0.5, 0.9], Descent(), [2, 20], 1.0, Solver(), 50)
    task = Task(point, training.W, FORGET, choices)
    _, W0 = gaussian(1, 6, 15, width)
    mask = np.array([[i not in forget for i in range(6)] for forget in FORGET])
    again = train(problem, W0, Descent(steps=1500, minimum_margin=1e-3), mask=mask)
    retrained = np.stack([exact.W for exact in retained_kkt_points(point, FORGET)])
    rows = list(recovery_rows(task, list(METHODS.own), retrained, (W0, again.W, again.steps)))
    return task, retrained, again, rows


@pytest.mark.parametrize("width", [None, 8])
def test_there_is_a_row_for_every_attempt_and_forget_set(width):
    task, retrained, _, rows = rows_of(width)
    assert len({tuple(row) for row in rows}) == 1  # the same columns in the same order
    made = [*attempts(task, list(METHODS.own))]
    assert len(rows) == 2 * (len(made) + len(task.choices.steps) + 1)
    for a, attempt in enumerate(made):
        for f in range(2):
            row = rows[2 * a + f]
            assert (row["method"], row["steps"]) == (attempt.method, attempt.steps)
            assert row["forget"] == ("0", "1+4")[f] and row["forget_size"] == (1, 2)[f]
            assert row["cost"] == attempt.cost[f]
            expected = float(cosine_distance(attempt.W[f], retrained[f]))
            assert row["distance_retrained"] == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_retraining_stands_beside_the_methods_with_its_steps():
    _, _, again, rows = rows_of(8)
    last = rows[-2:]
    assert [row["method"] for row in last] == ["retrained"] * 2
    assert [row["cost"] for row in last] == [5 * again.steps[0], 4 * again.steps[1]]
    assert all(row["start"] == "initial" and row["cost_dual"] == 0 for row in last)


def test_retraining_on_the_way_is_training_from_the_same_initial_weights():
    _, retrained, _, rows = rows_of(8)
    problem, W0 = gaussian(1, 6, 15, 8)
    along = [row for row in rows if row["method"] == "retraining" and row["steps"] == 20]
    for row, forget, exact in zip(along, FORGET, retrained, strict=True):
        W = train(problem.retain(forget), W0, Descent(steps=20, minimum_margin=-np.inf)).W
        assert row["distance_retrained"] == pytest.approx(float(cosine_distance(W, exact)))
        assert row["cost"] == 20 * (6 - len(forget))


def test_the_trained_network_has_margin_about_one_on_what_is_forgotten():
    _, _, _, rows = rows_of(None)
    for row in rows[:2]:
        assert row["method"] == "nothing"
        assert row["forgotten_margin"] == pytest.approx(1.0, abs=0.2)
        assert row["forgotten_correct"] == 1.0


def test_forgotten_margins_by_hand():
    problem = Problem(Linear(), np.eye(4), np.array([1.0, -1.0, 1.0, -1.0]))
    W = np.array([[3.0, -2.0, -1.0, -4.0]])  # margins 3, 2, −1, 4
    found = forgotten_margins(problem, W[None, None], [(2,)])
    assert found["forgotten_margin"].tolist() == [[-0.5]]
    assert found["forgotten_correct"].tolist() == [[0.0]]
    both = forgotten_margins(problem, np.stack([W, W])[None], [(0, 2)])
    assert both["forgotten_margin"].tolist() == [[0.5, 0.5]]
    assert both["forgotten_correct"].tolist() == [[0.5, 0.5]]
    lost = forgotten_margins(problem, W[None, None], [(0,)])
    assert lost["forgotten_margin"].tolist() == [[np.inf]]

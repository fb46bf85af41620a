"""Training has arrived where its activations lead to an exact KKT point that is near."""

import numpy as np
import pytest
from builders import solved, wrong_pattern

from kkt_unlearning.kkt import arrival
from kkt_unlearning.kkt.arrival import Arrival
from kkt_unlearning.kkt.cell import supporting
from kkt_unlearning.metrics import cosine_distance


@pytest.mark.parametrize("width", [None, 8])
def test_the_exact_point_has_arrived_at_any_scale_and_its_distance_decides(width):
    problem, training, point = solved(1, 6, 15, width)
    distance = float(cosine_distance(training.W, point.W))
    batch, asked = np.stack([7.0 * point.W, training.W]), np.ones(2, bool)
    for limit, expected in [(0.9 * distance, [True, False]), (1.1 * distance, [True, True])]:
        assert Arrival([problem, problem], limit)(batch, asked).tolist() == expected


def test_only_those_that_are_asked_are_judged():
    problem, _, point = solved(1, 6, 15, 8)
    judge, batch = (
        Arrival([problem] * 4, 1e-9),
        np.stack([point.W] * 4).reshape(2, 2, *point.W.shape),
    )
    asked = np.array([[True, False], [False, True]])
    np.testing.assert_array_equal(judge(batch, asked), asked)


def test_a_cell_without_a_kkt_point_is_no_arrival():
    problem, training, point = solved(1, 6, 15, 8)
    judge, yes = Arrival([problem], 2.0), np.ones(1, bool)  # no direction is too far
    assert judge(point.W[None], yes).all()
    assert not judge(np.zeros_like(point.W)[None] - 1e-3 * point.W, yes).any()  # nobody is on
    pattern = wrong_pattern(problem, problem.pattern(training.W), 1)
    elsewhere = np.linalg.lstsq(problem.X, (2.0 * pattern - 1.0).T, rcond=None)[0].T
    assert (problem.pattern(elsewhere) == pattern).all()
    assert not judge(elsewhere[None], yes).any()  # its cell's optimum needs a pivot


def test_a_cell_is_solved_once(monkeypatch):
    problem, _, point = solved(1, 6, 15, 8)
    calls, solve = [], arrival.kkt_point

    def counted(*arguments, **options):
        calls.append(1)
        return solve(*arguments, **options)

    monkeypatch.setattr(arrival, "kkt_point", counted)
    judge, yes = Arrival([problem], 1e-3), np.ones(1, bool)
    for scale in (1.0, 2.0, 3.0):
        judge(scale * point.W[None], yes)
    assert len(calls) == 1
    flipped = np.where(supporting(problem), problem.preactivations(point.W), 1.0)
    opposed = np.linalg.lstsq(problem.X, flipped.T, rcond=None)[0].T
    judge(opposed[None], yes)  # opposed pairs are not part of the cell
    assert len(calls) == 1
    judge(-point.W[None], yes)
    assert len(calls) == 2

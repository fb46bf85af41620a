"""The methods by name: what each starts from, what it leaves, and what it is said to cost."""

import numpy as np
import pytest
from builders import one_sentence, solved

from kkt_unlearning.errors import DataError
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.training import Descent
from kkt_unlearning.unlearning import unlearn
from kkt_unlearning.unlearning.costs import descent_cost, dual_cost, influence_cost
from kkt_unlearning.unlearning.fine_tuning import fine_tuning
from kkt_unlearning.unlearning.methods import Choices, Task, attempts
from kkt_unlearning.unlearning.registry import METHODS

FORGET, STEPS, BETAS = [(0,), (1, 4)], [2, 20], [0.5, 0.9]


def choices(**changes):
    values = {"betas": BETAS, "descent": Descent(), "steps": STEPS, "damping": 1.0}
    return Choices(**values | {"solver": Solver(), "pivots": 50} | changes)


def task(width=8, **changes):
    _, training, point = solved(1, 6, 15, width)
    return Task(point, training.W, FORGET, choices(**changes))


def found(method, width=8):
    return list(attempts(task(width), [method]))


@pytest.mark.parametrize("width", [None, 8])
def test_every_method_leaves_weights_for_every_forget_set(width):
    tried = list(attempts(task(width), list(METHODS.own)))
    assert {attempt.method for attempt in tried} == set(METHODS.own)
    for attempt in tried:
        assert attempt.W.shape == (2, width or 1, 15)
        assert np.isfinite(attempt.W).all()
        assert attempt.cost.shape == (2,) and (attempt.cost >= 0).all()
        assert attempt.start in ("trained", "exact")


def test_series_have_one_attempt_for_each_weight_and_number_of_steps():
    assert [a.steps for a in found("fine_tuning")] == STEPS
    assert [(a.beta, a.steps) for a in found("neggrad_plus")] == [
        (beta, steps) for beta in BETAS for steps in STEPS
    ]
    assert {a.beta for a in found("gradient_ascent")} == {0.0}
    assert {a.beta for a in found("recovered")} == {1.0}
    assert all(np.isnan(a.beta) and a.steps == 0 for a in found("prescribed"))


def test_doing_nothing_costs_nothing():
    (nothing,) = found("nothing")
    _, training, _ = solved(1, 6, 15, 8)
    np.testing.assert_array_equal(nothing.W, [training.W, training.W])
    assert (nothing.cost == 0).all() and nothing.cost_dual == 0


def test_the_prescribed_step_is_that_of_unlearn():
    _, training, point = solved(1, 6, 15, 8)
    trained, exact = found("prescribed")
    for f, forget in enumerate(FORGET):
        np.testing.assert_array_equal(trained.W[f], unlearn(point, forget, trained=training.W).W)
        np.testing.assert_array_equal(exact.W[f], unlearn(point, forget).W)


def test_recovery_starts_from_the_step_at_the_scale_of_training():
    problem, training, point = solved(1, 6, 15, 8)
    gamma = training.margins.min()
    start = np.stack([gamma * unlearn(point, f, trained=training.W).W for f in FORGET])
    expected = fine_tuning(problem, start, FORGET, Descent(), STEPS)
    for t, attempt in enumerate(found("recovered")):
        np.testing.assert_allclose(attempt.W, expected[:, t], atol=1e-9)


def test_costs_by_hand():
    # m = 6, k = 1 and 2; a Newton step of the dual: 6 + 36/3 = 18 gradients.
    assert (dual_cost(6), dual_cost(6, 3), influence_cost(6), descent_cost(4, 7)) == (
        18,
        54,
        12,
        28,
    )
    by_hand = {
        "prescribed": [([1, 2], 18)] * 2,
        "fine_tuning": [([10, 8], 0), ([100, 80], 0)],
        "recovered": [([11, 10], 18), ([101, 82], 18)],
        "gradient_ascent": [([2, 4], 0), ([20, 40], 0)],
        "neggrad_plus": [([12, 12], 0), ([120, 120], 0)] * 2,
        "influence": [([12, 12], 0)],
    }
    for method, costs in by_hand.items():
        assert [(a.cost.tolist(), a.cost_dual) for a in found(method)] == costs, method
    for attempt in found("downdate", None):  # a linear model has one cell: m − k + (m − k)²/3 again
        np.testing.assert_allclose(attempt.cost, [1 + 5 + 25 / 3, 2 + 4 + 16 / 3])
        assert attempt.cost_dual == 18


def test_an_unknown_method_is_refused_before_any_work():
    with pytest.raises(DataError) as error:
        next(attempts(task(), ["nothing", "scrub"]))
    text = one_sentence(error)
    assert "'scrub'" in text and all(name in text for name in METHODS.own)


@pytest.mark.parametrize("beta", [0.0, 1.0, -0.5, 1.5])
def test_weights_at_or_beyond_the_ends_are_refused(beta):
    with pytest.raises(DataError) as error:
        choices(betas=[0.5, beta])
    assert str(beta) in one_sentence(error) and "between 0 and 1" in one_sentence(error)


def test_bad_step_counts_are_refused():
    with pytest.raises(DataError, match="ascending"):
        choices(steps=[10, 3])

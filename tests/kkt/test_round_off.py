"""The point of many samples depends on their activations alone: round-off of the data changes round-off."""

import numpy as np
import pytest

from kkt_unlearning.datasets import source
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.networks import build
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train


@pytest.fixture(scope="module", params=[0, 1])
def trained(request):
    """A problem of many images of few pixels that count, and the activations of its trained network."""
    groups = [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]
    sizes = {"samples": 400, "fresh_samples": 0, "replicates": 1, "seed": request.param}
    data = source("digits").generate(classes=groups, **sizes)
    problem = Problem(build("two_layer", 50), data.X[0], data.y[0])
    W0 = np.random.default_rng(0).normal(size=(50, 64)) / 8
    W = train(problem, W0, Descent(step_size=10.0, steps=300, minimum_margin=1e-3)).W
    return problem, problem.pattern(W)


def test_samples_that_leave_with_pre_activations_of_0_do_not_turn_on_round_off(trained):
    problem, pattern = trained
    point = kkt_point(problem, pattern)
    noise = 1e-15 * np.random.default_rng(1).standard_normal(problem.X.shape)
    again = kkt_point(Problem(problem.network, problem.X * (1 + noise), problem.y), pattern)
    assert point.cells > 1
    assert (again.cells, again.flipped) == (point.cells, point.flipped)
    np.testing.assert_array_equal(again.pattern, point.pattern)
    np.testing.assert_allclose(again.multipliers, point.multipliers, atol=1e-9)
    np.testing.assert_allclose(again.W, point.W, atol=1e-9)

"""A shadow model is the exact KKT point of its own samples, and its arrays bring it back."""

import numpy as np
import pytest
from builders import ROUND_OFF
from shadow_pool import DESCENT, MODELS, M, pool

from kkt_unlearning.attacks.design import shadow_weights
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.seeding import Stream, generator
from kkt_unlearning.training import train


@pytest.mark.parametrize("width", [None, 30])
def test_points_are_exact(width):
    shadows = pool(width)
    for k in range(MODELS):
        point = shadows.point(k)
        assert point.residuals.worst < 1e-8 and point.gap < 1e-8
        assert point.problem.samples == shadows.member[k].sum()
    assert (shadows.multipliers[~shadows.member] == 0).all()
    assert not shadows.kinks[(~shadows.member)[:, None, :].repeat(shadows.W.shape[1], 1)].any()


def test_a_model_is_trained_on_its_samples_alone_from_its_own_weights():
    shadows = pool(30)
    rng = generator(7, Stream.SHADOW_WEIGHTS, 0)
    W0 = shadow_weights(MODELS, 30, 60, M + 1, 0.1, rng)
    for k in (0, 5):
        problem = shadows.problem(k)
        trained = train(problem, W0[k], DESCENT)
        expected = kkt_point(problem, problem.pattern(trained.W))
        np.testing.assert_allclose(shadows.W[k], expected.W, atol=100 * ROUND_OFF)


def test_models_with_equal_samples_may_differ_by_their_weights():
    assert len(np.unique(pool(30).W.round(6), axis=0)) == MODELS

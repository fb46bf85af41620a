"""The margin attack on planted KKT points, and the attack on the loss."""

import numpy as np
import pytest
from builders import planted_orthogonal
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kkt_unlearning.attacks import loss_threshold, margin
from kkt_unlearning.attacks.roc import auc

VALUES = arrays(float, 6, elements=st.floats(-40, 40).map(lambda v: round(v, 3)))


@pytest.mark.parametrize("width", [None, 6])
def test_members_of_an_orthogonal_point_lie_on_the_margin_and_fresh_samples_far_from_it(width):
    problem, W, _, _ = planted_orthogonal([0.5, 1.0, 2.0], [1.0, -1.0, 1.0], width)
    q = problem.margins(W)
    np.testing.assert_allclose(margin.score(q, q.min()), 0.0, atol=1e-12)
    assert margin.score(np.zeros(1), q.min()) == -1.0  # orthogonal to all: output 0


def test_the_sign_of_the_output_does_not_matter():
    values = np.array([0.3, -2.0, 1.0])
    np.testing.assert_array_equal(margin.score(values, 1.0), margin.score(-values, 1.0))
    np.testing.assert_array_equal(margin.score(5 * values, 5.0), margin.score(values, 1.0))


@given(VALUES, VALUES)
def test_both_losses_rank_like_the_margin(members, others):
    expected = auc(members, others)
    for loss in ("exponential", "logistic"):
        scores = [loss_threshold.score(values, loss) for values in (members, others)]
        assert auc(*scores) == pytest.approx(expected, abs=1e-12)

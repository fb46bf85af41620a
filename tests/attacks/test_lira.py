"""The likelihood ratio is that of two fitted Gaussians, and cross-fitting leaves equal laws at chance."""

import numpy as np
from scipy.stats import norm

from kkt_unlearning.attacks.lira import cross_fitted, log_ratio
from kkt_unlearning.attacks.roc import auc

F, N = 4, 16


def test_the_ratio_of_two_gaussian_densities():
    rng = np.random.default_rng(0)
    v, inside, outside = rng.normal(size=(5, 3)), rng.normal(1, 2, (9, 3)), rng.normal(size=(7, 3))
    fits = [norm(values.mean(axis=0), values.std(axis=0, ddof=1)) for values in (inside, outside)]
    expected = fits[0].logpdf(v) - fits[1].logpdf(v)
    np.testing.assert_allclose(log_ratio(v, inside, outside), expected, rtol=1e-10, atol=1e-12)


def test_a_known_shift_is_seen_as_far_as_it_can_be():
    """AUC of N(1, 1) against N(0, 1) is Φ(1/√2), of the best attack and nearly of the fitted one."""
    rng, M = np.random.default_rng(1), 400
    found = mean_auc(*cross_fitted(rng.normal(1, 1, (F, N, M)), rng.normal(size=(F, N, M))))
    # fits to 48 values: parameters off by 1/√48, a loss of second order
    assert norm.cdf(np.sqrt(0.5)) - 0.02 < found < norm.cdf(np.sqrt(0.5)) + 0.01


def test_a_larger_spread_alone_is_seen():
    rng = np.random.default_rng(2)
    found = mean_auc(*cross_fitted(rng.normal(0, 3, (F, N, 50)), rng.normal(size=(F, N, 50))))
    assert found > 0.7


def test_equal_laws_are_at_chance():
    rng, M = np.random.default_rng(3), 2000
    found = mean_auc(*cross_fitted(rng.normal(size=(F, N, M)), rng.normal(size=(F, N, M))))
    # an AUC of 16 against 16 has variance 33/(12 · 256); folds depend on each other, columns do not
    assert abs(found - 0.5) < 4 * np.sqrt(33 / (12 * 256) / M)


def test_a_target_is_not_among_its_own_shadows():
    rng = np.random.default_rng(4)
    members, others = rng.normal(size=(F, N, 3)), rng.normal(size=(F, N, 3))
    before = cross_fitted(members, others)
    members[1, 2, 0] = 100.0
    after = cross_fitted(members, others)
    rest = np.ones((F, N, 3), bool)
    rest[[0, 2, 3], :, 0] = False  # fitted with the changed value
    np.testing.assert_array_equal(before[1][rest], after[1][rest])
    rest[1, 2, 0] = False
    np.testing.assert_array_equal(before[0][rest], after[0][rest])
    assert (before[1][[0, 2, 3], :, 0] != after[1][[0, 2, 3], :, 0]).all()


def test_constant_values_give_finite_scores():
    members, others = np.ones((2, 3, 1)), np.zeros((2, 3, 1))
    inside, outside = cross_fitted(members, others)
    assert np.isfinite(inside).all() and inside.min() > outside.max()
    same = cross_fitted(np.zeros((2, 3, 1)), others)
    np.testing.assert_array_equal(same[0], same[1])


def mean_auc(members, others):
    return auc(members.swapaxes(1, 2), others.swapaxes(1, 2)).mean()

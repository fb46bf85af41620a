"""AUC and true-positive rates against scikit-learn's, ties included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from kkt_unlearning.attacks.roc import auc, levels, tpr_at

SCORES = st.lists(st.integers(-3, 3), min_size=1, max_size=12)


def labelled(members, others):
    return np.repeat([1, 0], [len(members), len(others)]), np.array([*members, *others], float)


@given(SCORES, SCORES)
def test_auc_is_the_area_under_the_curve(members, others):
    expected = roc_auc_score(*labelled(members, others))
    assert auc(np.array(members), np.array(others)) == pytest.approx(expected, abs=1e-12)


@given(SCORES, SCORES, st.sampled_from([0.0, 0.01, 0.1, 0.3, 0.5, 1.0]))
def test_rate_is_the_highest_point_of_the_curve_that_far(members, others, fpr):
    false, true, _ = roc_curve(*labelled(members, others), drop_intermediate=False)
    expected = true[false <= fpr + 1e-9].max()
    assert tpr_at(np.array(members), np.array(others), fpr) == pytest.approx(expected, abs=1e-12)


@given(SCORES, SCORES)
def test_exchanging_the_sides_mirrors_the_area(members, others):
    there, back = auc(np.array(members), np.array(others)), auc(np.array(others), np.array(members))
    assert there + back == pytest.approx(1.0, abs=1e-12)


def test_a_batch_is_its_members():
    rng = np.random.default_rng(0)
    members, others = rng.normal(size=(3, 5)), rng.normal(size=(3, 8))
    for i in range(3):
        assert auc(members, others)[i] == auc(members[i], others[i])
        assert tpr_at(members, others, 0.2)[i] == tpr_at(members[i], others[i], 0.2)


def test_one_per_cent_of_a_hundred_is_one_false_positive():
    others = np.arange(100.0)
    assert tpr_at(np.array([98.5]), others, 0.01) == 1.0
    assert tpr_at(np.array([97.5]), others, 0.01) == 0.0


def test_scores_that_differ_by_round_off_are_ties():
    """Two models of the same samples: which is larger is chance, and the AUC must not depend on it."""
    members, others = np.array([0.3, 0.1, 0.0]), np.array([0.3, 0.2, 0.0])
    for noise in (0.0, 4e-16, -4e-16):
        assert auc(members + noise, others) == auc(members, others)
        assert tpr_at(members + noise, others, 0.1) == tpr_at(members, others, 0.1) == 0.0


def test_levels_follow_the_order_and_keep_what_is_no_number():
    scores = np.array([[3.0, np.nan, 1.0, 1.0 + 1e-15], [-np.inf, 2e9, 2e9 + 1.0, np.inf]])
    np.testing.assert_array_equal(levels(scores), [[1, np.nan, 0, 0], [0, 1, 1, 2]])
    np.testing.assert_array_equal(levels(np.array([0.0, 1e-6])), [0, 1])

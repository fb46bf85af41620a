"""Attacks that reconstruct forgotten samples, on networks whose answer is known by construction."""

import numpy as np
import pytest
from builders import ROUND_OFF, planted_orthogonal, solved
from scipy.optimize import nnls

from kkt_unlearning import unlearn
from kkt_unlearning.attacks.reconstruction import (
    difference_miss,
    fitted_share,
    neuron_match,
    overlap,
    remaining,
)
from kkt_unlearning.certificates.method import weights_by
from kkt_unlearning.kkt.multipliers import gradient_matrix
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem


@pytest.mark.parametrize("width", [None, 8])
@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("forget", [[1], [0, 4]])
def test_the_difference_of_the_step_is_spanned_by_the_forgotten_samples(width, trained, forget):
    problem, training, point = solved(1, 6, 15, width)
    step = unlearn(point, forget, trained=training.W if trained else None)
    if width or len(forget) == 1:  # the one row of a linear model is one direction
        assert difference_miss(step.start, step.W, problem.X[forget]) < ROUND_OFF
    other = [r for r in range(6) if r not in forget][: len(forget)]
    assert difference_miss(step.start, step.W, problem.X[other]) > 0.1


@pytest.mark.parametrize("seed", range(3))
def test_the_miss_is_that_of_a_power_iteration(seed):
    rng = np.random.default_rng(seed)
    before, after, x = rng.normal(size=(5, 7)), rng.normal(size=(5, 7)), rng.normal(size=7)
    v, squared = rng.normal(size=7), (before - after).T @ (before - after)
    for _ in range(5000):
        v = squared @ v / np.linalg.norm(squared @ v)
    expected = 1.0 - abs(v @ x) / np.linalg.norm(x)
    assert difference_miss(before, after, x[None]) == pytest.approx(expected, rel=1e-8)


def test_equal_networks_show_nothing():
    W = np.ones((3, 4))
    assert np.isnan(difference_miss(W, W * (1 + 1e-16), np.eye(4)[:1]))


def test_of_a_linear_model_retraining_shows_the_part_outside_the_other_samples():
    """``w − w* = (1 − Π) w = λ_r y_r (1 − Π) x_r`` where all samples support both."""
    problem, _, point = solved(2, 6, 200, None)
    step = unlearn(point, [3])
    again = weights_by("downdate", step)
    X = problem.X[[0, 1, 2, 4, 5]]
    outside = problem.X[3] - np.linalg.pinv(X) @ X @ problem.X[3]
    cosine = np.linalg.norm(outside) / np.linalg.norm(problem.X[3])
    assert difference_miss(point.W, again, problem.X[[3]]) == pytest.approx(1 - cosine, rel=1e-6)
    assert overlap(problem, [3])[0] == pytest.approx(np.sqrt(1 - cosine**2), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_pair_is_that_of_all_pairs(seed):
    rng = np.random.default_rng(seed)
    W, u, X = rng.normal(size=(6, 5)), rng.normal(size=6), rng.normal(size=(2, 5))
    rows = [np.zeros(5), *(w / v for w, v in zip(W, u, strict=True))]
    pairs = [a - b for i, a in enumerate(rows) for b in rows[:i]]
    for x, best in zip(X, neuron_match(W, u, X), strict=True):
        expected = max(abs(p @ x) / np.linalg.norm(p) / np.linalg.norm(x) for p in pairs)
        assert best == pytest.approx(expected, rel=1e-12)


def test_two_neurons_that_differ_in_one_activation_give_the_sample_away():
    problem, _, multipliers, clarke = planted_orthogonal([1.0, 2.0, 1.5], [1.0, -1.0, 1.0], 6)
    clarke[0, 0] = 0.0  # neuron 0 alone is off on sample 0; equal neurons are left out
    W = problem.combination(multipliers, clarke)
    found = neuron_match(W, problem.output_weights, problem.X)
    assert found[0] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("width", [None, 8])
def test_what_is_left_outside_the_others_is_one_less_the_fraction(width):
    problem, _, point = solved(1, 6, 15, width)
    for fraction in (0.0, 0.25, 1.0, 1.5):
        step = unlearn(point, [2, 3], fraction=fraction, allow_idle=True)
        left = remaining(problem, point.W, step.W, [2, 3])
        assert left == pytest.approx(abs(1.0 - fraction), abs=1e-9)
    for method in ("restored", "downdate"):
        W = weights_by(method, unlearn(point, [2, 3]))
        assert remaining(problem, point.W, W, [2, 3]) < 1e-9
    crowded = Problem(Linear(), problem.X[:, :3], problem.y)
    assert np.isnan(remaining(crowded, np.ones((1, 3)), np.ones((1, 3)), [2]))


@pytest.mark.parametrize("forget", [[1], [0, 4]])
def test_the_fitted_share_is_that_of_plain_nnls(forget):
    problem, training, point = solved(1, 6, 15, 8)
    step = unlearn(point, forget, trained=training.W)
    keep = [i for i in range(6) if i not in forget]
    for W in (step.start, step.W):
        W = W / problem.margins(W)[keep].min()
        A = gradient_matrix(problem, problem.pattern(W))
        expected = nnls(A, W.ravel())[0][forget].sum() / point.multipliers[forget].sum()
        found = fitted_share(problem, W, point.multipliers, forget)
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_before_the_fitted_share_is_one_and_without_a_margin_it_is_infinite():
    problem, _, point = solved(1, 6, 15, 8)
    assert fitted_share(problem, point.W, point.multipliers, [1]) == pytest.approx(1.0, rel=1e-6)
    assert fitted_share(problem, -point.W, point.multipliers, [1]) == np.inf
    none = np.where(np.arange(6) == 1, 0.0, point.multipliers)
    assert np.isnan(fitted_share(problem, point.W, none, [1]))

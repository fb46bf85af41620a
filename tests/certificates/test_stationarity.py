"""The least ε, against an enumeration of all faces of its quadratic program."""

from itertools import pairwise, product

import numpy as np
import pytest
from builders import gaussian, one_sentence, planted_orthogonal, planted_pairs, solved
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.multipliers import gradient_matrix
from kkt_unlearning.problem import Problem
from kkt_unlearning.unlearning.ascent import unlearn

MACHINE = 1e-12  # of ε relative to the weights


def by_enumeration(problem, W, delta, kinks):
    """On the face whose interior holds the optimum, it solves a plain least-squares problem."""
    q = problem.margins(W)
    W, q = W / q.min(), q / q.min()
    m, (j, i) = len(q), np.nonzero(kinks)
    upper = [delta / (s - 1) if s - 1 > 1e-12 else np.inf for s in q]
    whole = gradient_matrix(problem, problem.pattern(W) * ~kinks)
    single = np.zeros((W.size, len(j)))
    for c, (neuron, sample) in enumerate(zip(j, i, strict=True)):
        block = np.zeros(W.shape)
        block[neuron] = problem.signs[neuron, sample] * problem.X[sample]
        single[:, c] = block.ravel()
    best = np.inf
    choices = [("0", "free", "upper") if np.isfinite(b) else ("0", "free") for b in upper]
    for lam_face in product(*choices):
        for b_face in product(("0", "free", "lambda"), repeat=len(j)):
            lam_columns = whole.copy()
            for c in range(len(j)):
                if b_face[c] == "lambda":
                    lam_columns[:, i[c]] += single[:, c]
            free = [s for s in range(m) if lam_face[s] == "free"]
            free_b = [c for c in range(len(j)) if b_face[c] == "free"]
            lam = np.array([upper[s] if lam_face[s] == "upper" else 0.0 for s in range(m)])
            target = W.ravel() - lam_columns @ lam
            columns = np.hstack([lam_columns[:, free], single[:, free_b]])
            fit = np.linalg.lstsq(columns, target, rcond=None)[0] if columns.size else np.zeros(0)
            lam[free] = fit[: len(free)]
            b = np.where([f == "lambda" for f in b_face], lam[i], 0.0)
            b[free_b] = fit[len(free) :]
            if np.all(lam >= 0) and np.all(lam <= upper) and np.all(b >= 0) and np.all(b <= lam[i]):
                best = min(best, np.linalg.norm(target - columns @ fit))
    return best


def perturbed(seed, width, samples=3):
    """A separating network that is no KKT point, with margins of different size."""
    problem, W0 = gaussian(seed, samples, 6, width)
    rng = np.random.default_rng(seed + 100)
    W = solved(seed, samples, 6, width)[2].W
    W = W + 0.1 * rng.normal(size=W0.shape) * np.linalg.norm(W) / np.sqrt(W.size)
    assert problem.margins(W).min() > 0
    return problem, W


@pytest.mark.parametrize("width", [None, 4])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("delta", [0.0, 0.01, 0.3, 10.0, np.inf])
def test_least_epsilon_without_kinks(width, seed, delta):
    problem, W = perturbed(seed, width)
    kinks = np.zeros((width or 1, 3), bool)
    found = least_epsilon(problem, W, delta)
    # Active-set methods on both sides: round-off only.
    assert found.epsilon == pytest.approx(by_enumeration(problem, W, delta, kinks), rel=1e-10)
    assert np.all(found.multipliers >= 0)
    assert found.delta <= delta * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("delta", [0.0, 0.05, np.inf])
def test_least_epsilon_with_kinks(seed, delta):
    problem, W = perturbed(seed, 4)
    kinks = np.zeros((4, 3), bool)
    kinks[[0, 1, 2, 3], [1, 0, 1, 2]] = True
    found = least_epsilon(problem, W, delta, kinks)
    expected = by_enumeration(problem, W, delta, kinks)
    assert found.epsilon == pytest.approx(expected, rel=1e-11)
    assert found.delta <= delta * (1 + 1e-12)


@pytest.mark.parametrize("width", [None, 6])
def test_with_any_delta_it_is_non_negative_least_squares(width):
    problem, W = perturbed(5, width, samples=5)
    target = (W / problem.margins(W).min()).ravel()
    _, expected = nnls(gradient_matrix(problem, problem.pattern(W)), target)
    assert least_epsilon(problem, W).epsilon == pytest.approx(expected, rel=1e-10)


def test_the_reported_numbers_belong_to_the_reported_multipliers():
    problem, W = perturbed(1, 4)
    found = least_epsilon(problem, W, 0.3)
    q = problem.margins(W)
    scaled = W / q.min()
    residual = scaled - problem.combination(found.multipliers, problem.pattern(W))
    assert found.epsilon == pytest.approx(np.linalg.norm(residual), rel=1e-12)
    relative = np.linalg.norm(residual) / np.linalg.norm(scaled)
    assert found.relative_epsilon == pytest.approx(relative, rel=1e-12)
    slack = (found.multipliers * (q / q.min() - 1)).max()
    assert found.delta == pytest.approx(slack, rel=1e-12)


@settings(max_examples=15)
@given(st.integers(0, 30), st.sampled_from([None, 4]), st.floats(1e-4, 10), st.floats(1.0, 10))
def test_epsilon_falls_as_delta_grows(seed, width, delta, factor):
    problem, W = perturbed(seed, width)
    small, large = (least_epsilon(problem, W, d).relative_epsilon for d in (delta, factor * delta))
    assert large <= small + 1e-12
    assert least_epsilon(problem, W).relative_epsilon <= large + 1e-12


@settings(max_examples=15)
@given(st.integers(0, 30), st.floats(1e-3, 10), st.floats(1.0, 10))
def test_epsilon_falls_as_delta_or_the_subdifferential_grows(seed, delta, factor):
    problem, W = perturbed(seed, 4)
    few, more = np.zeros((2, 4, 3), bool)
    few[0, 1] = True
    more[[0, 1, 2], [1, 0, 1]] = True
    frontier = [
        least_epsilon(problem, W, d, k).relative_epsilon
        for d, k in [(delta, None), (delta, few), (delta, more), (factor * delta, more)]
    ]
    for before, after in pairwise(frontier):
        assert after <= before + MACHINE


@pytest.mark.parametrize("seed", range(3))
def test_at_an_unlearned_network_clarke_is_never_worse_than_autograd(seed):
    problem, _, point = solved(seed, 6, 15, 8)
    for r in range(6):
        W, rest = unlearn(point, [r], fraction=0.3).W, problem.retain([r])
        kinks = np.delete(point.kinks, r, axis=1) & (np.abs(rest.preactivations(W)) < 1e-10)
        autograd, clarke = least_epsilon(rest, W), least_epsilon(rest, W, kinks=kinks)
        assert clarke.relative_epsilon <= autograd.relative_epsilon + MACHINE


@pytest.mark.parametrize("case", ["orthogonal", "pairs", "trained", "linear"])
def test_an_exact_point_has_epsilon_and_delta_zero(case):
    if case == "pairs":
        problem, W, multipliers, _, kinks = planted_pairs([0.5, -0.3], [1.0, 2.0], 4)
    elif case == "orthogonal":
        problem, W, multipliers, _ = planted_orthogonal([1.0, 2.0], [1, -1], 4)
        kinks = None
    else:
        problem, _, point = solved(0, 5, 14, 6 if case == "trained" else None)
        W, multipliers, kinks = point.W, point.multipliers, point.kinks
    found = least_epsilon(problem, W, 0.0, kinks)
    assert found.relative_epsilon < MACHINE
    np.testing.assert_allclose(found.multipliers, multipliers, rtol=1e-11)


def test_without_clarke_weights_a_planted_kink_point_is_not_stationary():
    # One pair, ρ = ½: min over λ ≥ 0 of ‖W − M λ‖ with a = 0 on the kinks. Neuron 0 has
    # W = λ*s(x₁ − ½x₂) against the column s·x₁ (neuron 1 alike): the best λ is λ*(1 − ½ρ) and
    # leaves λ*s ½ √(1 − ρ²) each.
    problem, W, _, _, kinks = planted_pairs([0.5], [1.0], 2)
    lam, s = 8 / 3, np.sqrt(0.5)
    exactly = np.where(kinks, 0.0, problem.preactivations(W))
    tilted = np.linalg.solve(problem.X, exactly.T).T  # the kinks are 0 to the last bit, or below
    found = least_epsilon(problem, tilted - 1e-14 * problem.signs.mean() * W)
    expected = np.sqrt(2) * lam * s * 0.5 * np.sqrt(0.75)
    assert found.epsilon == pytest.approx(expected, rel=1e-9)


@settings(max_examples=10)
@given(st.floats(1e-3, 1e3), st.sampled_from([None, 4]), st.booleans())
def test_only_the_direction_of_the_weights_matters(scale, width, with_kinks):
    problem, W = perturbed(2, width)
    kinks = np.zeros((width or 1, 3), bool)
    if with_kinks and width:
        kinks[[0, 1], [1, 0]] = True
    one, other = (least_epsilon(problem, V, 0.2, kinks) for V in (W, scale * W))
    assert other.epsilon == pytest.approx(one.epsilon, rel=1e-11)
    assert other.relative_epsilon == pytest.approx(one.relative_epsilon, rel=1e-11)
    assert other.delta == pytest.approx(one.delta, rel=1e-10)


def test_a_network_that_does_not_separate_has_no_certificate():
    problem, W = perturbed(0, 4)
    found = least_epsilon(problem, -W)
    assert found.epsilon == found.relative_epsilon == found.delta == np.inf
    assert np.isnan(found.multipliers).all()


def test_weights_of_zero_have_no_certificate():
    problem, W = perturbed(0, 4)
    found = least_epsilon(problem, np.stack([0.0 * W, W]), 0.3)
    assert found.epsilon[0] == found.relative_epsilon[0] == found.delta[0] == np.inf
    alone = least_epsilon(problem, W, 0.3)
    assert found.epsilon[1] == pytest.approx(alone.epsilon, rel=MACHINE)


def test_dependent_columns_and_zero_budget():
    # The same sample twice: the split of its multiplier is free, the residual is not.
    problem = Problem(
        gaussian(0, 2, 3, None)[0].network, np.array([[1.0, 0], [1.0, 0]]), np.ones(2)
    )
    found = least_epsilon(problem, np.array([[1.0, 0.5]]), 0.0)
    assert found.epsilon == pytest.approx(0.5, rel=1e-12)
    assert found.multipliers.sum() == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("delta", [-1e-9, np.nan])
def test_a_negative_delta_is_refused(delta):
    problem, W = perturbed(0, 4)
    with pytest.raises(DataError) as error:
        least_epsilon(problem, W, delta)
    assert f"delta = {delta}" in one_sentence(error)

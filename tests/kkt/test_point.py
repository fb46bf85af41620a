"""From any feasible pattern to a Clarke-KKT point, and what degenerate data do to it."""

from itertools import pairwise

import numpy as np
import pytest
from builders import (
    gaussian,
    labels,
    network,
    one_sentence,
    planted_orthogonal,
    planted_pairs,
    solved,
    wrong_pattern,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.errors import NotConvergedError, NotSeparableError
from kkt_unlearning.kkt.cell import supporting
from kkt_unlearning.kkt.point import KKTPoint, cell_optima, kkt_point, kkt_points
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.training import Descent, train

MACHINE = 1e-12  # round-off of λ and P (up to 1e2) times the condition of G (up to 1e2)


def assert_clarke_kkt(point: KKTPoint, tolerance: float) -> None:
    """Every condition anew from its definition, not from the point's own residuals."""
    problem, W, a, lam = point.problem, point.W, point.clarke, point.multipliers
    u = problem.network.output_weights
    P = W @ problem.X.T
    out = P if not problem.network.has_kinks else np.maximum(P, 0.0)
    q = problem.y * (u @ out)
    terms = [lam[i] * problem.y[i] * np.outer(u * a[:, i], problem.X[i]) for i in range(len(lam))]
    assert np.linalg.norm(W - sum(terms)) <= tolerance * np.linalg.norm(W)
    assert q.min() >= 1 - tolerance
    assert lam.min() >= -tolerance * lam.max()
    assert np.abs(lam * (q - 1)).max() <= tolerance * lam.max()
    if problem.network.has_kinks:
        kink = np.abs(P) <= tolerance * np.abs(P).max()
        assert np.all((a >= -tolerance) & (a <= 1 + tolerance))
        np.testing.assert_allclose(a[~kink], (P[~kink] > 0).astype(float), atol=tolerance)
    else:
        np.testing.assert_array_equal(a, 1.0)
    assert abs((W**2).sum() - lam.sum()) <= 10 * tolerance * lam.sum()  # no duality gap


@pytest.mark.parametrize("width", [None, 2, 3, 10])
def test_planted_orthogonal_rows_are_found(width):
    problem, W, multipliers, clarke = planted_orthogonal(
        [1.0, 2.0, 0.5, 1.5], [1, -1, 1, -1], width
    )
    point = kkt_point(problem, clarke)
    np.testing.assert_allclose(point.W, W, atol=MACHINE)
    np.testing.assert_allclose(point.multipliers, multipliers, rtol=MACHINE)
    assert_clarke_kkt(point, MACHINE)
    assert point.residuals.worst < MACHINE
    assert point.gap < MACHINE


@pytest.mark.parametrize("side", [0.0, 1.0])
@pytest.mark.parametrize("width", [2, 8])
def test_planted_pairs_are_found_from_either_side_of_the_kinks(width, side):
    problem, W, multipliers, clarke, kinks = planted_pairs([0.5, -0.3, 0.9], [1, 2, 0.7], width)
    point = kkt_point(problem, np.where(kinks, side, clarke))
    np.testing.assert_allclose(point.W, W, atol=MACHINE)
    np.testing.assert_allclose(point.multipliers, multipliers, rtol=MACHINE)
    np.testing.assert_allclose(point.clarke, clarke, atol=MACHINE)
    np.testing.assert_array_equal(point.kinks, kinks)
    assert (point.cells, point.flipped) == (1, 0)


def test_trained_networks_lead_to_the_planted_point():
    problem, W, multipliers, *_ = planted_pairs([0.5, -0.3], [1.0, 1.2], 6)
    W0 = 0.01 * np.random.default_rng(0).normal(size=W.shape)
    # All neurons start active on their own sample, or they could die.
    W0 += 0.1 * W
    training = train(problem, W0, Descent(steps=3000, step_size=0.5))
    point = kkt_point(problem, problem.pattern(training.W))
    np.testing.assert_allclose(point.multipliers, multipliers, rtol=MACHINE)
    np.testing.assert_allclose(point.W, W, atol=MACHINE)


@pytest.mark.parametrize("width", [None, 4, 9])
@pytest.mark.parametrize("seed", range(3))
def test_points_of_trained_networks_are_kkt_points(seed, width):
    _, _, point = solved(seed, 6, 15, width)
    assert_clarke_kkt(point, MACHINE)
    assert point.residuals.worst < MACHINE
    assert point.gap < MACHINE


class Recorder(Solver):
    """Writes down the objective of each cell on the way."""

    def __init__(self):
        super().__init__()
        object.__setattr__(self, "objectives", [])

    def solve(self, program, start=None):
        solution = super().solve(program, start)
        value = program.objective(solution.multipliers, solution.coefficients)
        self.objectives.append(float(value[0]))
        return solution


def test_every_cell_that_is_left_is_told():
    problem, training, _ = solved(1, 6, 40, 12)
    pattern = wrong_pattern(problem, problem.pattern(training.W), 1)
    told = []
    point = kkt_point(problem, pattern, report=lambda cell, turned: told.append((cell, turned)))
    assert [cell for cell, _ in told] == list(range(1, point.cells))
    assert point.cells > 1
    assert all(turned > 0 for _, turned in told)


def test_entries_that_break_the_clarke_condition_lead_to_a_cell_of_less():
    problem, training, _ = solved(1, 6, 15, 8)
    pattern = wrong_pattern(problem, problem.pattern(training.W), 1)
    norms = []
    for _ in range(50):
        ((point, wrong),) = cell_optima([problem], [pattern], [None], Solver())
        assert problem.margins(point.W).min() == pytest.approx(1.0, rel=MACHINE)
        norms.append((point.W**2).sum())
        outside = (point.clarke < 0) | (point.clarke > 1)
        np.testing.assert_array_equal(wrong, outside & point.kinks)
        if not wrong.any():
            break
        pattern = np.where(wrong, 1.0 - pattern, pattern)
    assert len(norms) > 1 and all(after < before for before, after in pairwise(norms))
    assert_clarke_kkt(point, MACHINE)


@pytest.mark.parametrize("seed", range(1, 9))
def test_pivoting_from_a_wrong_pattern_goes_down_to_a_clarke_kkt_point(seed):
    problem, training, _ = solved(seed % 4, 6, 15, 8)
    pattern = wrong_pattern(problem, problem.pattern(training.W), seed)
    recorder = Recorder()
    point = kkt_point(problem, pattern, recorder)
    assert point.cells == len(recorder.objectives) > 1
    for before, after in pairwise(recorder.objectives):  # theorem 5.5: strictly
        assert after < before
    assert recorder.objectives[-1] == pytest.approx(0.5 * (point.W**2).sum(), rel=MACHINE)
    different = (point.pattern != pattern) & supporting(problem) & ~point.kinks
    assert point.flipped >= different.sum() > 0
    assert_clarke_kkt(point, MACHINE)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([2, 5, 8]), st.booleans())
def test_activations_of_opposed_pairs_do_not_matter(seed, width, pivoted):
    problem, training, _ = solved(seed % 4, 6, 15, width)
    pattern = problem.pattern(training.W)
    if pivoted:
        pattern = wrong_pattern(problem, pattern, seed)
    flips = np.random.default_rng(seed).random(pattern.shape) < 0.5
    other = np.where(flips & (problem.signs < 0), 1.0 - pattern, pattern)
    one, two = kkt_points([problem, problem], [pattern, other])
    np.testing.assert_allclose(two.W, one.W, atol=MACHINE)
    np.testing.assert_allclose(two.multipliers, one.multipliers, rtol=MACHINE)
    np.testing.assert_array_equal(two.pattern, one.pattern)
    assert (two.cells, two.flipped) == (one.cells, one.flipped)


def several():
    """Problems of different size, width, network and number of pivots, each with a pattern."""
    cases = []
    for seed, samples, dimension, width in [
        (0, 6, 15, 8),
        (1, 5, 14, 4),
        (2, 6, 15, None),
        (3, 6, 15, 8),
        (0, 5, 14, 7),
    ]:
        problem, training, _ = solved(seed, samples, dimension, width)
        pattern = problem.pattern(training.W)
        if width == 8:
            pattern = wrong_pattern(problem, pattern, seed)
        cases.append((problem, pattern))
    return zip(*cases, strict=True)


def test_a_batch_is_its_members_one_by_one():
    problems, patterns = several()
    points = kkt_points(problems, patterns)
    assert len({point.cells for point in points}) > 1
    for point, problem, pattern in zip(points, problems, patterns, strict=True):
        alone = kkt_point(problem, pattern)
        np.testing.assert_allclose(point.W, alone.W, atol=MACHINE)
        np.testing.assert_allclose(point.multipliers, alone.multipliers, rtol=MACHINE)
        np.testing.assert_allclose(point.clarke, alone.clarke, atol=MACHINE)
        np.testing.assert_array_equal(point.pattern, alone.pattern)
        np.testing.assert_array_equal(point.kinks, alone.kinks)
        assert (point.cells, point.flipped) == (alone.cells, alone.flipped)
        assert point.residuals.worst < MACHINE


def test_one_bad_member_of_a_batch_is_named():
    problems, patterns = several()
    patterns = [*patterns[:-1], np.zeros_like(patterns[-1])]
    with pytest.raises(NotSeparableError, match="5 samples, 7 neuron"):
        kkt_points(problems, patterns)


@pytest.mark.parametrize("width", [None, 6])
def test_the_reference_solver_leads_to_the_same_point(width):
    problem, training, point = solved(0, 6, 15, width)
    other = kkt_point(problem, problem.pattern(training.W), Solver("cvxpy"))
    np.testing.assert_allclose(other.W, point.W, atol=MACHINE)
    np.testing.assert_allclose(other.multipliers, point.multipliers, rtol=MACHINE)


@pytest.mark.parametrize(("samples", "dimension", "width"), [(30, 100, 400), (60, 200, 300)])
def test_larger_networks_from_a_wrong_pattern(samples, dimension, width):
    problem, W0 = gaussian(0, samples, dimension, width)
    point = kkt_point(problem, wrong_pattern(problem, problem.pattern(W0), 0))
    assert point.cells > 1
    assert_clarke_kkt(point, MACHINE)
    assert point.residuals.worst < MACHINE


def test_a_point_is_its_own_neighbour():
    problem, _, point = solved(0, 6, 15, 8)
    again = kkt_point(problem, point.pattern)
    assert (again.cells, again.flipped) == (1, 0)
    np.testing.assert_allclose(again.W, point.W, atol=MACHINE)


def test_the_side_of_the_kink_does_not_matter():
    problem, _, point = solved(1, 6, 15, 8)
    assert point.kinks.any()
    other = kkt_point(problem, np.where(point.kinks, 1.0 - point.pattern, point.pattern))
    np.testing.assert_allclose(other.multipliers, point.multipliers, rtol=MACHINE)
    np.testing.assert_allclose(other.W, point.W, atol=MACHINE)


def test_too_few_pivots_say_so():
    problem, training, _ = solved(1, 6, 15, 8)
    pattern = wrong_pattern(problem, problem.pattern(training.W), 1)
    with pytest.raises(NotConvergedError) as error:
        kkt_point(problem, pattern, pivots=0)
    text = one_sentence(error)
    assert "pivots = 0" in text and "allowed is none" in text and "raise pivots" in text


@pytest.mark.parametrize("width", [None, 6])
def test_duplicated_points_share_one_multiplier(width):
    problem, training, point = solved(2, 5, 12, width)
    X, y = np.vstack([problem.X, problem.X[:1]]), np.append(problem.y, problem.y[0])
    twice = Problem(problem.network, X, y)
    found = kkt_point(twice, twice.pattern(training.W))
    assert_clarke_kkt(found, MACHINE)
    np.testing.assert_allclose(found.W, point.W, atol=MACHINE)
    both = found.multipliers[0] + found.multipliers[-1]
    assert both == pytest.approx(point.multipliers[0], rel=MACHINE)


@pytest.mark.parametrize("seed", range(4))
def test_more_samples_than_dimensions(seed):
    # Clusters that the network can separate; G has rank 3 of 8.
    rng = np.random.default_rng(seed)
    y = labels(8)
    X = rng.normal(size=(8, 3)) * 0.5 + 2.0 * y[:, None] * [1.0, 0.0, 0.0]
    problem = Problem(network(6), X, y)
    training = train(problem, 0.1 * rng.normal(size=(6, 3)), Descent(steps=1500, step_size=0.2))
    point = kkt_point(problem, problem.pattern(training.W))
    assert_clarke_kkt(point, MACHINE)
    assert point.residuals.worst < MACHINE
    assert point.gap < MACHINE


@pytest.mark.parametrize("seed", range(3))
def test_more_samples_than_dimensions_linear(seed):
    rng = np.random.default_rng(seed)
    y = labels(12)
    X = rng.normal(size=(12, 2)) * 0.3 + 2.0 * y[:, None] * [1.0, 0.5]
    point = kkt_point(Problem(network(None), X, y), np.ones((1, 12)))
    assert_clarke_kkt(point, MACHINE)
    assert 1 <= (point.multipliers > 0).sum() <= 2


def test_dead_neurons_stay_at_zero():
    problem, training, _ = solved(0, 5, 14, 8)
    pattern = problem.pattern(training.W)
    pattern[:2] = 0.0
    point = kkt_point(problem, pattern)
    assert_clarke_kkt(point, MACHINE)
    for j in (0, 1):
        if not point.pattern[j].any():
            np.testing.assert_allclose(point.W[j], 0.0, atol=MACHINE)
            assert point.kinks[j].all()


def test_a_sample_beyond_the_margin_has_multiplier_zero_and_changes_nothing():
    problem, W, multipliers, *_ = planted_pairs([0.5], [1.0], 4)
    X = np.zeros((3, 3))
    X[:2, :2], X[2] = (
        problem.X,
        [2.0, 0.0, 1.0],
    )  # twice the first point, and a direction of its own
    larger = Problem(problem.network, X, np.array([1.0, -1.0, 1.0]))
    pattern = larger.pattern(np.pad(W, ((0, 0), (0, 1))))
    point = kkt_point(larger, pattern)
    np.testing.assert_allclose(point.multipliers, [*multipliers, 0.0], atol=MACHINE)
    np.testing.assert_allclose(point.W[:, :2], W, atol=MACHINE)
    assert_clarke_kkt(point, MACHINE)


def test_rounding_of_the_pattern_type_does_not_matter():
    problem, _, point = solved(0, 5, 14, None)
    for pattern in (np.ones((1, 5), bool), np.ones((1, 5), int)):
        np.testing.assert_array_equal(kkt_point(problem, pattern).W, point.W)


def test_infeasible_cells_are_not_separable():
    problem, *_ = planted_orthogonal([1.0, 2.0], [1, 1], None)
    contradiction = Problem(problem.network, problem.X[[0, 0]], np.array([1.0, -1.0]))
    with pytest.raises(NotSeparableError):
        kkt_point(contradiction, np.ones((1, 2)))


def test_from_arrays_measures_anew():
    _, _, point = solved(0, 5, 14, 4)
    arrays = (point.multipliers, point.clarke, point.pattern, point.kinks)
    again = KKTPoint.from_arrays(point.problem, point.W, *arrays)
    assert again.residuals == point.residuals
    doubled = KKTPoint.from_arrays(point.problem, 2.0 * point.W, *arrays)
    # ‖θ‖² grows fourfold while Σλ = ‖θ*‖²: gap (4 − 1)/4; stationarity (2 − 1)/2.
    assert doubled.gap == pytest.approx(0.75, rel=1e-12)
    assert doubled.residuals.stationarity == pytest.approx(0.5, rel=1e-12)


@settings(max_examples=12)
@given(st.integers(0, 10**6), st.sampled_from([None, 6]))
def test_points_know_no_order_of_samples_or_neurons_and_no_axes(seed, width):
    problem, training, point = solved(seed % 5, 6, 15, width)
    rng = np.random.default_rng(seed)
    pattern = problem.pattern(training.W)
    order = rng.permutation(6)
    found = kkt_point(
        Problem(problem.network, problem.X[order], problem.y[order]), pattern[:, order]
    )
    np.testing.assert_allclose(found.multipliers, point.multipliers[order], rtol=MACHINE)
    np.testing.assert_allclose(found.W, point.W, atol=MACHINE)
    rotation = np.linalg.qr(rng.normal(size=(15, 15)))[0]
    found = kkt_point(Problem(problem.network, problem.X @ rotation, problem.y), pattern)
    np.testing.assert_allclose(found.multipliers, point.multipliers, rtol=MACHINE)
    np.testing.assert_allclose(found.W, point.W @ rotation, atol=MACHINE)
    if width:
        neurons = np.arange(width)
        neurons[::2], neurons[1::2] = rng.permutation(neurons[::2]), rng.permutation(neurons[1::2])
        found = kkt_point(problem, pattern[neurons])
        np.testing.assert_allclose(found.W, point.W[neurons], atol=MACHINE)


@settings(max_examples=10)
@given(st.floats(0.01, 100.0), st.sampled_from([None, 6]))
def test_longer_data_have_shorter_weights(scale, width):
    # X ↦ cX: W ↦ W/c and λ ↦ λ/c².
    problem, training, point = solved(1, 6, 15, width)
    larger = Problem(problem.network, scale * problem.X, problem.y)
    found = kkt_point(larger, problem.pattern(training.W))
    np.testing.assert_allclose(scale**2 * found.multipliers, point.multipliers, rtol=MACHINE)
    np.testing.assert_allclose(scale * found.W, point.W, atol=MACHINE)


def test_a_sign_that_presses_on_a_sample_without_multiplier_is_flipped():
    # n = 4, u = ±½. The cell forbids neuron 0 to be active on x₂ = (2, ½), whose margin neuron 2
    # keeps above 1: ν > 0 where λ = 0, so there is no KKT point here. Beyond: w₀ = w₂ = x₁, λ₁ = 2.
    X = np.array([[1.0, 0.0], [2.0, 0.5]])
    problem = Problem(network(4), X, np.array([1.0, 1.0]))
    pattern = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    point = kkt_point(problem, pattern)
    assert point.cells == 2 and point.flipped == 1
    np.testing.assert_allclose(point.W, [[1, 0], [0, 0], [1, 0], [0, 0]], atol=MACHINE)
    np.testing.assert_allclose(point.multipliers, [2.0, 0.0], atol=MACHINE)
    assert_clarke_kkt(point, MACHINE)


def test_data_in_single_precision_are_worked_with_in_double():
    problem, trained, point = solved(2, 6, 30, 20)
    rough = Problem(problem.network, problem.X.astype(np.float32), problem.y.astype(np.float32))
    found = kkt_point(rough, problem.pattern(trained.W))
    assert found.W.dtype == np.float64
    assert found.residuals.worst < 1e-12
    np.testing.assert_allclose(found.W, point.W, atol=1e-5 * np.abs(point.W).max())


def test_a_neighbour_in_the_batch_changes_nothing():
    small = Problem(Linear(), 1e-5 * np.eye(4) + 0.0, -np.ones(4))
    none = Problem(Linear(), np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([1.0, -1.0]))
    with pytest.raises(NotSeparableError):
        kkt_point(none, np.ones((1, 2)))
    alone = kkt_point(small, np.ones((1, 4)))
    other, *_ = kkt_points([small, small], [np.ones((1, 4))] * 2)
    np.testing.assert_array_equal(other.W, alone.W)
    np.testing.assert_allclose(alone.W, -1e5 * np.ones((1, 4)), rtol=1e-12)


def test_no_problems_have_no_points():
    assert kkt_points([], []) == []


@pytest.mark.parametrize("factor", [1.0, 0.3])
def test_two_samples_that_contradict_one_another_are_named(factor):
    X, y = np.eye(6)[[0, 1, 2, 3, 4, 1]], np.array([1.0, -1.0, 1.0, -1.0, 1.0, 1.0])
    X[5] *= factor
    with pytest.raises(
        NotSeparableError, match=r"^samples 1 and 5 \(from 0\) contradict one another"
    ):
        kkt_point(Problem(Linear(), X, y), np.ones((1, 6)))


def test_equal_samples_share_their_multiplier_whatever_their_order():
    problem, _, multipliers, _ = planted_orthogonal([1.0, 2.0, 0.5], labels(3), None)
    order = [2, 0, 1, 0, 0]
    copied = Problem(Linear(), problem.X[order], problem.y[order])
    found = kkt_point(copied, np.ones((1, 5))).multipliers
    expected = multipliers[order] / np.array([1, 3, 1, 3, 3])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("c", [1e-8, 1e-4, 1e4, 1e8])
@pytest.mark.parametrize("width", [None, 6])
def test_units_of_the_features_do_not_matter(c, width):
    problem, training, point = solved(3, 6, 40, width)
    scaled = Problem(problem.network, c * problem.X, problem.y)
    found = kkt_point(scaled, problem.pattern(training.W))
    np.testing.assert_allclose(found.W * c, point.W, rtol=1e-9, atol=1e-9 * np.abs(point.W).max())
    largest = point.multipliers.max()
    np.testing.assert_allclose(
        found.multipliers * c**2, point.multipliers, rtol=1e-8, atol=1e-8 * largest
    )
    assert found.residuals.worst < 1e-9 and found.gap < 1e-9

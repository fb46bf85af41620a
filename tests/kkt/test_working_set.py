"""Exact points of two-layer networks with more samples than features: the working set of samples.

A KKT point of the whole problem on data of many kinds; against the general engine, Clarabel, planted points;
and what must not matter to it.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from builders import cell_by_cvxpy, one_sentence, planted_orthogonal, planted_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.errors import NotConvergedError, NotSeparableError
from kkt_unlearning.kkt import working_set
from kkt_unlearning.kkt.copies import contradicting, copies_of
from kkt_unlearning.kkt.point import KKTPoint, cell_optima, kkt_point, kkt_points
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver

TIGHT = 1e-9
MACHINE = 1e-12


def trained(
    problem: Problem, seed: int, steps: int = 1000, rate: float = 2.0, scale: float = 0.01
) -> np.ndarray:
    """Weights after normalised descent on the exponential loss, in plain NumPy."""
    X, signs = problem.X / np.linalg.norm(problem.X, axis=1).max(), problem.signs
    step = rate * len(X) / np.linalg.norm(X, 2) ** 2
    shape = (problem.network.width, X.shape[1])
    W = np.random.default_rng(seed).normal(size=shape) * scale / np.sqrt(X.shape[1])
    for _ in range(steps):
        P = W @ X.T
        q = (signs * np.maximum(P, 0.0)).sum(axis=0)
        slopes = np.exp(q.min() - q)
        W += step * (signs * (P > 0) * (slopes / slopes.sum())) @ X
    return W


def sizes(rng, most=1.6):
    """m > d, with few enough samples that a network of this width mostly separates random labels."""
    d, n = int(rng.integers(5, 41)), int(rng.integers(10, 61))
    return int(rng.integers(d + 1, max(d + 2, int(most * d)))), d, n


def random_labels(rng, m):
    return np.where(rng.random(m) < 0.5, 1.0, -1.0)


def gaussian(rng):
    m, d, n = sizes(rng)
    return rng.normal(size=(m, d)), random_labels(rng, m), n


def one_label(rng):
    X, y, n = gaussian(rng)
    return X, np.full_like(y, y[0]), n


def clusters(rng):
    m, d, n = sizes(rng, 3.0)
    y = random_labels(rng, m)
    return 0.5 * rng.normal(size=(m, d)) + 2.0 * y[:, None] * np.eye(d)[0], y, n


def teacher(rng):
    m, d, n = sizes(rng, 2.0)
    X = rng.normal(size=(m, d))
    out = np.maximum(X @ rng.normal(size=(d, 4)), 0.0) @ [1.0, -1.0, 1.0, -1.0]
    return X, np.where(out > 0, 1.0, -1.0), n


def equicorrelated(rng):
    m, d, n = sizes(rng)
    rho = rng.choice([0.3, 0.7, 0.95])
    y = random_labels(rng, m)
    return np.sqrt(rho) * rng.normal(size=d) + np.sqrt(1 - rho) * rng.normal(size=(m, d)), y, n


def pixels(rng):
    m, d, n = sizes(rng)
    return rng.integers(0, 256, size=(m, d)).astype(float), random_labels(rng, m), n


def copied(rng):
    X, y, n = gaussian(rng)
    again = rng.integers(0, len(y), size=max(1, len(y) // 4))
    order = rng.permutation(len(y) + len(again))
    return np.vstack([X, X[again]])[order], np.append(y, y[again])[order], n


def any_unit(rng):
    X, y, n = gaussian(rng)
    return X * 10.0 ** rng.uniform(-8, 8), y, n


KINDS = (gaussian, one_label, clusters, teacher, equicorrelated, pixels, copied, any_unit)


def example(kind, seed: int):
    """A problem and the activations of a trained network; None where training does not separate."""
    X, y, n = kind(np.random.default_rng([seed, KINDS.index(kind)]))
    problem = Problem(TwoLayer(n), X, y)
    W = trained(problem, seed)
    return (problem, problem.pattern(W)) if problem.margins(W).min() > 0 else None


@cache
def all_separated(kind):
    """The first 32 examples of the kind that training separates, each with its exact point."""
    found, seed = [], 0
    while len(found) < 32:
        case = example(kind, seed)
        found += [] if case is None else [(*case, kkt_point(*case))]
        seed += 1
    return found


def separated(kind, count=32):
    return all_separated(kind)[:count]


def assert_clarke_kkt(problem: Problem, point: KKTPoint, tolerance: float = TIGHT) -> None:
    """Every condition of the whole problem anew from its definition; none has a unit."""
    W, a, lam = point.W, point.clarke, point.multipliers
    P = W @ problem.X.T
    q = problem.y * (problem.output_weights @ np.maximum(P, 0.0))
    assert q.min() >= 1 - tolerance
    assert lam.min() >= 0
    assert np.abs(lam * (q - 1)).max() <= tolerance * lam.sum()
    gradients = lam * problem.y * problem.output_weights[:, None] * a
    assert np.linalg.norm(W - gradients @ problem.X) <= tolerance * np.linalg.norm(W)
    assert (a >= 0).all() and (a <= 1).all()
    off_kinks = np.abs(P) > tolerance * np.abs(P).max()
    np.testing.assert_array_equal(a[off_kinks], P[off_kinks] > 0)
    assert abs((W**2).sum() - lam.sum()) <= tolerance * lam.sum()
    assert point.residuals.worst < tolerance and point.gap < tolerance


def assert_same_weights(found, expected, tolerance=1e-8):
    assert np.linalg.norm(found - expected) <= tolerance * np.linalg.norm(expected)


# of the whole problem


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_kkt_point_of_the_whole_problem(kind):
    found = separated(kind)
    assert any((point.multipliers == 0).any() for *_, point in found)
    for problem, _, point in found:
        assert problem.samples > problem.X.shape[1]
        assert_clarke_kkt(problem, point)


def test_digits_of_which_few_are_held():
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    X, y = digits.data[:600] / 16.0, np.where(digits.target[:600] % 2, -1.0, 1.0)
    problem = Problem(TwoLayer(100), X, y)
    W = trained(problem, 0, 3000, rate=5.0, scale=1.0)
    assert problem.margins(W).min() > 0
    point = kkt_point(problem, problem.pattern(W))
    assert_clarke_kkt(problem, point)
    assert 64 < (point.multipliers > 0).sum() < 200
    assert (point.W * W).sum() > 0.9 * np.linalg.norm(point.W) * np.linalg.norm(W)


def test_a_cell_that_activations_turn_into_too_soon_does_not_pass_for_an_empty_one():
    # Turned in every round, activations come to cells without weights of margin 1; the first cell has some.
    rng = np.random.default_rng([234, 2])
    rng.integers(5, 41), rng.integers(10, 61), rng.integers(10, 28)
    y = random_labels(rng, 20)
    X = rng.normal(size=(20, 9))
    rho = rng.choice([0.3, 0.7, 0.95])
    problem = Problem(TwoLayer(20), np.sqrt(rho) * rng.normal(size=9) + np.sqrt(1 - rho) * X, y)
    bits = (
        "0000017ea8e815700000e815717ea80000000000e8157000000000017ea8e815713e80e815717ea80000017ea8"
        "0000000000"
    )
    packed = np.frombuffer(bytes.fromhex(bits), np.uint8)
    assert_clarke_kkt(problem, kkt_point(problem, np.unpackbits(packed).reshape(20, 20)))


@pytest.mark.parametrize("kind", KINDS[:-2])
def test_the_careful_search_alone_finds_a_point_and_in_one_cell_the_same(kind):
    same = 0
    for problem, pattern, point in separated(kind, 12):
        found = working_set._Careful(problem, pattern, None).run(None)
        assert found.left == 0 and found.met
        assert_clarke_kkt(problem, point_of(problem, found))
        if found.cells == 1 == point.cells:
            same += 1
            assert_same_weights(found.W, point.W)
    assert same > 0


def point_of(problem, found):
    arrays = (found.W, found.multipliers, found.clarke, found.pattern, found.kinks)
    return KKTPoint.from_arrays(problem, *arrays)


@pytest.mark.parametrize("part", [0.4, 1.5])  # of the features; twice that are samples
@pytest.mark.parametrize("distance", [1e-8, 1e-6, 1e-4, 1e-3, 1e-2])
def test_samples_that_nearly_repeat_have_a_point(distance, part):
    many = 0
    for seed in range(4):
        rng = np.random.default_rng([seed, 99])
        d = int(rng.integers(8, 16))
        X = rng.normal(size=(int(part * d), d))
        y = random_labels(rng, len(X))
        X, y = np.vstack([X, X + distance * rng.normal(size=X.shape)]), np.append(y, y)
        problem = Problem(TwoLayer(2 * d), X, y)
        W = trained(problem, seed)
        if problem.margins(W).min() > 0:
            many += 1
            assert_clarke_kkt(problem, kkt_point(problem, problem.pattern(W)), 4e-9)
    assert many >= 2


# against others


def by_the_general_engine(problem, pattern):
    """The walk of optima of cells of all samples, as for few samples; None where it leaves the first cell."""
    ((point, wrong),) = cell_optima([problem], [pattern], [None], Solver())
    return None if wrong.any() else point


@pytest.mark.parametrize("kind", [gaussian, one_label, clusters, teacher, equicorrelated])
def test_where_one_cell_is_visited_it_is_what_the_general_engine_finds(kind):
    compared = 0
    for problem, pattern, point in separated(kind, 24):
        general = by_the_general_engine(problem, pattern) if point.cells == 1 else None
        if general is not None:
            compared += 1
            assert_same_weights(point.W, general.W)
            assert point.gap < TIGHT and general.gap < TIGHT
    assert compared >= 3


@pytest.mark.parametrize("kind", [gaussian, one_label, clusters, teacher, equicorrelated])
def test_it_is_what_clarabel_finds_in_the_cell_of_its_support(kind):
    for problem, _, point in separated(kind, 3):
        held = point.multipliers > 0
        support = Problem(problem.network, problem.X[held], problem.y[held])
        W = cell_by_cvxpy(support, point.pattern[:, held], TIGHT)
        assert np.linalg.norm(W) == pytest.approx(np.linalg.norm(point.W), rel=1e-8)
        assert_same_weights(point.W, W, 1e-4)  # the root of twice the above


lengths = st.lists(st.floats(0.2, 5.0), min_size=2, max_size=6)


@settings(max_examples=30)
@given(lengths, st.sampled_from([2, 3, 10]), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_planted_rows_are_found_among_longer_versions_of_them(lengths, width, times, seed):
    planted, W, multipliers, _ = planted_orthogonal(
        lengths, (-1.0) ** np.arange(len(lengths)), width
    )
    problem, pattern, order = among_longer(planted, W, times, seed)
    point = kkt_point(problem, pattern)
    assert_same_weights(point.W, W, MACHINE)
    expected = np.append(multipliers, np.zeros(times * len(lengths)))[order]
    np.testing.assert_allclose(point.multipliers, expected, rtol=MACHINE)
    assert_clarke_kkt(problem, point, 1e-11)


@settings(max_examples=30)
@given(st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_planted_kinks_are_found_among_longer_versions_of_their_samples(correlations, seed):
    scales = 1.0 + 0.3 * np.arange(len(correlations))
    planted, W, multipliers, *_ = planted_pairs(correlations, scales, 6)
    problem, pattern, order = among_longer(planted, W, 2, seed)
    point = kkt_point(problem, pattern)
    assert_same_weights(point.W, W, MACHINE)
    found = np.empty(problem.samples)
    found[order] = point.multipliers
    m = planted.samples
    np.testing.assert_allclose(found[:m], multipliers, rtol=1e-11)
    np.testing.assert_array_equal(found[m:], 0.0)
    assert_clarke_kkt(problem, point, 1e-11)


def among_longer(planted, W, times, seed):
    """The problem with longer versions of its samples, 1.1 to 4 times as long, in any order."""
    rng = np.random.default_rng(seed)
    factors = np.append(np.ones(planted.samples), rng.uniform(1.1, 4.0, times * planted.samples))
    X, y = np.tile(planted.X, (times + 1, 1)) * factors[:, None], np.tile(planted.y, times + 1)
    order = rng.permutation(len(y))
    problem = Problem(planted.network, X[order], y[order])
    return problem, problem.pattern(W), order


# what must not matter

cases = st.tuples(
    st.sampled_from([gaussian, teacher, one_label, equicorrelated]), st.integers(0, 9)
)


def drawn(case):
    kind, place = case
    return separated(kind, 10)[place]


@given(cases, st.floats(-8.0, 8.0))
@settings(max_examples=40)
def test_units_of_the_features_do_not_matter(case, power):
    (problem, pattern, point), c = drawn(case), 10.0**power
    found = kkt_point(Problem(problem.network, c * problem.X, problem.y), pattern)
    assert_same_weights(c * found.W, point.W)
    assert_same_weights(c**2 * found.multipliers, point.multipliers, 1e-7)
    assert_clarke_kkt(found.problem, found)


@given(cases, st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_axes_and_orders_do_not_matter(case, seed):
    """Neither of samples nor of neurons: no two samples of these data tie anywhere on the way."""
    problem, pattern, point = drawn(case)
    X, y, u, rng = problem.X, problem.y, problem.output_weights, np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(X.shape[1], X.shape[1])))[0]
    found = kkt_point(Problem(problem.network, X @ turn, y), pattern)
    assert_same_weights(found.W @ turn.T, point.W)
    neurons = rng.permutation(len(u))
    found = kkt_point(Problem(TwoLayer(len(u), tuple(u[neurons])), X, y), pattern[neurons])
    assert_same_weights(found.W, point.W[neurons])
    samples = rng.permutation(len(y))
    found = kkt_point(Problem(problem.network, X[samples], y[samples]), pattern[:, samples])
    assert_same_weights(found.W, point.W)
    assert_same_weights(found.multipliers, point.multipliers[samples], 1e-7)


@given(cases)
@settings(max_examples=20)
def test_both_signs_turned_nothing_changes(case):
    problem, pattern, point = drawn(case)
    opposite = TwoLayer(len(pattern), tuple(-problem.output_weights))
    found = kkt_point(Problem(opposite, problem.X, -problem.y), pattern)
    np.testing.assert_array_equal(found.W, point.W)
    np.testing.assert_array_equal(found.multipliers, point.multipliers)


@given(cases, st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_samples_beyond_the_margin_change_nothing(case, count, seed):
    """From the cell of the point; from another one the way may lead through other cells on more samples."""
    problem, _, point = drawn(case)
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, problem.samples, size=count)
    X = np.vstack([problem.X, rng.uniform(1.5, 9.0, (count, 1)) * problem.X[rows]])
    larger = Problem(problem.network, X, np.append(problem.y, problem.y[rows]))
    pattern = np.hstack([point.pattern, point.pattern[:, rows]])
    found = kkt_point(larger, pattern)
    assert found.cells == 1
    assert_same_weights(found.W, point.W)
    np.testing.assert_array_equal(found.multipliers[problem.samples :], 0.0)
    assert_clarke_kkt(larger, found)


@given(cases, st.integers(1, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_copies_share_a_multiplier_whatever_their_order(case, times, seed):
    problem, pattern, point = drawn(case)
    rng = np.random.default_rng(seed)
    one = rng.choice(np.flatnonzero(point.multipliers))
    order = rng.permutation(np.append(np.arange(problem.samples), np.full(times, one)))
    copied = Problem(problem.network, problem.X[order], problem.y[order])
    found = kkt_point(copied, pattern[:, order])
    assert_same_weights(found.W, point.W)
    of_copies = found.multipliers[order == one]
    np.testing.assert_array_equal(of_copies, of_copies[0])
    whole = np.bincount(order, found.multipliers)
    assert_same_weights(whole, point.multipliers, 1e-7)
    assert_clarke_kkt(copied, found)


def test_a_point_is_found_again_from_its_multipliers():
    for problem, _, point in separated(gaussian, 8):
        (again,) = kkt_points(
            [problem], [point.pattern], guesses=[(point.multipliers, point.clarke)]
        )
        assert again.cells == 1 and again.flipped == 0
        assert_same_weights(again.W, point.W, 1e-11)


# copies


def test_copies_by_hand():
    a, b, c = [1.0, 2.0], [2.0, 1.0], [0.0, 3.0]  # equal sums, so that all three are compared
    problem = Problem(TwoLayer(2), np.array([c, a, b, a, c, a]), np.array([1.0, 1, 1, 1, 1, 1]))
    found = copies_of(problem)
    np.testing.assert_array_equal(problem.X[found.first], [c, a, b])
    np.testing.assert_array_equal(found.member, [0, 1, 2, 1, 0, 1])
    np.testing.assert_array_equal(found.size, [2, 3, 1])
    merged, clarke = found.merged(np.arange(6.0), np.arange(12.0).reshape(2, 6))
    np.testing.assert_array_equal(merged, [4.0, 9.0, 2.0])
    np.testing.assert_array_equal(clarke, [[0.0, 1.0, 2.0], [6.0, 7.0, 8.0]])


def test_samples_of_equal_sums_or_opposed_labels_are_no_copies():
    rows = np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]])
    assert copies_of(Problem(TwoLayer(2), rows[:2], np.ones(2))) is None
    opposed = Problem(TwoLayer(2), rows, np.array([1.0, 1.0, -1.0]))
    assert copies_of(opposed) is None
    assert contradicting(opposed) == [0, 2]
    assert contradicting(Problem(TwoLayer(2), rows, np.ones(3))) == []


# what has no point


@pytest.mark.parametrize("features", [40, 3])
def test_equal_samples_with_opposed_labels_are_named(features):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8, features)), np.ones(8)
    X[[5, 7]], X[2], y[7] = X[1], X[0], -1.0
    problem = Problem(TwoLayer(4), X, y)
    with pytest.raises(NotSeparableError) as error:
        kkt_point(problem, np.ones((4, 8)))
    text = one_sentence(error)
    assert text.startswith("samples 1 and 7 (from 0) contradict one another")
    assert "correct a label" in text


def test_a_cell_in_which_no_neuron_speaks_for_a_sample_is_not_separable():
    problem, pattern, _ = separated(gaussian, 1)[0]
    with pytest.raises(NotSeparableError) as error:
        kkt_point(problem, np.zeros_like(pattern))
    assert f"{problem.samples} samples, {len(pattern)} neuron" in one_sentence(error)


def test_opposed_samples_with_one_neuron_for_both_are_not_separable():
    # x, −x of one label with the same activation: the neuron cannot be on for both.
    X = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    problem = Problem(TwoLayer(2), X, np.ones(4))
    with pytest.raises(NotSeparableError, match="4 samples, 2 neuron"):
        kkt_point(problem, np.ones((2, 4)))


def test_a_search_that_does_not_end_says_so(monkeypatch):
    problem, pattern, _ = separated(gaussian, 1)[0]
    monkeypatch.setattr(working_set, "_ROUNDS", 1)
    monkeypatch.setattr(working_set, "_CAREFUL_ROUNDS", 2)
    with pytest.raises(NotConvergedError) as error:
        kkt_point(problem, pattern)
    text = one_sentence(error)
    assert f"{problem.samples} samples: after 2 rounds" in text
    assert "allowed is none" in text and "train for more steps" in text


def test_every_cell_that_is_left_is_told():
    told = []
    problem, pattern, point = next(case for case in separated(gaussian) if case[2].cells > 1)
    again = kkt_point(problem, pattern, report=lambda cell, turned: told.append((cell, turned)))
    assert again.cells == point.cells
    assert [cell for cell, _ in told] == sorted({cell for cell, _ in told})
    assert told[-1][0] == point.cells - 1


def test_a_sample_that_comes_and_goes_with_its_kinks_does_not_go_on_for_ever():
    """199 measurements of tumours from scikit-learn: two searches go round in a circle."""
    with np.load(Path(__file__).with_name("measurements.npz")) as data:
        problem = Problem(TwoLayer(50), data["X"], data["y"].astype(float))
        pattern = data["pattern"].astype(float)

    assert working_set._Search(problem, pattern, None).run(None).left
    found = working_set._Turning(problem, pattern, None).run(None)

    assert not found.left
    point = KKTPoint.from_arrays(
        problem, found.W, found.multipliers, found.clarke, found.pattern, found.kinks
    )
    assert max(point.residuals.worst, point.gap) < 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_the_point_of_many_independent_samples_is_that_of_their_gram_matrix(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(70, 300)), np.where(np.arange(70) % 2, 1.0, -1.0)
    problem = Problem(TwoLayer(12), X / np.sqrt(300), y)
    pattern = problem.pattern(trained(problem, seed))

    point = kkt_point(problem, pattern)

    ((other, wrong),) = cell_optima([problem], [pattern], [None], Solver())
    assert not wrong.any() and point.kinks.any()
    assert np.linalg.norm(point.W - other.W) <= TIGHT * np.linalg.norm(other.W)
    assert point.multipliers == pytest.approx(other.multipliers, rel=TIGHT, abs=TIGHT)

"""Margins, patterns and retained problems, by hand and by the definition of the network."""

import numpy as np
import pytest
from builders import gaussian, one_sentence
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.errors import DataError
from kkt_unlearning.networks import Linear, TwoLayer, build
from kkt_unlearning.networks.initial import gaussian_weights
from kkt_unlearning.problem import Problem, explicit_forget_sets, kept, retained


def hand():
    """Two neurons, u = ±1/√2; P = [[1, −2, 0], [3, 4, −5]]."""
    X = np.array([[1.0, 3.0], [-2.0, 4.0], [0.0, -5.0]])
    return Problem(TwoLayer(2), X, np.array([1.0, -1.0, 1.0])), np.eye(2)


def test_two_layer_network_by_hand():
    problem, W = hand()
    np.testing.assert_array_equal(problem.preactivations(W), [[1, -2, 0], [3, 4, -5]])
    np.testing.assert_array_equal(problem.pattern(W), [[1, 0, 0], [1, 1, 0]])  # 0 on the kink
    np.testing.assert_allclose(problem.margins(W), np.array([1 - 3, 4, 0]) / np.sqrt(2), rtol=1e-15)
    np.testing.assert_array_equal(problem.gram, problem.X @ problem.X.T)
    np.testing.assert_allclose(problem.signs * np.sqrt(2), [[1, -1, 1], [-1, 1, -1]], rtol=1e-15)
    assert problem.samples == 3


def test_combination_is_the_sum_of_weighted_sample_gradients():
    problem, W = hand()
    multipliers, clarke = np.array([2.0, 3.0, 5.0]), problem.pattern(W)
    u = problem.network.output_weights
    expected = sum(
        multipliers[i] * problem.y[i] * np.outer(u * clarke[:, i], problem.X[i]) for i in range(3)
    )
    np.testing.assert_allclose(problem.combination(multipliers, clarke), expected, rtol=1e-15)


def test_linear_model_by_hand():
    problem = Problem(Linear(), np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([1.0, -1.0]))
    np.testing.assert_array_equal(problem.margins(np.array([[2.0, -1.0]])), [0.0, -7.0])
    np.testing.assert_array_equal(problem.pattern(np.zeros((1, 2))), [[1.0, 1.0]])


@pytest.mark.parametrize("width", [None, 5])
def test_margins_are_homogeneous_and_their_gradient_gives_them_back(width):
    # Euler: q_i = ⟨∇q_i, θ⟩ for a 1-homogeneous network.
    problem, W = gaussian(0, 4, 6, width)
    e = np.eye(4)
    for i in range(4):
        gradient = problem.combination(e[i], problem.pattern(W))
        assert (gradient * W).sum() == pytest.approx(problem.margins(W)[i], abs=1e-16)
    np.testing.assert_allclose(problem.margins(3.0 * W), 3.0 * problem.margins(W), rtol=1e-13)


def test_leading_axes_are_a_batch():
    problem, W = gaussian(1, 4, 6, 5)
    batch = Problem(problem.network, np.stack([problem.X, -problem.X]), problem.y)
    both = batch.margins(np.stack([W, W]))
    np.testing.assert_allclose(both[0], problem.margins(W), rtol=1e-13, atol=1e-16)
    alone = Problem(problem.network, -problem.X, problem.y).margins(W)
    np.testing.assert_allclose(both[1], alone, rtol=1e-13, atol=1e-16)
    assert batch.retain([0]).X.shape == (2, 3, 6)


@pytest.mark.parametrize("width", [1, 2, 5, 8])
def test_output_weights_alternate_and_have_norm_one(width):
    u = TwoLayer(width).output_weights
    np.testing.assert_allclose(np.abs(u), 1 / np.sqrt(width), rtol=1e-15)
    assert (u > 0).sum() - (u < 0).sum() == width % 2


@pytest.mark.parametrize("width", [0, -3])
def test_width_below_one_is_refused(width):
    with pytest.raises(DataError) as error:
        TwoLayer(width)
    text = one_sentence(error)
    assert f"width = {width}" in text and "n >= 1" in text and "raise" in text


@pytest.mark.parametrize("width", [2.5, 2.0, "2", None])
def test_a_width_that_is_no_whole_number_is_refused(width):
    with pytest.raises(DataError) as error:
        TwoLayer(width)
    assert f"width = {width!r}: allowed are whole numbers" in one_sentence(error)
    assert TwoLayer(np.int64(2)) == TwoLayer(2)


def test_networks_by_name():
    assert build("linear") == Linear()
    assert build("linear", 7).width == 1
    assert build("two_layer", 7) == TwoLayer(7)
    with pytest.raises(KeyError):
        build("three_layer")


def test_initial_rows_have_the_norm_asked_for():
    W = gaussian_weights(np.random.default_rng(0), 200, 1000, 0.3)
    # ‖w‖² / 0.09 has mean 1 and standard deviation √(2/1000) a row, 1/√200 of it for the mean.
    mean = (W**2).sum(axis=1).mean() / 0.09
    assert abs(mean - 1) < 5 * np.sqrt(2 / 1000 / 200)


@given(st.integers(1, 12).flatmap(lambda m: st.tuples(st.just(m), st.sets(st.integers(0, m - 1)))))
def test_retained_is_the_complement(case):
    m, forget = case
    if len(forget) == m:
        with pytest.raises(DataError, match="all"):
            retained(m, sorted(forget))
        return
    keep = retained(m, sorted(forget))
    assert sorted([*keep.tolist(), *forget]) == list(range(m))
    assert keep.tolist() == sorted(keep.tolist())


def test_kept_samples_are_the_retained_ones_as_a_mask():
    expected = [[False, True, True, False], [True] * 4]
    np.testing.assert_array_equal(kept(4, [(3, 0), ()]), expected)
    for row, forget in zip(kept(4, [(1,), (2, 3)]), [(1,), (2, 3)], strict=True):
        np.testing.assert_array_equal(np.flatnonzero(row), retained(4, forget))
    with pytest.raises(DataError, match="index 4"):
        kept(4, [(0,), (4,)])


def test_output_weights_of_ones_own():
    problem = Problem(TwoLayer(2, (3.0, -0.5)), np.eye(2), np.array([1.0, -1.0]))
    np.testing.assert_array_equal(problem.output_weights, [3.0, -0.5])
    # q = y Σ_j u_j max(0, P_ji) with P = W here.
    np.testing.assert_array_equal(
        problem.margins(np.array([[2.0, 1.0], [4.0, -1.0]])), [3 * 2 - 0.5 * 4, -3.0]
    )
    with pytest.raises(DataError) as error:
        TwoLayer(3, (1.0, -1.0))
    text = one_sentence(error)
    assert "2 output weights" in text and "width = 3" in text and "give as many" in text


def test_the_retained_problem_has_the_other_samples_in_order():
    problem, _ = gaussian(0, 5, 6, None)
    rest = problem.retain([3, 1])
    np.testing.assert_array_equal(rest.X, problem.X[[0, 2, 4]])
    np.testing.assert_array_equal(rest.y, problem.y[[0, 2, 4]])


@pytest.mark.parametrize(
    ("forget", "named"),
    [
        ([5], ["index 5", "0 to 4"]),
        ([0, 7], ["index 7", "0 to 4"]),
        ([-1], ["index -1", "0 to 4"]),
        ([2, 2], ["[2, 2]", "repeated", "once"]),
        ([0, 1, 2, 3, 4], ["all 5 samples", "leave at least one"]),
    ],
)
def test_bad_forget_sets(forget, named):
    with pytest.raises(DataError) as error:
        retained(5, forget)
    text = one_sentence(error)
    assert str(forget) in text
    for part in named:
        assert part in text


@pytest.mark.parametrize(
    ("forget", "said"),
    [
        ([True, False, True, False, False], "has the entry True: .* numpy.flatnonzero"),
        (np.arange(5) == 3, "has the entry np.False_: .* numpy.flatnonzero"),
        ([True], "has the entry True"),
        ([3.0], "has the entry 3.0: allowed are row numbers"),
        (np.array([3.0]), "has the entry np.float64"),
        (["3"], "has the entry '3': allowed are row numbers"),
        ([[0, 1]], r"has the entry \[0, 1\]"),
        (np.array([[0, 1]]), r"has the entry array\(\[0, 1\]\)"),
        ([None], "has the entry None"),
        ("3", r"forget = '3': allowed are lists of row numbers; write \[3\]"),
        ({1, 2}, r"forget = {1, 2}: allowed are lists of row numbers; convert it"),
        (np.array(3), r"forget = array\(3\): allowed are lists"),
    ],
)
def test_forget_sets_are_row_numbers(forget, said):
    with pytest.raises(DataError, match=said) as error:
        retained(5, forget)
    one_sentence(error)


@pytest.mark.parametrize("integer", [int, np.int64, np.uint8])
def test_row_numbers_may_be_integers_of_numpy(integer):
    for forget in ([integer(3), integer(0)], np.array([3, 0], integer), (integer(3), 0)):
        assert retained(5, forget).tolist() == [1, 2, 4]
        found = explicit_forget_sets(5, [forget])
        assert found == [[3, 0]] and all(type(row) is int for row in found[0])
    assert retained(5, np.array([])).tolist() == retained(5, range(0)).tolist() == [0, 1, 2, 3, 4]


def test_forget_sets_are_checked_before_anything_is_computed():
    assert explicit_forget_sets(3, "each") == [[0], [1], [2]]
    assert explicit_forget_sets(3, [(0, 2), [1]]) == [[0, 2], [1]]
    with pytest.raises(DataError) as error:
        explicit_forget_sets(3, [[0], [3]])
    assert "index 3" in one_sentence(error) and "0 to 2" in str(error.value)


@pytest.mark.parametrize(
    ("X", "y", "said"),
    [
        (np.eye(2), np.array([0.0, 1.0]), r"label other than -1 and \+1"),
        (np.eye(2), np.array([1.0, -1.0, 1.0]), "the same m"),
        (np.eye(2) * np.nan, np.array([1.0, -1.0]), "nan or infinite"),
        (np.eye(2), np.array([1, -1]), "convert them"),
    ],
)
def test_samples_that_make_no_problem_are_refused(X, y, said):
    with pytest.raises(DataError, match=said):
        Problem(Linear(), X, y)


def test_an_index_in_place_of_a_forget_set_is_refused():
    with pytest.raises(DataError, match=r"write \[3\]"):
        retained(5, 3)


def test_round_off_does_not_decide_the_derivative_at_a_kink():
    problem, W = hand()
    tilted = W + np.array([[0.0, 1e-16], [0.0, 0.0]])  # P₀₂ = 0 becomes −5e-16
    np.testing.assert_array_equal(problem.pattern(W), problem.pattern(tilted))
    np.testing.assert_array_equal(problem.pattern(-tilted)[0], [0.0, 1.0, 0.0])
    beside = W + np.array([[0.0, -1e-8], [0.0, 0.0]])
    assert problem.pattern(beside)[0, 2] == 1.0

"""The step is gradient ascent of the prescribed size, whichever loss it is written with."""

import numpy as np
import pytest
from builders import ROUND_OFF, copies_on_either_side, gaussian, one_sentence, planted_pairs, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates.certificate import certify
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import train
from kkt_unlearning.unlearning.ascent import ascend, starting_point, unlearn, unlearn_all

VALUES = {"exponential": lambda q: np.exp(-q), "logistic": lambda q: np.log1p(np.exp(-q))}
SLOPES = {"exponential": lambda q: -np.exp(-q), "logistic": lambda q: -1 / (1 + np.exp(q))}


def output(net, W, x):
    p = W @ x
    return net.output_weights @ (np.maximum(p, 0) if net.has_kinks else p)


def loss_gradient(problem, W, i, loss):
    """Central differences; error h² + eps / h, least at h = eps^(1/3), about 1e-10 here."""
    h, gradient = np.finfo(float).eps ** (1 / 3), np.zeros_like(W)
    for entry in np.ndindex(W.shape):
        shift = np.zeros_like(W)
        shift[entry] = h
        up, down = (
            VALUES[loss](problem.y[i] * output(problem.network, V, problem.X[i]))
            for V in (W + shift, W - shift)
        )
        gradient[entry] = (up - down) / (2 * h)
    return gradient


@pytest.mark.parametrize("width", [None, 6])
@pytest.mark.parametrize("loss", VALUES)
def test_the_step_is_ascent_on_the_loss_of_the_forgotten_sample(width, loss):
    problem, training, point = solved(0, 5, 14, width)
    # Training leaves some entries on their kinks; a few percent of noise moves them off.
    noise = np.random.default_rng(0).normal(size=training.W.shape)
    W = training.W / training.margins.min() + 0.03 * noise
    assert problem.margins(W).min() > 0.5
    for r in range(5):
        # Differences of step 6e-6 along vectors of length about 1 must not cross a kink.
        assert width is None or np.abs(W @ problem.X[r]).min() > 2e-5
        q = problem.margins(W)[r]
        beta = -point.multipliers[r] / SLOPES[loss](q)
        expected = W + beta * loss_gradient(problem, W, r, loss)
        found = ascend(problem, W, point.multipliers, [r])
        np.testing.assert_allclose(found, expected, atol=1e-8 * beta)
        half = ascend(problem, W, point.multipliers, [r], fraction=0.5)
        np.testing.assert_allclose(half, 0.5 * (W + expected), atol=1e-8 * beta)


@pytest.mark.parametrize("width", [None, 6])
def test_a_set_is_the_sum_of_single_steps(width):
    problem, _, point = solved(1, 5, 14, width)
    W, lam, a = point.W, point.multipliers, point.clarke
    single = [ascend(problem, W, lam, [r], clarke=a) - W for r in range(4)]
    both = ascend(problem, W, lam, [3, 0, 1], clarke=a)
    np.testing.assert_allclose(both, W + single[0] + single[1] + single[3], atol=ROUND_OFF)


@pytest.mark.parametrize("width", [None, 6])
def test_after_the_step_only_the_retained_terms_are_left(width):
    problem, _, point = solved(1, 5, 14, width)
    keep = [0, 2, 4]
    step = unlearn(point, [1, 3])
    rest = Problem(problem.network, problem.X[keep], problem.y[keep])
    expected = rest.combination(point.multipliers[keep], point.clarke[:, keep])
    np.testing.assert_allclose(step.W, expected, atol=ROUND_OFF)


def test_forgetting_one_of_a_planted_pair_leaves_the_other_ones_term():
    # W = λ s (x₁ − ρ x₂) for u > 0, λ s (x₂ − ρ x₁) for u < 0; without x₂: λ s x₁ and −λ s ρ x₁.
    problem, W, multipliers, clarke, _ = planted_pairs([0.5], [1.0], 2)
    point = kkt_point(problem, problem.pattern(W))
    factor = (8 / 3) / np.sqrt(2)
    expected = factor * np.array([[1.0], [-0.5]]) * problem.X[0]
    np.testing.assert_allclose(unlearn(point, [1]).W, expected, atol=ROUND_OFF)
    np.testing.assert_allclose(
        ascend(problem, W, multipliers, [1], clarke=clarke), expected, atol=ROUND_OFF
    )


@pytest.mark.parametrize("flag", ["no", "False", 0, 1, None])
def test_a_flag_that_is_none_is_refused(flag):
    with pytest.raises(DataError, match=r"^allow_idle = .*: allowed are True and False\.$"):
        unlearn(on_a_line(), [0], allow_idle=flag)


@pytest.mark.parametrize("width", [None, 6])
def test_fraction_zero_and_the_empty_set_change_nothing(width):
    problem, training, point = solved(1, 5, 14, width)
    np.testing.assert_array_equal(unlearn(point, [2], fraction=0.0, allow_idle=True).W, point.W)
    np.testing.assert_array_equal(unlearn(point, [], allow_idle=True).W, point.W)
    W = training.W
    np.testing.assert_array_equal(ascend(problem, W, point.multipliers, [2], fraction=0), W)


@settings(max_examples=25)
@given(st.floats(0.0, 5.0), st.sampled_from([None, 6]), st.sets(st.integers(0, 4), max_size=4))
def test_the_step_is_proportional_to_the_fraction(fraction, width, forget):
    _, _, point = solved(1, 5, 14, width)
    whole = unlearn(point, sorted(forget), allow_idle=True).W - point.W
    part = unlearn(point, sorted(forget), fraction=fraction, allow_idle=True).W - point.W
    np.testing.assert_allclose(part, fraction * whole, atol=1e-11)


def test_leading_axes_are_a_batch():
    problem, training, point = solved(1, 5, 14, 6)
    W = np.stack([point.W, training.W])
    lam = np.stack([point.multipliers, 2.0 * point.multipliers])
    both = ascend(problem, W, lam, [1])
    for member, weights, multipliers in zip(both, W, lam, strict=True):
        alone = ascend(problem, weights, multipliers, [1])
        np.testing.assert_allclose(member, alone, atol=ROUND_OFF)


def test_nothing_is_changed_in_place():
    problem, training, point = solved(1, 5, 14, 6)
    before = training.W.copy(), point.multipliers.copy()
    ascend(problem, training.W, point.multipliers, [1])
    np.testing.assert_array_equal(training.W, before[0])
    np.testing.assert_array_equal(point.multipliers, before[1])


def test_trained_weights_are_scaled_to_margin_one_and_use_their_own_derivatives():
    problem, training, point = solved(1, 6, 15, 8)
    assert np.any(point.clarke != problem.pattern(training.W))
    start, clarke = starting_point(point, training.W)
    assert problem.margins(start).min() == pytest.approx(1.0, rel=1e-14)
    np.testing.assert_array_equal(clarke, problem.pattern(training.W))
    step = unlearn(point, [2], trained=training.W)
    np.testing.assert_array_equal(step.start, start)
    expected = ascend(problem, start, point.multipliers, [2])
    np.testing.assert_array_equal(step.W, expected)
    scaled = unlearn(point, [2], trained=7.0 * training.W)
    np.testing.assert_allclose(scaled.W, step.W, atol=ROUND_OFF)


def test_the_exact_point_uses_its_clarke_derivatives():
    _, _, point = solved(1, 5, 14, 6)
    step = unlearn(point, [2])
    np.testing.assert_array_equal(step.start, point.W)
    np.testing.assert_array_equal(step.clarke, point.clarke)
    assert (step.forget, step.fraction, step.point) == ((2,), 1.0, point)


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("width", [None, 6])
def test_all_steps_are_each_of_them(width, trained):
    _, training, point = solved(1, 5, 14, width)
    weights = training.W if trained else None
    sets, fractions = [(0,), (4, 1), (), (2,)], [0.0, 0.5, 1.0]
    steps = unlearn_all(point, sets, fractions, trained=weights)
    assert steps.W.shape[:2] == (4, 3)
    assert steps.forget_sets == ((0,), (4, 1), (), (2,))
    np.testing.assert_array_equal(steps.fractions, fractions)
    for f, forget in enumerate(sets):
        for a, fraction in enumerate(fractions):
            alone = unlearn(point, forget, fraction=fraction, trained=weights, allow_idle=True)
            np.testing.assert_allclose(steps.W[f, a], alone.W, atol=ROUND_OFF)
            np.testing.assert_array_equal(steps.start, alone.start)
            np.testing.assert_array_equal(steps.clarke, alone.clarke)


def test_one_step_is_a_batch_of_one():
    _, _, point = solved(1, 5, 14, 6)
    step = unlearn(point, [3], fraction=0.5)
    steps = step.steps
    assert (steps.forget_sets, steps.fractions.tolist()) == (((3,),), [0.5])
    np.testing.assert_array_equal(steps.W, step.W[None, None])


def test_one_bad_forget_set_of_a_batch_is_refused():
    _, _, point = solved(1, 5, 14, 6)
    with pytest.raises(DataError, match="index 5"):
        unlearn_all(point, [[1], [5]], [1.0])
    with pytest.raises(DataError, match="fraction = -1"):
        unlearn_all(point, [[1], [2]], [1.0, -1.0])


@pytest.mark.parametrize(
    ("forget", "named"),
    [
        ([5], ["index 5", "0 to 4"]),
        ([-1], ["index -1", "0 to 4"]),
        ([1, 1], ["repeated"]),
        ([0, 1, 2, 3, 4], ["all 5 samples", "leave at least one"]),
    ],
)
def test_bad_forget_sets(forget, named):
    problem, _, point = solved(1, 5, 14, 6)
    for call in (
        lambda: unlearn(point, forget),
        lambda: ascend(problem, point.W, point.multipliers, forget),
    ):
        with pytest.raises(DataError) as error:
            call()
        text = one_sentence(error)
        for part in named:
            assert part in text


@pytest.mark.parametrize("fraction", [-0.1, float("nan"), float("inf"), 1e300])
def test_bad_fractions(fraction):
    _, _, point = solved(1, 5, 14, 6)
    with pytest.raises(DataError) as error:
        unlearn(point, [1], fraction=fraction)
    text = one_sentence(error)
    assert f"fraction = {fraction}: allowed are numbers >= 0 up to 1e+06" in text
    with pytest.raises(DataError, match="fraction = 'x'"):
        unlearn(point, [1], fraction="x")


def test_trained_weights_with_a_wrong_sample_are_refused():
    _, training, point = solved(1, 5, 14, 6)
    with pytest.raises(DataError) as error:
        unlearn(point, [1], trained=0.0 * training.W)
    text = one_sentence(error)
    assert "smallest margin" in text and "positive" in text and "train for longer" in text


# copies, and steps of no effect


def with_a_copy(width, distance):
    """The point of 6 samples and a (near) copy of sample 2 with the same label."""
    problem, W0 = gaussian(4, 6, 20, width)
    near = problem.X[2] + distance * np.random.default_rng(0).normal(size=20) / 20**0.5
    X, y = np.vstack([problem.X, near]), np.append(problem.y, problem.y[2])
    doubled = Problem(problem.network, X, y)
    return doubled, kkt_point(doubled, doubled.pattern(train(doubled, W0).W))


@pytest.mark.parametrize("width", [None, 8])
@pytest.mark.parametrize("distance", [0.0, 1e-12, 1e-9, 1e-7])
@pytest.mark.parametrize("one", [2, 6])
def test_whichever_of_two_copies_goes_the_other_takes_its_term_over(width, distance, one):
    problem, point = with_a_copy(width, distance)
    other = 8 - one
    step = unlearn(point, [one], allow_idle=True)
    np.testing.assert_array_equal(step.W, point.W)
    found = step.point
    assert found.multipliers[one] == 0
    assert found.multipliers.sum() == pytest.approx(point.multipliers.sum(), rel=ROUND_OFF)
    left = problem.combination(found.multipliers, found.clarke) - point.W
    assert np.linalg.norm(left) <= (distance + 1e-9) * np.linalg.norm(point.W)
    certificate = certify(step)
    assert certificate.epsilon <= 10 * distance + 1e-6  # as retraining would leave it
    both = unlearn(point, [one, other])
    assert np.abs(both.W - point.W).max() > 1e-3


@pytest.mark.parametrize("width", [None, 8])
@pytest.mark.parametrize("distance", [0.0, 1e-9, 1e-7])
def test_a_step_that_copies_undo_is_refused_with_their_names(width, distance):
    _, point = with_a_copy(width, distance)
    with pytest.raises(
        DataError, match=r"forget = \[2\]: the step changes nothing, .* \[6\]"
    ) as error:
        unlearn(point, [2])
    assert "forget these as well, or make the step all the same" in one_sentence(error)


def on_a_line():
    """±1 and ±3: the network rests on the inner two alone."""
    X, y = np.array([[1.0], [-1.0], [3.0], [-3.0]]), np.array([1.0, -1.0, 1.0, -1.0])
    return kkt_point(Problem(Linear(), X, y), np.ones((1, 4)))


@pytest.mark.parametrize(
    ("forget", "fraction", "sentence"),
    [
        ([2], 1.0, "does not rest on these"),
        ([3, 2], 1e6, "does not rest on these"),
        ([0, 1], 1.0, "every retained sample has the multiplier 0"),
        ([0, 1, 2], 0.5, "every retained sample has the multiplier 0"),
        ([0], 0.0, "a step of size 0 changes nothing"),
        ([], 1.0, "no sample is named"),
    ],
)
def test_steps_of_no_effect_are_refused_unless_asked_for(forget, fraction, sentence):
    point = on_a_line()
    with pytest.raises(DataError, match=sentence) as error:
        unlearn(point, forget, fraction=fraction)
    assert "allow_idle=True, in the command --allow-idle" in one_sentence(error)
    step = unlearn(point, forget, fraction=fraction, allow_idle=True)
    removed = sum(point.multipliers[r] * point.problem.y[r] * point.problem.X[r] for r in forget)
    np.testing.assert_allclose(step.W, point.W - fraction * removed, atol=ROUND_OFF)


def test_a_step_with_some_effect_is_made():
    problem, _, point = solved(1, 5, 14, None)
    idle = np.vstack([problem.X, 3.0 * problem.X[:1]])  # of margin 3, so that nothing rests on it
    more = Problem(problem.network, idle, np.append(problem.y, problem.y[0]))
    step = unlearn(kkt_point(more, np.ones((1, 6))), [0, 5])
    np.testing.assert_allclose(step.W, unlearn(point, [0]).W, atol=1e-9)


@pytest.mark.parametrize("forget", [[6], [1], [0, 6]])
def test_the_term_of_a_near_copy_on_the_other_side_of_a_kink_is_left_on_the_kink(forget):
    points = [copies_on_either_side(seed) for seed in range(20)]
    parted = [point for point, apart in points if apart]
    assert len(parted) >= 2
    for point in parted:
        found = certify(unlearn(point, forget, allow_idle=True))
        assert found.epsilon <= found.restored_bound * (1 + 1e-6) + ROUND_OFF
        if len(forget) == 1:  # nothing but the copy goes, and θ̃ is θ but for a turn of order η²
            assert found.restored_bound <= 1e-5
            assert found.tau <= 1e-11

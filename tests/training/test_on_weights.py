"""The step on weights: it makes the networks of the step on pre-activations, with nothing of m × m."""

import tracemalloc

import array_api_strict as strict
import numpy as np
import pytest
from builders import ROUND_OFF, labels, network, one_sentence
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.errors import DataError, NotConvergedError
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, step, train
from kkt_unlearning.training.size import numbers
from kkt_unlearning.training.span import shared_span, span_coordinates
from kkt_unlearning.training.step import on_weights
from kkt_unlearning.training.weighted import weighted_descent

LOSSES = ("exponential", "logistic")
STEPS = ("constant", "normalised")
SIZES = [(4, 9), (6, 6), (9, 4), (30, 3)]  # m below, at and above k
AGREE = {"atol": 10 * ROUND_OFF, "rtol": 10 * ROUND_OFF}


def drawn(seed, m, k, width, batch=(), xp=np):
    """Gaussian samples of random labels, which training need not separate, and initial weights."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(*batch, m, k)) / np.sqrt(k)
    y = np.where(rng.random((*batch, m)) < 0.5, 1.0, -1.0)
    W0 = 0.3 * rng.normal(size=(*batch, width or 1, k))
    return Problem(network(width), xp.asarray(X), xp.asarray(y)), xp.asarray(W0)


def any_end(loss="exponential", rule="normalised", steps=25, eta=0.05):
    """So few and small steps that no activation hangs on round-off; any margins will do at the end."""
    return Descent(loss, rule, step_size=eta, steps=steps, minimum_margin=-np.inf)


def both(call):
    """What a call gives by steps on weights, and by steps on pre-activations."""
    found = []
    for by_weights in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            for module in ("step", "weights", "size"):
                place = f"kkt_unlearning.training.{module}.on_weights"
                patch.setattr(place, lambda problem, answer=by_weights: answer)
            found.append(call())
    return found


def agree(result, expected):
    for name in ("W", "margins", "loss_weights"):
        np.testing.assert_allclose(getattr(result, name), getattr(expected, name), **AGREE)
    np.testing.assert_array_equal(result.steps, expected.steps)
    for snapshot, other in zip(result.snapshots, expected.snapshots, strict=True):
        np.testing.assert_allclose(snapshot, other, **AGREE)
    for line, other in zip(result.history, expected.history, strict=True):
        assert line.step == other.step
        for name in ("smallest_margin", "log_loss", "norm"):
            np.testing.assert_allclose(getattr(line, name), getattr(other, name), **AGREE)
        np.testing.assert_array_equal(line.flips, other.flips)
        np.testing.assert_array_equal(line.supporting_flips, other.supporting_flips)


@settings(max_examples=60)
@given(
    st.integers(0, 10**6),
    st.sampled_from(SIZES),
    st.sampled_from([None, 2, 9]),
    st.sampled_from(LOSSES),
    st.sampled_from(STEPS),
    st.sampled_from([(), (3,), (2, 2)]),
    st.booleans(),
)
def test_both_steps_make_the_same_networks(seed, sizes, width, loss, rule, batch, masked):
    problem, W0 = drawn(seed, *sizes, width, batch)
    mask = None
    if masked:
        mask = np.random.default_rng(seed).random((*batch, sizes[0])) < 0.7
        mask[..., 0] = True
    descent = any_end(loss, rule)
    agree(*both(lambda: train(problem, W0, descent, mask=mask, snapshots=[3, 25])))


@pytest.mark.parametrize("width", [None, 5])
def test_all_leave_one_out_networks_are_one_batch_of_one_data_set(width):
    problem, W0 = drawn(1, 12, 3, width)
    mask = ~np.eye(12, dtype=bool)
    result, expected = both(lambda: train(problem, W0, any_end(), mask=mask))
    agree(result, expected)
    alone = train(problem.retain([4]), W0, any_end())
    np.testing.assert_allclose(result.W[4], alone.W, **AGREE)
    assert result.loss_weights[4, 4] == 0.0


@pytest.mark.parametrize("width", [None, 5])
def test_a_network_that_has_settled_rests_while_the_other_goes_on(width):
    rng = np.random.default_rng(3)
    truth, X = rng.normal(size=3), rng.normal(size=(2, 40, 3))
    X += np.sign(X @ truth)[..., None] * truth / np.linalg.norm(truth)  # a margin of 1
    problem = Problem(network(width), X, np.sign(X @ truth))
    signs = problem.network.output_weights[:, None]
    W0 = 0.1 * signs * truth + 0.01 * rng.normal(size=(2, width or 1, 3))
    descent = Descent(steps=300, step_size=0.3, minimum_margin=0.1)
    judge = {"settled": lambda W, asked: np.array([True, False])}
    result, expected = both(lambda: train(problem, W0, descent, **judge))
    assert result.steps[0] < result.steps[1] == 300
    agree(result, expected)


@settings(max_examples=30)
@given(
    st.integers(0, 10**6),
    st.sampled_from(SIZES),
    st.sampled_from([None, 4]),
    st.sampled_from(LOSSES),
    st.sampled_from(STEPS),
)
def test_sample_weights_of_any_sign(seed, sizes, width, loss, rule):
    problem, W0 = drawn(seed, *sizes, width)
    h = np.random.default_rng(seed).choice([-0.3, 0.0, 0.5, 1.0], size=(2, sizes[0]))
    h[:, 0] = 1.0
    found, expected = both(lambda: weighted_descent(problem, W0, h, any_end(loss, rule), [1, 20]))
    np.testing.assert_allclose(found, expected, **AGREE)


@settings(max_examples=30)
@given(
    st.integers(0, 10**6),
    st.sampled_from([None, 5]),
    st.sampled_from(LOSSES),
    st.sampled_from(STEPS),
    st.sampled_from([(), (3,)]),
)
def test_another_array_library_makes_the_same_networks(seed, width, loss, rule, batch):
    there, W0 = drawn(seed, 12, 3, width, batch, strict)
    here, start = drawn(seed, 12, 3, width, batch)
    mask = np.arange(12) != 5
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "_FEW", 0)
        assert on_weights(here)
        expected = train(here, start, any_end(loss, rule), mask=mask, snapshots=[9])
        found = train(there, W0, any_end(loss, rule), mask=strict.asarray(mask), snapshots=[9])
    np.testing.assert_allclose(np.asarray(found.W), expected.W, **AGREE)
    np.testing.assert_allclose(np.asarray(found.margins), expected.margins, **AGREE)
    np.testing.assert_allclose(np.asarray(found.snapshots[0]), expected.snapshots[0], **AGREE)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([None, 6]))
def test_many_samples_have_no_order_and_no_axes(seed, width):
    problem, W0 = drawn(seed, 250, 3, width)
    assert on_weights(problem)
    rng, descent = np.random.default_rng(seed), any_end(steps=10)
    result = train(problem, W0, descent)
    order, rotation = rng.permutation(250), np.linalg.qr(rng.normal(size=(3, 3)))[0]
    shuffled = Problem(problem.network, problem.X[order], problem.y[order])
    np.testing.assert_allclose(train(shuffled, W0, descent).W, result.W, **AGREE)
    turned = Problem(problem.network, problem.X @ rotation, problem.y)
    np.testing.assert_allclose(
        train(turned, W0 @ rotation, descent).W, result.W @ rotation, **AGREE
    )


def test_span_coordinates_of_many_samples_give_the_same_networks():
    problem, W0 = drawn(5, 250, 4, 6)
    span = span_coordinates(problem.X, W0)
    inside = Problem(problem.network, span.X, problem.y)
    assert on_weights(inside)
    found = train(inside, span.W0, any_end())
    np.testing.assert_allclose(span.lift(found.W), train(problem, W0, any_end()).W, **AGREE)


@pytest.mark.parametrize(
    ("m", "k", "expected"),
    [(64, 2, False), (65, 2, True), (201, 100, True), (201, 101, False), (2000, 1000, False)],
)
def test_steps_are_made_on_weights_beyond_the_crossing_of_the_flops(m, k, expected):
    problem = Problem(network(3), np.ones((m, k)), labels(m))
    assert on_weights(problem) == expected


def test_snapshots_are_copies():
    problem, W0 = drawn(2, 250, 3, 4)
    start = W0.copy()
    result = train(problem, W0, any_end(), snapshots=[1, 25])
    np.testing.assert_array_equal(W0, start)
    np.testing.assert_array_equal(result.snapshots[1], result.W)
    assert np.abs(result.snapshots[0] - result.W).max() > 0


def peak(call):
    """Bytes that a call holds at most, beside what was there before."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_nothing_of_samples_by_samples_is_formed():
    m = 4000
    problem, W0 = drawn(0, m, 5, 20)
    square = 8 * m**2
    span = span_coordinates(problem.X, W0)
    small, mask = Problem(problem.network, span.X, problem.y), np.arange(m) > 2
    judge = {"settled": lambda W, asked: asked}
    assert peak(lambda: span_coordinates(problem.X, W0)) < square / 50
    assert peak(lambda: shared_span(problem.X, [W0, -W0])) < square / 50
    assert peak(lambda: train(small, span.W0, any_end(steps=4), mask=mask, **judge)) < square / 20
    h = np.where(mask, 1.0, -1.0)
    assert peak(lambda: weighted_descent(small, span.W0, h, any_end(), [2])) < square / 20


@pytest.mark.parametrize(
    ("batch", "m", "k", "width"),
    [((), 400, 500, 200), ((), 400, 500, 20), ((), 4000, 5, 50), ((3,), 500, 20, 30)],
)
def test_the_memory_that_is_counted_is_the_memory_that_is_used(batch, m, k, width):
    problem, W0 = drawn(0, m, k, width, batch)
    counted = 8 * numbers(problem, width, batch)
    assert 0.5 * counted < peak(lambda: train(problem, W0, any_end(steps=3))) < 1.1 * counted


@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize(("m", "k"), [(300, 4), (50, 60)])
def test_what_does_not_fit_the_machine_is_refused_before_anything_is_made(monkeypatch, batch, m, k):
    problem, W0 = drawn(0, m, k, 7, batch)
    sizes = {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": 20_000}
    monkeypatch.setattr("kkt_unlearning.datasets.memory.os.sysconf", sizes.__getitem__)
    h = np.ones((*batch, m))
    for call in (
        lambda: train(problem, W0, any_end()),
        lambda: weighted_descent(problem, W0, h, any_end(), [1]),
    ):
        with pytest.raises(DataError) as error:
            call()
        text = one_sentence(error)
        for part in (f"n = 7 neurons on m = {m} samples", "GB of memory", "2e-05 GB", "use fewer"):
            assert part in text
        assert ("2 networks of" in text) == bool(batch)


def with_dead(m, k=3, dead=(1,)):
    """Samples of label + near ``e_1``, but those named near ``−e_1``; all four neurons look along ``e_1``."""
    rng = np.random.default_rng(0)
    X = 0.01 * rng.normal(size=(m, k))
    y = np.ones(m)
    X[:, 0] = 1.0
    X[list(dead), 0] = -1.0
    W0 = 0.01 * rng.normal(size=(4, k))
    W0[:, 0] = 0.1
    return Problem(network(4), X, y), W0


@pytest.mark.parametrize(("m", "k"), [(6, 8), (250, 3)], ids=["preactivations", "weights"])
@pytest.mark.parametrize("dead", [(1,), (2, 4, 5)])
def test_dead_samples_are_named_with_what_helps(m, k, dead):
    problem, W0 = with_dead(m, k, dead)
    assert on_weights(problem) == (m > 200)
    with pytest.raises(NotConvergedError) as error:
        train(problem, W0, Descent(steps=50))
    text = one_sentence(error)
    count = "1 sample is dead" if len(dead) == 1 else f"{len(dead)} samples are dead"
    for part in (
        f"{count}, first sample {dead[0]}:",
        "wider",
        "seed",
        "scale",
        "bias",
        "separated",
    ):
        assert part in text
    assert "raise steps" not in text


def test_a_bias_wakes_dead_samples():
    problem, W0 = with_dead(6, 8)
    X, W = np.column_stack([problem.X, np.ones(6)]), np.column_stack([W0, np.full(4, 0.2)])
    train(Problem(problem.network, X, problem.y), W, Descent(steps=500))


def test_the_network_of_a_batch_with_dead_samples_is_named():
    problem, W0 = with_dead(6, 8, dead=(3,))
    alive, mask = W0 * np.array([1.0, -1.0, -1.0, 1.0])[:, None], np.ones((3, 6), bool)
    mask[1, 3] = False
    with pytest.raises(NotConvergedError, match="1 sample is dead, first sample 3 of network 2:"):
        train(problem, np.stack([alive, W0, W0]), Descent(steps=200), mask=mask)


def test_samples_that_take_no_part_are_not_dead():
    problem, W0 = with_dead(6, 8)
    train(problem, W0, Descent(steps=200), mask=np.arange(6) != 1)


def test_too_few_steps_without_dead_samples_ask_for_more():
    problem, W0 = with_dead(6, 8, dead=())
    with pytest.raises(NotConvergedError, match="raise steps") as error:
        train(problem, W0, Descent(steps=1, step_size=1e-3))
    assert "dead" not in str(error.value)


def test_iterates_that_overflow_are_not_called_dead():
    problem, W0 = drawn(0, 6, 3, 4)
    descent = Descent(step="constant", step_size=1e200, steps=10)
    with pytest.raises(NotConvergedError) as error:
        train(problem, W0, descent)
    assert "dead" not in str(error.value)

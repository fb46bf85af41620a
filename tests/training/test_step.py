"""The step on pre-activations: by its formula, in any array library, in pieces, without temporaries."""

import tracemalloc

import array_api_strict as strict
import numpy as np
import pytest
from builders import ROUND_OFF, labels, network
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, step
from kkt_unlearning.training.step import System, advance

LOSSES, STEPS = (
    st.sampled_from(["exponential", "logistic"]),
    st.sampled_from(["constant", "normalised"]),
)


def systems(seed, batch, m, n, descent, masked=False, xp=np):
    """A system of Gaussian data and its initial P (…, m, n), in the array library ``xp``."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(*batch, m, m + 2)) / np.sqrt(m)
    y = np.broadcast_to(labels(m), (*batch, m)).copy()
    kept = rng.random((*batch, m)) < 0.7
    kept[..., 0] = True  # nothing can be trained on no sample at all
    mask = xp.asarray(kept) if masked else None
    problem = Problem(network(n), xp.asarray(X), xp.asarray(y))
    P = xp.asarray(rng.normal(size=(*batch, m, n or 1)))
    return System.of(problem, descent, batch, mask), P, xp.zeros((*batch, m), dtype=xp.float64)


def by_the_formula(system, P, steps):
    """``P_ji ← P_ji + η Σ_k (−ℓ'(q_k)) y_k u_j A_jk G_ki``, one entry at a time."""
    P, u = P.copy(), system.u
    for _ in range(steps):
        active = P > 0 if system.has_kinks else np.ones(P.shape, bool)
        q = system.y * (P * active * u).sum(axis=-1)
        slopes = system.descent.slopes(q, system.excluded)
        old = P.copy()
        for i, j, k in np.ndindex(len(P), len(u), len(P)):
            force = slopes[k] * system.y[k] * u[j] * active[k, j]
            P[i, j] = P[i, j] + system.descent.step_size * force * system.gram[k, i]
        assert np.array_equal(P, old) != (slopes[:, None] * active > 0).any()  # dead neurons stay
    return P


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([None, 2, 9]), LOSSES, STEPS, st.booleans())
def test_a_step_is_its_formula_for_wide_and_narrow_networks(seed, width, loss, rule, masked):
    system, P, total = systems(seed, (), 4, width, Descent(loss, rule, step_size=0.1), masked)
    expected = by_the_formula(system, P, 3)
    advance(system, P, total, 3)
    np.testing.assert_allclose(P, expected, atol=ROUND_OFF)


@settings(max_examples=30)
@given(
    st.integers(0, 10**6),
    st.sampled_from([(), (3,), (2, 3)]),
    st.sampled_from([None, 2, 9]),
    LOSSES,
    STEPS,
    st.booleans(),
)
def test_numpy_in_its_buffers_makes_the_step_of_every_library(
    seed, batch, width, loss, rule, masked
):
    descent = Descent(loss, rule, step_size=0.1)
    system, P, total = systems(seed, batch, 4, width, descent, masked)
    advance(system, P, total, 20)
    other, Q, sums = systems(seed, batch, 4, width, descent, masked, strict)
    advance(other, Q, sums, 20)
    np.testing.assert_allclose(P, np.asarray(Q), atol=ROUND_OFF)
    np.testing.assert_allclose(total, np.asarray(sums), atol=ROUND_OFF)


@settings(max_examples=30)
@given(st.lists(st.integers(1, 4), min_size=0, max_size=3), st.sampled_from([1, 7, 24, 100, 10**6]))
def test_pieces_of_a_batch_make_the_steps_of_the_whole(batch, entries):
    # Masks broadcast a Gram matrix over an axis, as leave-one-out training does.
    batch, descent = tuple(batch), Descent(step_size=0.1)
    system, P, total = systems(0, batch, 3, 4, descent, masked=True)
    Q, sums = P.copy(), total.copy()
    advance(system, P, total, 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "_PIECE", entries)
        advance(system, Q, sums, 5)
    np.testing.assert_allclose(Q, P, atol=ROUND_OFF)
    np.testing.assert_allclose(sums, total, atol=ROUND_OFF)


@pytest.mark.parametrize("width", [400, 40])
def test_steps_hold_two_more_arrays_like_the_preactivations_and_allocate_nothing(width):
    system, P, total = systems(0, (), 200, width, Descent())
    advance(system, P, total, 1)
    peaks = []
    for steps in (1, 20):
        tracemalloc.start()
        advance(system, P, total, steps)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # D, what is added to P, its sides (an eighth), η G, and the smaller of G and D times the slopes
    held = P.nbytes * (2 + 1 / 8) + system.gram.nbytes + min(P.nbytes, system.gram.nbytes)
    ufunc_buffer, rows = np.getbufsize() * P.itemsize, 20 * total.nbytes
    assert max(peaks) < held + ufunc_buffer + rows
    assert peaks[1] - peaks[0] < rows


def test_supporting_entries_are_those_that_speak_for_the_label_of_a_sample_that_takes_part():
    problem = Problem(network(2), np.eye(3), np.array([1.0, -1.0, 1.0]))  # u = (+, −)
    mask = np.array([True, True, False])
    found = System.of(problem, Descent(), (), mask).supporting
    np.testing.assert_array_equal(found, [[True, False], [False, True], [False, False]])


def test_margins_need_no_steps():
    system, P, _ = systems(3, (2,), 4, 6, Descent())
    expected = [
        [y[i] * sum(system.u[j] * max(p[i, j], 0.0) for j in range(6)) for i in range(4)]
        for y, p in zip(system.y, P, strict=True)
    ]
    np.testing.assert_allclose(system.margins(P), expected, rtol=ROUND_OFF)


@pytest.mark.parametrize("obstacle", [None, "n = 6 neurons are too many"])
def test_arrays_of_cupy_go_to_the_kernel_unless_something_is_in_its_way(monkeypatch, obstacle):
    # Another library stands in for CuPy, and a kernel that adds 1 for the real one.
    from kkt_unlearning.training import gpu

    def kernel(P, slopes_sum, steps, *, descent, gram, y, u, has_kinks, excluded):
        assert (descent, has_kinks, steps) == (system.descent, True, 5)
        assert (gram.shape, y.shape, u.shape) == ((2, 4, 4), (2, 4), (6,))
        assert excluded.shape == slopes_sum.shape == (2, 4)
        P += 1.0

    monkeypatch.setattr(step, "is_cupy_array", lambda P: True)
    monkeypatch.setattr(gpu, "obstacle", lambda P, slopes_sum: obstacle)
    monkeypatch.setattr(gpu, "fused_descent", kernel)
    system, P, total = systems(0, (2,), 4, 6, Descent(), masked=True, xp=strict)
    advance(system, P, total, 5)
    other, expected, sums = systems(0, (2,), 4, 6, Descent(), masked=True)
    if obstacle is None:
        expected += 1.0
    else:
        advance(other, expected, sums, 5)
    np.testing.assert_allclose(np.asarray(P), expected, atol=ROUND_OFF)

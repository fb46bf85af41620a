"""The fused kernel against NumPy's training, on the CPU from the same source that a GPU compiles."""

import sys
import types

import numpy as np
import pytest
from builders import ROUND_OFF, gaussian
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.networks import Linear, TwoLayer
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.gpu import fused
from kkt_unlearning.training.gpu.launch import Launch, neurons_most

RULES = [
    (loss, step) for loss in ("exponential", "logistic") for step in ("constant", "normalised")
]
AGREEMENT = 1e-12


def networks(seed, batch, m, n, rule, *, step_size=0.5, scale=0.3):
    """A batch of random networks on random data: initial ``P (…, m, n)``, and what it descends on."""
    rng = np.random.default_rng(seed)
    network = Linear() if n is None else TwoLayer(n)
    X = rng.normal(size=(*batch, m, m + 2)) / np.sqrt(m + 2)
    W0 = scale * rng.normal(size=(*batch, network.width, m + 2))
    P = np.ascontiguousarray((W0 @ X.swapaxes(-1, -2)).swapaxes(-1, -2))
    return P, {
        "descent": Descent(*rule, step_size=step_size),
        "gram": X @ X.swapaxes(-1, -2),
        "y": rng.choice([-1.0, 1.0], size=(*batch, m)),
        "u": network.output_weights,
        "has_kinks": network.has_kinks,
    }


def plain_steps(P, slopes_sum, steps, *, descent, gram, y, u, has_kinks=True, excluded=None):
    """``P ← P + η D G`` written down as in ``docs/theory.md``, in place."""
    for _ in range(steps):
        active = P > 0 if has_kinks else np.ones_like(P)
        slopes = descent.slopes(y * (active * P * u).sum(axis=-1), excluded)
        slopes_sum += slopes
        D = u * active * (slopes * y)[..., None]
        P += descent.step_size * np.einsum("...ij,...ik->...kj", D, gram)


def run(method, P, system, *runs):
    P, slopes_sum = P.copy(), np.zeros(P.shape[:-1], P.dtype)
    with np.errstate(all="ignore"):
        for steps in runs:
            method(P, slopes_sum, steps, **system)
    return P, slopes_sum


def both(P, system, steps):
    """``(P, Σ slopes)`` after some steps in NumPy, and of the kernel."""
    return tuple(run(method, P, system, steps) for method in (plain_steps, fused.fused_descent))


def assert_agree(found, expected, tolerance=AGREEMENT):
    for value, truth in zip(found, expected, strict=True):
        assert np.abs(value - truth).max() <= tolerance * np.abs(truth).max()


@pytest.mark.parametrize("rule", RULES, ids="-".join)
@pytest.mark.parametrize("n", [None, 300], ids=["linear", "two_layer"])
def test_the_kernel_makes_the_steps_of_numpy(gpu, rule, n):
    expected, found = both(*networks(0, (3,), 10, n, rule), steps=100)
    assert_agree(found, expected)


# one sample, one lane a sample, sums that do not halve evenly, rows that do not fill their threads
SIZES = [
    (1, 1),
    (2, 40),
    (3, 700),
    (5, 70),
    (6, 33),
    (7, 900),
    (9, 1),
    (16, 300),
    (17, 5),
    (32, 70),
]


@pytest.mark.parametrize(("m", "n"), SIZES)
def test_all_sizes(gpu, m, n):
    expected, found = both(*networks(1, (2,), m, n, RULES[1]), steps=20)
    assert_agree(found, expected)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), log_step=st.floats(-3, 1), log_scale=st.floats(-3, 2))
@pytest.mark.parametrize("rule", RULES, ids="-".join)
def test_random_networks(shared_gpu, rule, seed, log_step, log_scale):
    # large scales start far beyond the smallest loss that a float can hold
    P, system = networks(seed, (2,), 5, 40, rule, step_size=10**log_step, scale=10**log_scale)
    expected, found = both(P, system, steps=3)
    for value, truth in zip(found, expected, strict=True):
        np.testing.assert_array_equal(np.isfinite(value), np.isfinite(truth))
        finite = np.isfinite(truth).all(axis=tuple(range(1, truth.ndim)))
        size = np.abs(truth[finite]).max(initial=0.0)
        assert np.abs(value[finite] - truth[finite]).max(initial=0.0) <= 1e-11 * size


@pytest.fixture(scope="module")
def shared_gpu():
    """The emulation for property tests, which cannot take a fixture for each example."""
    import emulator

    if emulator.COMPILER is None:
        pytest.skip("needs g++ on the PATH to run the kernels on the CPU")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cupy", emulator)
        fused._kernel.cache_clear()
        yield emulator
        fused._kernel.cache_clear()


def test_masked_samples_exert_no_force(gpu):
    mask = ~np.eye(5, dtype=bool)
    P, system = networks(2, (), 5, 40, RULES[3])
    system["excluded"] = np.where(mask, 0.0, -np.inf)
    expected, found = both(np.stack([P] * 5), system, steps=50)
    assert_agree(found, expected)
    np.testing.assert_array_equal(found[1][~mask], 0.0)
    assert (found[1][mask] > 0).all()


def test_leading_axes_are_a_batch_and_data_are_broadcast_over_it(gpu):
    P, system = networks(3, (2, 3), 5, 40, RULES[1])
    system["gram"], system["y"] = system["gram"][1], system["y"][0, 0]
    expected, found = both(P, system, steps=20)
    assert_agree(found, expected)
    alone = run(fused.fused_descent, P[1, 2], {**system, "gram": system["gram"][2]}, 20)
    np.testing.assert_array_equal(alone[0], found[0][1, 2])


@pytest.mark.parametrize("rule", RULES, ids="-".join)
def test_the_kernel_agrees_with_train(gpu, rule):
    problem, W0 = gaussian(0, 5, 12, 40)
    descent = Descent(*rule, steps=200, minimum_margin=1e-3)
    trained = train(problem, W0, descent)
    P = np.ascontiguousarray(problem.preactivations(W0).T)
    system = {"gram": problem.gram, "y": problem.y, "u": problem.output_weights}
    found = run(fused.fused_descent, P, {"descent": descent, **system}, descent.steps)
    np.testing.assert_allclose(found[0].T, problem.preactivations(trained.W), atol=ROUND_OFF)
    np.testing.assert_allclose(descent.step_size * found[1], trained.loss_weights, rtol=ROUND_OFF)


def test_runs_can_be_divided_and_repeated_to_the_last_bit(gpu):
    P, system = networks(4, (2,), 10, 300, RULES[1])
    once = run(fused.fused_descent, P, system, 30)
    again = run(fused.fused_descent, P, system, 30)
    np.testing.assert_array_equal(again[0], once[0])
    divided = run(fused.fused_descent, P, system, 10, 20)
    np.testing.assert_array_equal(divided[0], once[0])
    assert_agree(divided, once, 1e-15)


@pytest.mark.parametrize(("m", "n"), [(10, 300), (5, 600)])
def test_no_result_depends_on_the_order_of_the_threads(gpu, monkeypatch, m, n):
    P, system = networks(5, (2,), m, n, RULES[1])
    forwards = run(fused.fused_descent, P, system, 20)
    monkeypatch.setattr(gpu.Kernel, "backwards", True)
    backwards = run(fused.fused_descent, P, system, 20)
    for value, other in zip(forwards, backwards, strict=True):
        np.testing.assert_array_equal(value, other)


def test_a_network_at_the_kink_everywhere_stays_there(gpu):
    P, system = networks(6, (2,), 5, 40, RULES[0])
    found = run(fused.fused_descent, np.zeros_like(P), system, 10)
    np.testing.assert_array_equal(found[0], 0.0)
    np.testing.assert_array_equal(found[1], 10.0)  # −ℓ'(0) = 1 for the exponential loss


def test_divergence_stays_in_its_network_and_shows(gpu):
    P, system = networks(7, (3,), 5, 40, RULES[0], step_size=0.5)
    P[1] *= -1e6  # margins of −1e5: the exponential loss overflows
    P[1, 0] = np.abs(P[1, 0])
    expected, found = both(P, system, steps=20)
    assert not np.isfinite(expected[0][1]).all()
    np.testing.assert_array_equal(np.isfinite(found[0][1]), np.isfinite(expected[0][1]))
    for network in (0, 2):
        assert_agree((found[0][network],), (expected[0][network],))


@pytest.mark.parametrize("rule", RULES[1:3], ids="-".join)
def test_float32_follows_with_its_own_round_off(gpu, rule):
    P, system = networks(8, (2,), 10, 300, rule)
    expected = run(plain_steps, P, system, 50)
    small = {name: system[name].astype(np.float32) for name in ("gram", "y", "u")}
    found = run(fused.fused_descent, P.astype(np.float32), {**system, **small}, 50)
    assert found[0].dtype == np.float32
    # all but the few entries that round-off takes across the kink at another step than in float64
    error = np.abs(found[0] - expected[0]) / np.abs(expected[0]).max()
    assert 0 < np.quantile(error, 0.99) <= 50 * np.finfo(np.float32).eps


def cupy_like(monkeypatch):
    monkeypatch.setattr("array_api_compat.is_cupy_array", lambda array: True)


def fields(shape, dtype=np.float64):
    return np.zeros(shape, dtype), np.zeros(shape[:-1], dtype)


def test_what_does_not_fit_has_a_reason(monkeypatch):
    assert "not CuPy's" in fused.obstacle(*fields((2, 5, 40)))
    cupy_like(monkeypatch)
    assert fused.obstacle(*fields((2, 5, 40))) is None
    assert fused.obstacle(*fields((5, 40), np.float32)) is None
    widest = neurons_most(10, 8)
    assert fused.obstacle(*fields((10, widest))) is None
    assert f"n = {widest + 1}" in fused.obstacle(*fields((10, widest + 1)))
    assert "m = 33" in fused.obstacle(*fields((33, 5)))
    assert "int64" in fused.obstacle(*fields((5, 40), np.int64))
    assert "empty" in fused.obstacle(*fields((0, 5, 40)))
    P, slopes_sum = fields((2, 5, 40))
    assert "contiguous" in fused.obstacle(P[..., ::2], slopes_sum)
    assert "contiguous" in fused.obstacle(P, slopes_sum.T.copy().T)
    assert "(5,)" in fused.obstacle(P, slopes_sum[0])
    assert "float32" in fused.obstacle(P, slopes_sum.astype(np.float32))


def test_what_does_not_fit_is_refused(gpu):
    P, system = networks(9, (), 5, 40, RULES[1])
    with pytest.raises(ValueError, match="not contiguous"):
        fused.fused_descent(P[:, ::2], np.zeros(5), 1, **system)


def test_the_kernel_is_compiled_once_for_each_size_and_rule(monkeypatch):
    compiled = []

    def module(code, options):
        compiled.append((code, options))
        return types.SimpleNamespace(get_function=lambda name: name)

    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(RawModule=module))
    fused._kernel.cache_clear()
    launch = Launch.of(1000, 10, 8)
    for _ in range(2):
        fused._kernel(launch, 10, "float64", True, False, True)
    fused._kernel(launch, 10, "float64", True, True, True)
    fused._kernel.cache_clear()
    (code, options), (_, other) = compiled
    assert "fused_descent" in code
    assert {"-DREAL=double", "-DSAMPLES=10", "-DROWS=8", "-DTHREADS=128"} < set(options)
    assert set(other) - set(options) == {"-DLOGISTIC=1"}

"""The arrays of the caller decide where a computation runs; checked away from the CPU."""

import sys
from types import SimpleNamespace

import array_api_strict as strict
import numpy as np
import pytest
from builders import ROUND_OFF, gaussian, one_sentence, solved

from kkt_unlearning.backends import backend_name, backend_namespace, constant, namespace, to_numpy
from kkt_unlearning.errors import BackendError
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, step_reach, train
from kkt_unlearning.training.losses import LOSSES
from kkt_unlearning.unlearning.ascent import ascend

# On this device NumPy cannot take an array by accident, as it can on array-api-strict's CPU.
DEVICE = strict.Device("device1")


def there(array):
    return strict.asarray(array, device=DEVICE)


def back(array):
    assert array.device == DEVICE
    return np.from_dlpack(strict.asarray(array, device=strict.Device("CPU_DEVICE")))


def on_device(problem):
    return Problem(problem.network, there(problem.X), there(problem.y))


@pytest.mark.parametrize("width", [None, 6])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("step", ["constant", "normalised"])
def test_training_stays_on_the_device_and_gives_what_numpy_gives(width, loss, step):
    problem, W0 = gaussian(0, 4, 10, width)
    descent = Descent(loss, step, steps=200, minimum_margin=0.1)
    expected = train(problem, W0, descent, snapshots=[20])
    found = train(on_device(problem), there(W0), descent, snapshots=[20])
    for name in ("W", "margins", "loss_weights"):
        values = back(getattr(found, name))
        np.testing.assert_allclose(values, getattr(expected, name), atol=ROUND_OFF, rtol=ROUND_OFF)
    np.testing.assert_allclose(back(found.snapshots[0]), expected.snapshots[0], atol=ROUND_OFF)
    for line, other in zip(found.history, expected.history, strict=True):
        assert isinstance(line.norm, np.ndarray)  # the history is read on the host
        np.testing.assert_allclose(line.smallest_margin, other.smallest_margin, atol=ROUND_OFF)
        np.testing.assert_allclose(line.log_loss, other.log_loss, atol=ROUND_OFF)
        np.testing.assert_allclose(line.norm, other.norm, rtol=ROUND_OFF)
        assert int(line.flips) == int(other.flips)


@pytest.mark.parametrize("width", [None, 6])
def test_masked_batches_train_on_the_device(width):
    problem, W0 = gaussian(0, 4, 10, width)
    descent, mask = Descent(steps=200, minimum_margin=0.01), ~np.eye(4, dtype=bool)
    expected = train(problem, W0, descent, mask=mask)
    found = train(on_device(problem), there(W0), descent, mask=there(mask))
    np.testing.assert_allclose(back(found.W), expected.W, atol=ROUND_OFF)


@pytest.mark.parametrize("width", [None, 6])
@pytest.mark.parametrize("forget", [[2], [0, 3], []])
def test_ascent_stays_on_the_device_and_gives_what_numpy_gives(width, forget):
    problem, training, point = solved(0, 5, 14, width)
    for clarke in (None, point.clarke):
        expected = ascend(
            problem, training.W, point.multipliers, forget, clarke=clarke, fraction=0.7
        )
        found = ascend(
            on_device(problem),
            there(training.W),
            there(point.multipliers),
            forget,
            clarke=None if clarke is None else there(clarke),
            fraction=0.7,
        )
        np.testing.assert_allclose(back(found), expected, atol=ROUND_OFF)


@pytest.mark.parametrize("width", [None, 6])
def test_margins_reach_and_distances_stay_on_the_device(width):
    problem, training, point = solved(0, 5, 14, width)
    away, W = on_device(problem), there(training.W)
    np.testing.assert_allclose(back(away.margins(W)), problem.margins(training.W), rtol=ROUND_OFF)
    np.testing.assert_array_equal(back(away.pattern(W)), problem.pattern(training.W))
    np.testing.assert_allclose(back(away.gram), problem.gram, atol=ROUND_OFF)
    distance = cosine_distance(W, there(point.W))
    expected = cosine_distance(training.W, point.W)
    np.testing.assert_allclose(back(distance), expected, rtol=1e-10)
    reach = step_reach(away, W, Descent())
    np.testing.assert_allclose(back(reach), step_reach(problem, training.W, Descent()), rtol=1e-10)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_on_the_device(loss):
    q = np.array([-1e3, -1.0, 0.0, 1.0, 36.0, 1e4])
    for function in (LOSSES[loss].log_value, LOSSES[loss].log_slope):
        np.testing.assert_allclose(back(function(there(q))), function(q), rtol=ROUND_OFF)


def test_constants_follow_library_type_and_device():
    like = strict.asarray([1.0], dtype=strict.float32, device=DEVICE)
    found = constant(np.array([0.5, 0.25]), like)
    assert (found.dtype, found.device) == (strict.float32, DEVICE)
    assert isinstance(constant([1, 2], np.ones(1)), np.ndarray)


def test_arrays_come_back_to_numpy():
    values = np.arange(3.0)
    assert to_numpy(values) is values
    np.testing.assert_array_equal(to_numpy(there(values)), values)


def test_arrays_of_two_libraries_do_not_mix():
    with pytest.raises(TypeError):
        namespace(np.ones(1), there(np.ones(1)))


def without_cupy(monkeypatch):
    monkeypatch.setitem(
        sys.modules, "cupy", None
    )  # makes the import fail as if it were not installed


def with_cupy(monkeypatch, count):
    runtime = SimpleNamespace(getDeviceCount=count)
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=SimpleNamespace(runtime=runtime)))


def broken_driver():
    raise RuntimeError("cudaErrorInsufficientDriver")


def test_numpy_is_numpy():
    assert backend_namespace("numpy") is np


def test_auto_is_numpy_where_there_is_no_cupy(monkeypatch):
    without_cupy(monkeypatch)
    assert backend_namespace("auto") is np


@pytest.mark.parametrize("count", [lambda: 0, broken_driver], ids=["no-gpu", "broken-driver"])
def test_auto_is_numpy_where_no_gpu_answers(monkeypatch, count):
    with_cupy(monkeypatch, count)
    assert backend_namespace("auto") is np


def test_cupy_without_cupy_is_one_sentence(monkeypatch):
    without_cupy(monkeypatch)
    with pytest.raises(BackendError) as error:
        backend_namespace("cupy")
    text = one_sentence(error)
    for part in ("backend = 'cupy'", "not installed", "auto, numpy", "set backend: auto"):
        assert part in text


@pytest.mark.parametrize(
    ("count", "named"), [(lambda: 0, "no GPU"), (broken_driver, "no usable GPU (RuntimeError)")]
)
def test_cupy_without_a_gpu_is_one_sentence(monkeypatch, count, named):
    with_cupy(monkeypatch, count)
    with pytest.raises(BackendError) as error:
        backend_namespace("cupy")
    text = one_sentence(error)
    assert named in text and "allowed are" in text and "set backend: auto" in text


@pytest.mark.parametrize("name", ["torch", "NumPy", ""])
def test_unknown_backends(name):
    with pytest.raises(BackendError) as error:
        backend_namespace(name)
    text = one_sentence(error)
    assert f"backend = {name!r}" in text and "auto, numpy, cupy" in text and "choose" in text


def test_auto_is_named_after_what_it_chooses():
    assert backend_name("numpy") == "numpy"
    assert backend_name("auto") in ("numpy", "cupy")
    assert backend_name("auto") == backend_namespace("auto").__name__.rpartition(".")[2]

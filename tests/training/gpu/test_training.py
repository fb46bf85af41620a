"""``train`` from start to end through the kernel, as with CuPy's arrays."""

import numpy as np
import pytest
from builders import ROUND_OFF, gaussian

from kkt_unlearning.training import Descent, step, train
from kkt_unlearning.training.gpu import fused


@pytest.fixture
def launches(gpu, monkeypatch):
    """Numbers of steps of the launches; NumPy's arrays pass for CuPy's."""
    found = []

    def counted(P, slopes_sum, steps, **system):
        found.append(steps)
        fused.fused_descent(P, slopes_sum, steps, **system)

    monkeypatch.setattr(step, "is_numpy_array", lambda P: False)
    monkeypatch.setattr(step, "is_cupy_array", lambda P: True)
    monkeypatch.setattr("array_api_compat.is_cupy_array", lambda P: True)
    monkeypatch.setattr("kkt_unlearning.training.gpu.fused_descent", counted)
    return found


@pytest.mark.parametrize("mask", [None, ~np.eye(5, dtype=bool)], ids=["all", "leave_one_out"])
@pytest.mark.parametrize("width", [None, 40], ids=["linear", "two_layer"])
def test_training_is_made_in_the_kernel_between_checkpoints(request, width, mask):
    problem, W0 = gaussian(0, 5, 12, width)
    descent = Descent(steps=200, minimum_margin=1e-3)
    expected = train(problem, W0, descent, mask=mask, snapshots=[30])
    launches = request.getfixturevalue("launches")
    found = train(problem, W0, descent, mask=mask, snapshots=[30])
    assert sum(launches) == 200 and len(launches) == len(expected.history)
    np.testing.assert_allclose(found.W, expected.W, atol=ROUND_OFF)
    np.testing.assert_allclose(found.loss_weights, expected.loss_weights, rtol=ROUND_OFF)
    np.testing.assert_allclose(found.snapshots[0], expected.snapshots[0], atol=ROUND_OFF)

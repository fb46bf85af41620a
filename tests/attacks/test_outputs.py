"""Outputs after a step in closed form are those of the step itself."""

import numpy as np
import pytest
from shadow_pool import MODELS, M, pool

from kkt_unlearning.attacks.outputs import cleared, outputs
from kkt_unlearning.unlearning import unlearn_all

FRACTIONS = (0.0, 0.5, 1.0, 1.5)


@pytest.mark.parametrize("width", [None, 30])
def test_the_closed_form_is_the_step(width):
    shadows = pool(width)
    found = outputs(shadows, FRACTIONS)
    for k in (0, 3, 11):
        R = np.flatnonzero(shadows.member[k])
        steps = unlearn_all(shadows.point(k), [[i] for i in range(len(R))], FRACTIONS)
        norms = np.linalg.norm(steps.W, axis=(-2, -1), keepdims=True)
        expected = shadows.pool.margins(steps.W / norms)
        np.testing.assert_allclose(
            found.unlearned[k][:, R], expected.swapaxes(0, 1), rtol=1e-9, atol=1e-11
        )
        for i, r in enumerate(R):
            retained = np.delete(R, i)
            gamma = np.median(expected[i][:, retained], axis=-1)
            np.testing.assert_allclose(found.margin[k, :, r], gamma, rtol=1e-9, atol=1e-11)


def test_other_samples_have_no_outputs():
    shadows = pool(None)
    found = outputs(shadows, FRACTIONS)
    filled = np.broadcast_to(shadows.member[:, None, :, None], (MODELS, len(FRACTIONS), M, M))
    np.testing.assert_array_equal(np.isfinite(found.unlearned), filled)


def test_without_a_step_nothing_changes():
    shadows = pool(30)
    found = outputs(shadows, [0.0])
    k, r = np.argwhere(shadows.member)[4]
    np.testing.assert_allclose(found.unlearned[k, 0, r], found.trained[k], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("width", [None, 30])
def test_outputs_are_at_most_the_length_of_the_sample(width):
    shadows = pool(width)
    found, lengths = outputs(shadows, FRACTIONS), np.linalg.norm(shadows.pool.X, axis=1)
    assert (np.abs(found.trained) <= lengths * (1 + 1e-12)).all()
    assert np.nanmax(np.abs(found.unlearned) / lengths) <= 1 + 1e-12


def test_an_output_of_round_off_is_nothing():
    values, lengths = (
        np.array([[1e-17, -1e-13, np.nan], [0.5, 1e-10, -3e-12]]),
        np.array([1.0, 1.0, 4.0]),
    )
    np.testing.assert_array_equal(cleared(values, lengths), [[0, 0, np.nan], [0.5, 1e-10, 0]])

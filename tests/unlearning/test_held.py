"""Deletions one call at a time, without the samples that were deleted."""

from dataclasses import fields

import numpy as np
import pytest
from builders import ROUND_OFF, one_sentence, solved

from kkt_unlearning.certificates.certificate import certify
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem
from kkt_unlearning.unlearning.ascent import starting_point, unlearn
from kkt_unlearning.unlearning.held import Held
from kkt_unlearning.unlearning.stream import delete_kept

SOLVER = 1e-7  # relative, of numbers from programs solved to 1e-9 in other coordinates


def held(width, start="exact"):
    _, training, point = solved(3, 8, 60, width)
    return Held(point, *starting_point(point, training.W if start == "trained" else None))


def deleted(network, forget, fraction=1.0):
    """What is held after a deletion, and the certificate of its step."""
    return network.without(forget, fraction), certify(network.step(forget, fraction))


def numbers(certificate):
    """The fields of a certificate that are numbers, and its outcome."""
    values = {field.name: getattr(certificate, field.name) for field in fields(certificate)}
    return values.pop("outcome"), values


@pytest.mark.parametrize("width", [None, 12])
@pytest.mark.parametrize("start", ["exact", "trained"])
def test_the_first_deletion_is_the_step_of_the_library(width, start):
    _, training, point = solved(3, 8, 60, width)
    step = unlearn(point, [2, 5], fraction=0.9, trained=training.W if start == "trained" else None)
    after, certificate = deleted(held(width, start), [2, 5], fraction=0.9)
    np.testing.assert_allclose(after.W, step.W, atol=ROUND_OFF)
    outcome, found = numbers(certificate)
    expected_outcome, expected = numbers(certify(step))
    assert outcome == expected_outcome == "separating"
    assert found == pytest.approx(expected, rel=SOLVER, abs=1e-9)


@pytest.mark.parametrize("width", [None, 12])
def test_several_deletions_are_the_step_for_the_union(width):
    first = held(width)
    stream = delete_kept(first.point, [6, 1, 4])
    after, left = first, list(range(8))
    for t, r in enumerate([6, 1, 4]):
        after = after.without([left.index(r)])
        left.remove(r)
        np.testing.assert_allclose(after.W, stream.W[t], atol=ROUND_OFF)
    np.testing.assert_array_equal(after.point.problem.X, first.point.problem.X[left])
    np.testing.assert_array_equal(after.point.multipliers, first.point.multipliers[left])
    np.testing.assert_allclose(after.point.W, after.W, atol=ROUND_OFF)


@pytest.mark.parametrize("width", [None, 12])
def test_later_certificates_are_of_the_samples_that_stay(width):
    first = held(width, "trained")
    after, certificate = deleted(first.without([6]), [1])
    retained = first.point.problem.retain([6, 1])
    pattern = np.delete(first.point.pattern, [1, 6], axis=1)
    nearest = kkt_point(retained, pattern)
    assert certificate.outcome == "separating"
    assert certificate.tau_star == pytest.approx(
        cosine_distance(after.W, nearest.W), rel=1e-6, abs=ROUND_OFF
    )
    assert certificate.epsilon_clarke <= certificate.epsilon_bound
    assert certificate.epsilon <= certificate.restored_bound
    assert certificate.epsilon_bound < np.inf


def test_the_residuals_say_that_the_point_is_exact_no_more():
    first = held(None)
    after = first.without([0])
    assert first.point.residuals.worst < 1e-9
    assert after.point.residuals.stationarity < ROUND_OFF  # it is the sum of its terms
    assert after.point.residuals.primal_feasibility > 1e-3  # but its margins have moved


def all_support_vectors_gone():
    """±1 and ±3 on a line: the multipliers of the outer two are 0."""
    X, y = np.array([[1.0], [-1.0], [3.0], [-3.0]]), np.array([1.0, -1.0, 1.0, -1.0])
    point = kkt_point(Problem(Linear(), X, y), np.ones((1, 4)))
    return deleted(Held(point, point.W, point.clarke), [0, 1])


def test_a_network_of_which_nothing_is_left_has_no_certificate():
    after, certificate = all_support_vectors_gone()
    assert certificate.outcome == "not separating"
    assert np.abs(after.W).max() < ROUND_OFF
    assert after.point.gap == np.inf


def test_a_network_that_does_not_classify_its_samples_is_not_stepped_from():
    after, _ = all_support_vectors_gone()
    with pytest.raises(DataError, match="2 samples still held") as error:
        after.step([0])
    assert one_sentence(error).endswith("so fit again on these samples.")

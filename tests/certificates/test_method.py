"""The restored network and the dual downdate as networks that one can run."""

import numpy as np
import pytest
from builders import gaussian, solved

from kkt_unlearning import certify, unlearn
from kkt_unlearning.certificates.method import METHODS, downdated, restored, weights_by
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import train


def kkt_violation(problem, W, multipliers, clarke):
    """The largest of the KKT residuals, written out with a loop over samples and neurons."""
    u, X, y = problem.network.output_weights, problem.X, problem.y
    rest, worst = W.copy(), 0.0
    for i in range(len(y)):
        P = W @ X[i]
        q = y[i] * (u @ (np.maximum(P, 0.0) if problem.network.has_kinks else P))
        worst = max(worst, 1.0 - q, abs(multipliers[i] * (q - 1.0)), -multipliers[i])
        for j in range(len(W)):
            a = clarke[j, i]
            if problem.network.has_kinks and multipliers[i] > 0:
                size = np.linalg.norm(W[j]) * np.linalg.norm(X[i]) + 1e-300
                worst = max(worst, -a, a - 1.0, a * -P[j] / size, (1.0 - a) * P[j] / size)
            rest[j] -= multipliers[i] * y[i] * u[j] * a * X[i]
    return max(worst, np.linalg.norm(rest) / np.linalg.norm(W))


def network_with(seed, samples, dimension, width, copies):
    """An exact point of separable data, of which some samples are there twice."""
    problem, W0 = gaussian(seed, samples, dimension, width)
    if copies:
        rows = [*range(samples), 1, 4]
        problem = Problem(problem.network, problem.X[rows], problem.y[rows])
    return kkt_point(problem, problem.pattern(train(problem, W0).W))


@pytest.mark.parametrize(
    ("samples", "dimension", "width", "copies"),
    [
        (6, 15, None, False),
        (6, 15, 8, False),
        (6, 15, 8, True),
        (12, 8, 20, False),
        (9, 5, 16, True),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_the_downdate_is_an_exact_point_of_the_retained_samples(
    seed, samples, dimension, width, copies
):
    point = network_with(seed, samples, dimension, width, copies)
    support = np.flatnonzero(point.multipliers > 1e-6)
    for forget in ([1, samples], [0, int(support[-1])]) if copies else ([int(support[0])], [2, 3]):
        step = unlearn(point, forget, allow_idle=True)
        found = downdated(step)
        rest = point.problem.retain(forget)
        np.testing.assert_array_equal(found.problem.X, rest.X)
        assert kkt_violation(rest, found.W, found.multipliers, found.clarke) < 1e-7
        np.testing.assert_array_equal(weights_by("downdate", step), found.W)


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_restored_network_is_that_of_the_certificate(seed, trained):
    _, training, point = solved(seed, 6, 15, 8)
    step = unlearn(point, [1, 4], trained=training.W if trained else None)
    W, certificate = weights_by("restored", step), certify(step)
    assert certificate.tau > 0
    assert float(cosine_distance(step.W, W)) == pytest.approx(certificate.tau, rel=1e-9)
    P, keep = point.problem.preactivations(W), [0, 2, 3, 5]
    side = (2.0 * point.pattern - 1.0)[:, keep] * P[:, keep]
    assert side.min() > -1e-12
    assert np.abs(P[:, keep][point.kinks[:, keep]]).max() < 1e-12
    assert restored(step).kinks[:, keep][point.kinks[:, keep]].all()


def test_the_step_is_itself_and_a_linear_model_has_nothing_to_restore():
    _, _, point = solved(0, 6, 15, 8)
    step = unlearn(point, [1])
    assert weights_by("step", step) is step.W
    _, _, linear = solved(0, 6, 15, None)
    step = unlearn(linear, [1])
    assert (weights_by("restored", step) == step.W).all()
    assert np.abs(weights_by("downdate", step) - step.W).max() > 1e-6


def test_unknown_methods_and_parts_of_a_downdate_are_refused():
    _, _, point = solved(0, 6, 15, 8)
    with pytest.raises(DataError, match="method = 'half': allowed are step, restored, downdate;"):
        weights_by("half", unlearn(point, [1]))
    with pytest.raises(DataError, match=r"fraction = 0\.5: allowed is 1 with the method downdate"):
        weights_by("downdate", unlearn(point, [1], fraction=0.5))
    assert METHODS == ("step", "restored", "downdate")

"""Certificates of the forgetting of single samples by shadow models, beside what they allow an attacker."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.attacks.bound import output_shift, reach
from kkt_unlearning.attacks.shadows import Shadows
from kkt_unlearning.certificates.certificate import certify_all
from kkt_unlearning.certificates.given_delta import given_delta
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning import unlearn_all

NUMBERS = ("epsilon_autograd", "epsilon", "delta", "relative_delta", "tau", "tau_star")


@dataclass(frozen=True)
class ShadowCertificates:
    """Of the first C models, at every step; nan where a sample is not in the model's training set.

    Attributes:
        numbers: fields of the certificate by name, ``(C, A, M)``.
        nearby: outputs at the forgotten sample of the exact KKT point of the retained problem, scaled to
            norm 1, ``(C, M)``.
        shift: bound on how far the unlearned network's output is from that, ``(C, A, M)``.
        given: least ε at θ̃ for the δ that is given, ``(C, A, M)``.
        nothing: the same of the untouched model, ``(C, M)``.
    """

    numbers: dict[str, np.ndarray]
    nearby: np.ndarray
    shift: np.ndarray
    given: np.ndarray
    nothing: np.ndarray


def shadow_certificates(
    shadows: Shadows,
    models: int,
    fractions: Sequence[float],
    solver: Solver,
    pivots: int,
    *,
    relative_delta: float,
) -> ShadowCertificates:
    """Certify that the first ``models`` models forget each of their samples by each fraction of the step.

    Args:
        relative_delta: the given δ, in units of the mean multiplier of θ̃.

    Raises:
        NotSeparableError, SolverError, NotConvergedError: see :mod:`kkt_unlearning.certificates.certificate`.
    """
    M, A = shadows.pool.samples, len(fractions)
    numbers = {name: np.full((models, A, M), np.nan) for name in NUMBERS}
    nearby, shift = np.full((models, M), np.nan), np.full((models, A, M), np.nan)
    given, nothing = np.full_like(shift, np.nan), np.full_like(nearby, np.nan)
    prescribed = np.isclose(fractions, 1.0)
    for k in range(models):
        R, point = np.flatnonzero(shadows.member[k]), shadows.point(k)
        forget_sets = [[i] for i in range(len(R))]
        retained = retained_kkt_points(point, forget_sets, solver, pivots)
        steps = unlearn_all(point, forget_sets, fractions)
        found = certify_all(steps, retained, solver)
        at_delta = given_delta(steps, [relative_delta], solver)
        given[k][:, R], nothing[k, R] = at_delta.epsilon[..., 0].T, at_delta.nothing_epsilon[:, 0]
        for name, values in numbers.items():
            values[k][:, R] = getattr(found, name).T
        W = np.stack([other.W for other in retained])
        margins = shadows.pool.margins(W)[np.arange(len(R)), R]
        nearby[k, R] = margins / np.linalg.norm(W, axis=(1, 2))
        X = point.problem.X
        within = np.array([reach(np.delete(X, i, axis=0), x) for i, x in enumerate(X)])
        rho = np.where(prescribed[:, None], within, np.linalg.norm(X, axis=1))
        shift[k][:, R] = output_shift(rho, found.tau_star.T)
    return ShadowCertificates(numbers, nearby, shift, given, nothing)

"""What an attacker sees: outputs at the samples of the pool, of networks scaled to norm 1."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.attacks.shadows import Shadows
from kkt_unlearning.precision import ROUND_OFF


@dataclass(frozen=True)
class Outputs:
    """Signed margins ``v = y N(θ, x) / ‖θ‖`` of K models at M samples.

    Training leaves the scale of a homogeneous network open, so all are compared at norm 1. For a logistic
    output, ``log(p/(1 − p))`` of the confidence p in the true label is this number up to the scale.

    Attributes:
        trained: of the models as they are, ``(K, M)``.
        unlearned: after model k has forgotten sample r by a fraction α of the step, at sample z, indexed
            ``[k, α, r, z]``; nan where r is not in the model's training set.
        margin: median of ``unlearned`` over the samples that are retained, ``(K, A, M)``: the margin, as
            someone who knows some training samples sees it; nan likewise.
        trained_margin: median of ``trained`` over the training samples, ``(K,)``.
    """

    trained: np.ndarray
    unlearned: np.ndarray
    margin: np.ndarray
    trained_margin: np.ndarray


def outputs(shadows: Shadows, fractions: Sequence[float]) -> Outputs:
    """Outputs before and after every model has forgotten each of its samples, one at a time.

    The step ``W' = W − α λ_r y_r (u ∘ a_r) x_rᵀ`` changes pre-activations and norm in closed form:
    ``P'_jz = P_jz − α λ_r y_r u_j a_jr G_rz`` and
    ``‖W'‖² = ‖W‖² − 2α λ_r q_r + α² λ_r² ‖x_r‖² Σ_j u_j² a_jr²``
    (Euler: ``Σ_j u_j a_jr P_jr = N(θ, x_r)``).

    Args:
        fractions: α, each step as a fraction of the prescribed one.
    """
    K, M, alpha = shadows.models, shadows.pool.samples, np.asarray(fractions, float)
    lengths = np.linalg.norm(shadows.pool.X, axis=1)
    norms = np.linalg.norm(shadows.W, axis=(1, 2))[:, None]
    trained = cleared(shadows.pool.margins(shadows.W) / norms, lengths)
    unlearned = np.full((K, len(alpha), M, M), np.nan)
    margin = np.full((K, len(alpha), M), np.nan)
    for k, S in enumerate(shadows.member):
        R = np.flatnonzero(S)
        unlearned[k][:, R] = cleared(_after(shadows, k, R, alpha), lengths)
        for r in R:
            retained = S & (np.arange(M) != r)
            margin[k, :, r] = np.median(unlearned[k, :, r][:, retained], axis=-1)
    own = np.where(shadows.member, trained, np.nan)
    return Outputs(trained, unlearned, margin, np.nanmedian(own, axis=1))


def cleared(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The values, but 0 where ``|v| ≤ 10⁻¹² ‖x‖``, of the same shape.

    Where no neuron is active at a sample, the output is 0 and not what its sum leaves of 0: such outputs are
    equal, for ranks and histograms, on every machine.

    Args:
        values: outputs at networks of norm 1, at most ``‖x‖`` in size.
        lengths: ``‖x‖``, of a shape that broadcasts.
    """
    return np.where(np.abs(values) <= ROUND_OFF * lengths, 0.0, values)


def _after(shadows: Shadows, k: int, R: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Outputs of model k at all samples after it has forgotten each one of R, ``(A, R, M)``."""
    pool, W, a = shadows.pool, shadows.W[k], shadows.clarke[k][:, R]
    gram, P, forgotten = pool.gram, pool.preactivations(W), shadows.multipliers[k, R]
    force = (forgotten * pool.signs[:, R] * a).T  # (R, n): λ_r y_r u_j a_jr
    change = force[:, :, None] * gram[R][:, None, :]
    margins = pool.margins_at(P - alpha[:, None, None, None] * change)
    q, size = pool.margins(W)[R], gram[R, R] * (force**2).sum(axis=1)
    before = (W**2).sum()
    squared = before - 2 * alpha[:, None] * forgotten * q + alpha[:, None] ** 2 * size
    left = squared > ROUND_OFF * before
    norm = np.sqrt(np.where(left, squared, np.inf))
    return margins / norm[:, :, None]

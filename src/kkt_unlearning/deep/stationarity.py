"""Multipliers by non-negative least squares on per-sample gradients, and the least ε that they leave.

``docs/questions/depth.md``, sections 2 and 4.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.deep.network import DeepNetwork, Evaluation
from kkt_unlearning.deep.weights import Layers, norm, scaled, subtract
from kkt_unlearning.problem import POSITIVE
from kkt_unlearning.quadratic.program import Program
from kkt_unlearning.quadratic.solver import SOLVED, Solver


@dataclass(frozen=True)
class DeepFit:
    """Multipliers and what they leave of the weights; leading axes are the batch.

    Attributes:
        multipliers: ``λ (…, m)``.
        residual: ``‖θ − Σ_i λ_i y_i g_i‖ / ‖θ‖``, shape (…).
    """

    multipliers: np.ndarray
    residual: np.ndarray


def fit_deep(
    at: Evaluation, W: Layers, y: np.ndarray, caps: np.ndarray, solver: Solver | None = None
) -> DeepFit:
    """``min ‖θ − Σ_i λ_i y_i g_i‖`` over ``0 ≤ λ_i ≤ Λ_i``, in Gram form: m unknowns whatever the width.

    Args:
        at: gradients ``g_i``; W: θ; both of one batch.
        caps: ``Λ (…, m)``; 0 leaves a sample out, ∞ is no bound.

    Raises:
        SolverError: a program could not be solved.
    """
    size = norm(W)
    size = np.where(size > 0, size, 1.0)
    # In units in which θ and the longest gradient have norm 1: the solver's tolerance is relative to terms.
    squared = at.squared_norms()
    length = np.sqrt(squared.max(axis=-1))
    length = np.where(length > 0, length, 1.0)
    batch, m = squared.shape[:-1], squared.shape[-1]
    y = np.broadcast_to(y, squared.shape)
    caps = np.broadcast_to(caps, squared.shape) * (length / size)[..., None]
    caps = np.where(caps > SOLVED, caps, 0.0).reshape(-1, m)
    gram = (at.gram() * y[..., :, None] * y[..., None, :] / (length**2)[..., None, None]).reshape(
        -1, m, m
    )
    reward = (y * at.inner(W) / (length * size)[..., None]).reshape(-1, m)
    used = (caps > 0).astype(float)
    ones = used[:, None, :]
    program = Program(
        gram=gram, lower=ones, upper=ones, reward=used * reward, target=0.0 * ones, cap=caps
    )
    found = (solver or Solver()).optimum(program).multipliers.reshape(*batch, m)
    multipliers = found * (size / length)[..., None]
    left = subtract(W, at.combination(multipliers * y))
    return DeepFit(multipliers, norm(left) / size)


@dataclass(frozen=True)
class DeepCertificate:
    """An (ε, δ)-approximate KKT point of the retained problem at the weights themselves (τ = 0).

    Attributes:
        epsilon: least ``‖θ' − Σ_i λ_i y_i g_i‖ / ‖θ'‖``; infinite where a retained margin is not positive.
        delta: ``max_i λ_i (q_i − 1)`` for weights scaled to smallest retained margin 1; infinite likewise.
        relative_delta: ``delta`` over the mean multiplier, ``‖θ'‖²/(K |I|)`` for weights so scaled: at a KKT
            point ``Σ_i λ_i = ‖θ‖²/K``.
        delta_budget: what was allowed to it: what the multipliers before the step leave, carried over; or
            the given share of the mean multiplier.
        separates: whether all retained margins are positive.
    """

    epsilon: np.ndarray
    delta: np.ndarray
    relative_delta: np.ndarray
    delta_budget: np.ndarray
    separates: np.ndarray


def certify_deep(
    network: DeepNetwork,
    at: Evaluation,
    W: Layers,
    y: np.ndarray,
    keep: np.ndarray,
    multipliers: np.ndarray,
    solver: Solver | None = None,
    *,
    relative_delta: float | None = None,
) -> DeepCertificate:
    """``ε*(δ)`` over ``0 ≤ λ_i ≤ δ/(q_i/γ − 1)`` at ``θ'/γ^{1/K}``, ``γ`` the smallest retained margin.

    Scaling θ by c turns multipliers λ into ``c^{2−K} λ``; δ is what ``multipliers``, of θ', leave so scaled.

    Args:
        at: outputs and gradients at ``W``, one batch.
        keep: boolean ``(…, m)``, the retained samples.
        multipliers: ``λ (…, m)`` before the step.
        relative_delta: δ over the mean multiplier, where it is given instead.
    """
    q = y * at.outputs
    smallest = np.where(keep, q, np.inf).min(axis=-1)
    separates = smallest > np.maximum(POSITIVE * np.abs(q).max(axis=-1), 0.0)
    gamma = np.where(separates, smallest, 1.0)
    scale = gamma ** (-1.0 / network.degree)
    factor = (scale ** (2 - network.degree))[..., None]
    excess = q / gamma[..., None] - 1.0
    room = np.where(keep, factor * multipliers * excess, 0.0).max(axis=-1)
    size = np.where(separates, scale * norm(W), 1.0)
    mean = size**2 / (network.degree * keep.sum(axis=-1))
    room = room if relative_delta is None else relative_delta * mean
    budget = np.where(separates, np.maximum(room, 0.0), 0.0)
    slack = np.maximum(excess, 0.0)
    caps = np.divide(budget[..., None], slack, out=np.full(q.shape, np.inf), where=slack > SOLVED)
    caps = np.where(keep & separates[..., None], caps, 0.0)
    feasible = network_scaled(network, at, scale)
    found = fit_deep(feasible, scaled(W, scale), y, caps, solver)
    delta = np.where(keep, found.multipliers * excess, 0.0).max(axis=-1)
    return DeepCertificate(
        epsilon=np.where(separates, found.residual, np.inf),
        delta=np.where(separates, delta, np.inf),
        relative_delta=np.where(separates, delta / mean, np.inf),
        delta_budget=np.where(separates, budget, np.inf),
        separates=separates,
    )


def network_scaled(network: DeepNetwork, at: Evaluation, scale: np.ndarray) -> Evaluation:
    """The evaluation at ``cθ``, ``c (…) > 0``: ``z_l`` grows like ``c^{l−1}``, ``b_l`` like ``c^{K−l}``."""
    degree, c = network.degree, scale[..., None, None]
    inputs = tuple(c**number * z for number, z in enumerate(at.inputs))
    backward = tuple(c ** (degree - 1 - number) * b for number, b in enumerate(at.backward))
    return Evaluation(scale[..., None] ** degree * at.outputs, inputs, backward, at.patterns)

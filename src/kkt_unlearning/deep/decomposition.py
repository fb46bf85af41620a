"""What is left of stationarity after the step, term by term: which step of the argument fails.

``docs/questions/depth.md``, section 6 (statement and proof).
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.deep.network import Evaluation
from kkt_unlearning.deep.weights import Layers, norm, subtract


@dataclass(frozen=True)
class Parts:
    """``θ' − Σ_{i∉R} λ_i y_i g_i(θ') = training + left + cell + flips``: norms over ``‖θ‖``, shape (…).

    Attributes:
        training: ``θ − Σ_i λ_i y_i g_i(θ)``: θ was no KKT point.
        left: ``Σ_{r∈R} λ_r y_r Σ_l (1 − α_l) ∂f(θ, x_r)/∂W_l``: the step took too little or too much.
        cell: ``Σ_{i∉R} λ_i y_i (g_i(θ) − g_i(θ'))`` with the derivatives of the neurons held: gradients move
            with the weights although no activation changes. 0 in a two-layer network.
        flips: the same sum over what is left of the change: derivatives of neurons that changed.
        total: the norm of the sum.
    """

    training: np.ndarray
    left: np.ndarray
    cell: np.ndarray
    flips: np.ndarray
    total: np.ndarray


def decompose(
    W: Layers,
    before: Evaluation,
    held: Evaluation,
    after: Evaluation,
    W_after: Layers,
    y: np.ndarray,
    multipliers: np.ndarray,
    keep: np.ndarray,
    steps: np.ndarray,
) -> Parts:
    """The four terms.

    Args:
        W: θ; before: evaluated there with derivatives A.
        held: evaluated at ``W_after`` with the same A; after: with the network's own derivatives.
        multipliers: ``λ (…, m)`` of all samples; keep: boolean ``(…, m)``, the retained ones.
        steps: ``α (…, K)`` by which each layer went.
    """
    all_terms = multipliers * y
    kept, removed = np.where(keep, all_terms, 0.0), np.where(keep, 0.0, all_terms)
    training = subtract(W, before.combination(all_terms))
    left = tuple(
        (1.0 - steps[..., number, None, None]) * term
        for number, term in enumerate(before.combination(removed))
    )
    there = held.combination(kept)
    cell = subtract(before.combination(kept), there)
    own = after.combination(kept)
    flips = subtract(there, own)
    size = norm(W)
    terms = (training, left, cell, flips, subtract(W_after, own))
    return Parts(*np.broadcast_arrays(*(norm(term) / size for term in terms)))

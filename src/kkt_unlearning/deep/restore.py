"""The restored deep network θ̃: put back, layer by layer, into the closed cell that the step left.

``docs/questions/depth.md``, section 4.
"""

import numpy as np

from kkt_unlearning.certificates.restore import into_cell
from kkt_unlearning.deep.weights import Layers


def restore_layers(W: Layers, X: np.ndarray, patterns: Layers, keep: np.ndarray) -> Layers:
    """For l = 1 … K: the least change of ``W_l`` with all retained pre-activations on the side of ``A_l``.

    Where the derivative ``A_l`` is strictly between 0 and 1 the neuron is put on its kink, and so is one that
    the step carried across 0. Inputs of layer l are those that the restored layers below give, so each
    layer is a projection of its rows, as in a network of two layers.

    Args:
        W: ``W_1 (…, n, k)`` and ``W_l (…, n, n)``.
        X: samples ``(m, k)`` of one data set.
        patterns: derivatives ``A_l (m, n)`` before the step.
        keep: boolean ``(…, m)``, the retained samples; the others are let cross.

    Returns:
        Weights at which ``A_l P_l = σ(P_l)`` for the retained samples, up to round-off.
    """
    batch = W[0].shape[:-2]
    keep = np.broadcast_to(keep, (*batch, len(X))).reshape(-1, len(X))
    inputs, found = X, []
    for layer, derivatives in zip(W, patterns, strict=True):
        A = derivatives.T
        kinks = (A > 0) & (A < 1)
        rows = layer.reshape(-1, *layer.shape[-2:])
        if inputs.ndim == 2:  # the first layer of all networks of the batch sees the same samples
            back = into_cell(inputs, rows, A, kinks, keep).W
        else:
            each = zip(rows, inputs, keep, strict=True)
            back = np.stack([into_cell(Z, w, A, kinks, k).W for w, Z, k in each])
        found.append(back.reshape(*batch, *back.shape[-2:]))
        P = inputs @ back.swapaxes(-1, -2)
        inputs = derivatives * P
    return tuple(found)

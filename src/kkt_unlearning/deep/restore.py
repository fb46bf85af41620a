"""The restored deep network θ̃: put back, layer by layer, into the closed cell that the step left.

``docs/questions/depth.md``, section 4.
"""

import numpy as np

from kkt_unlearning.certificates.restore import restore as restore_layer
from kkt_unlearning.deep.network import DeepNetwork
from kkt_unlearning.deep.weights import Layers
from kkt_unlearning.networks.two_layer import TwoLayer
from kkt_unlearning.problem import Problem


def restore(
    network: DeepNetwork,
    W: Layers,
    X: np.ndarray,
    y: np.ndarray,
    patterns: Layers,
    keep: np.ndarray,
) -> Layers:
    """For l = 1 … K: the least change of ``W_l`` with all retained pre-activations on the side of ``A_l``.

    Where the derivative ``A_l`` is strictly between 0 and 1 the neuron is put on its kink, and so is one that
    the step carried across 0. Inputs of layer l are those that the restored layers below give, so each
    layer is a projection of its rows, as in a network of two layers.

    Args:
        W: ``W_1 (…, n, k)`` and ``W_l (…, n, n)``.
        X, y: one data set, ``(m, k)`` and ``(m,)``.
        patterns: derivatives ``A_l (m, n)`` before the step.
        keep: boolean ``(…, m)``, the retained samples; the others are let cross.

    Returns:
        Weights at which ``A_l P_l = σ(P_l)`` for the retained samples, up to round-off.
    """
    batch = W[0].shape[:-2]
    keep = np.broadcast_to(keep, (*batch, len(y))).reshape(-1, len(y))
    model, inputs, found = TwoLayer(network.width), X, []
    for layer, derivatives in zip(W, patterns, strict=True):
        A = derivatives.T
        kinks = (A > 0) & (A < 1)
        rows = layer.reshape(-1, *layer.shape[-2:])
        if inputs.ndim == 2:  # the first layer of all networks of the batch sees the same samples
            back = restore_layer(Problem(model, inputs, y), rows, A, kinks, keep).W
        else:
            each = zip(rows, inputs, keep, strict=True)
            back = np.stack(
                [restore_layer(Problem(model, Z, y), w, A, kinks, k).W for w, Z, k in each]
            )
        found.append(back.reshape(*batch, *back.shape[-2:]))
        P = inputs @ back.swapaxes(-1, -2)
        inputs = derivatives * P
    return tuple(found)

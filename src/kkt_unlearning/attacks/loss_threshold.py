"""The attack on the loss: members have a small one."""

import numpy as np

from kkt_unlearning.training.losses import LOSSES


def score(margins: np.ndarray, loss: str) -> np.ndarray:
    """``−log ℓ(q)`` of margins ``q = y N(θ, x)``, any shape: one threshold for all samples.

    Both losses fall with q, so its ROC curve is that of the signed margin itself.
    """
    return -LOSSES[loss].log_value(margins)

"""Whether a hyperplane through the origin separates two classes."""

import numpy as np

from kkt_unlearning.quadratic.hard_margin import hard_margin

# A margin of samples of length 1 below which classes count as not separable: what linear programs make out.
_LEAST_MARGIN = 1e-9


def linearly_separable(X: np.ndarray, y: np.ndarray) -> bool:
    """Whether some w of length 1 has ``y_i ⟨w, x_i⟩ > 1e-9 ‖x_i‖`` for all i.

    There is no bias term, and the lengths of the samples do not matter. The max-margin weights decide: a
    small margin of theirs is the largest that there is.

    Args:
        X: features of one data set, ``(m, d)``.
        y: labels ±1, ``(m,)``.

    Returns:
        True if the linear max-margin problem is feasible; otherwise the linear model has no KKT point.
    """
    lengths = np.linalg.norm(X, axis=1, keepdims=True)
    if not lengths.all():
        return False
    units = X / lengths
    w = hard_margin(units, y).w
    return bool((y * (units @ w)).min() > _LEAST_MARGIN * np.linalg.norm(w))

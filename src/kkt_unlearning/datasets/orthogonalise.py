"""Data made more orthogonal while everything else about them stays: what if Assumption 2.3 held?"""

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.errors import DataError


def orthogonalise(dataset: Dataset, mixing: float) -> Dataset:
    """``x_i ↦ (√t x_i, √(1−t) ‖x_i‖ e_i)``: all inner products between points times ``t``.

    The Gram matrix becomes ``G_t = (1−t) diag(G) + t G``: norms, labels and the signs and ratios of
    inner products stay, ``φ_t = tφ``, and for ``t < 1`` the points are linearly independent.

    A fresh point becomes ``(√t x, √(1−t) ‖x‖ e)`` with one more unit vector ``e``, which no
    training point has a part in: ``⟨x_i, x⟩`` is multiplied by ``t`` too. A network in the span of
    the training points therefore predicts for it what its first ``d`` coordinates predict for ``x``,
    times ``√t``, so accuracy keeps its meaning (docs/questions/natural.md).

    Args:
        dataset: ``S`` data sets of ``m`` points in ``R^d``.
        mixing: ``t`` in ``[0, 1]``; 1 leaves the data as they are, at 0 all points are orthogonal,
            the fresh ones too, so that networks answer 0 to them.

    Returns:
        Data set in ``R^(d + m + 1)``, or the same object for ``t = 1``.

    Raises:
        DataError: ``t`` is outside ``[0, 1]``.
    """
    check_mixing(mixing)
    if mixing == 1:
        return dataset
    own = np.broadcast_to(np.eye(dataset.samples), (dataset.replicates, *[dataset.samples] * 2))
    common = np.ones((*dataset.y_fresh.shape, 1))
    return Dataset(
        _lifted(dataset.X, own, mixing, zeros_after=1),
        dataset.y,
        _lifted(dataset.X_fresh, common, mixing, zeros_before=dataset.samples),
        dataset.y_fresh,
    )


def check_mixing(mixing: float) -> None:
    """Check that ``t`` lies in ``[0, 1]``.

    Raises:
        DataError: it does not.
    """
    if isinstance(mixing, bool) or not isinstance(mixing, int | float) or not 0 <= mixing <= 1:
        raise DataError(
            f"mixing is {mixing!r}, but must be a number between 0 and 1: choose 1 for the data as "
            "they are, less for more orthogonal data."
        )


def _lifted(
    X: np.ndarray, own: np.ndarray, mixing: float, zeros_before: int = 0, zeros_after: int = 0
) -> np.ndarray:
    norms = np.linalg.norm(X, axis=-1, keepdims=True)
    before, after = (np.zeros((*X.shape[:2], size)) for size in (zeros_before, zeros_after))
    parts = [np.sqrt(mixing) * X, before, np.sqrt(1 - mixing) * norms * own, after]
    return np.concatenate(parts, axis=-1)

"""Features of rows of numbers, scaled by the rows that no network is trained on.

Scaled by the training samples, the features of every retained sample would change with the sample that is
forgotten, and no step on the weights could take that back. Centring by the mean of the training samples
also makes them linearly dependent, so that their Gram matrix cannot be diagonally dominant
whatever the data are (docs/questions/natural.md).
"""

import numpy as np

from kkt_unlearning.datasets.two_classes import Features, TrainAndFresh


def standardised(rows: np.ndarray) -> Features:
    """``x_k = (p_k - p̄_k)/s_k``, mean and standard deviation over the rows left over.

    Args:
        rows: all rows of both classes, ``(N, d)``.

    Returns:
        Features of rows by number; a feature that is constant on the rows left over is not divided.
    """

    def features(train: np.ndarray, fresh: np.ndarray, left: np.ndarray) -> TrainAndFresh:
        deviation = rows[left].std(axis=0)
        scale = np.where(deviation > 0, deviation, 1.0)
        mean = rows[left].mean(axis=0)
        return (rows[train] - mean) / scale, (rows[fresh] - mean) / scale

    return features


def centred(rows: np.ndarray) -> Features:
    """``x = p - p̄``, mean over the rows left over; ``rows`` as in `standardised`."""

    def features(train: np.ndarray, fresh: np.ndarray, left: np.ndarray) -> TrainAndFresh:
        mean = rows[left].mean(axis=0)
        return rows[train] - mean, rows[fresh] - mean

    return features

"""U-LiRA: the likelihood-ratio attack on one sample, with shadow models of its own."""

import numpy as np

from kkt_unlearning.quadratic.solver import SOLVED


def log_ratio(targets: np.ndarray, members: np.ndarray, others: np.ndarray) -> np.ndarray:
    """``log N(v; μ₁, σ₁²) − log N(v; μ₀, σ₀²)``, one Gaussian fitted to each side, per column.

    ``v`` is the logit-scaled confidence ``log(p/(1 − p))`` of the target model in the true label. For a
    logistic output ``p = 1/(1 + e^{−q})`` that is the signed margin q itself.

    Args:
        targets: values ``(…, M)`` of the target models, one column a sample.
        members: ``(N, M)``, of models trained with the sample, then unlearned.
        others: ``(N', M)``, of models never trained on it.

    Source: Hayes et al. (arXiv 2403.01218).
    """
    size = max(float(np.abs(values).max()) for values in (members, others))
    return _log_density(targets, members, size) - _log_density(targets, others, size)


def _log_density(v: np.ndarray, fitted: np.ndarray, size: float) -> np.ndarray:
    # equal values differ by what the programs behind them leave
    sigma = np.maximum(fitted.std(axis=0, ddof=1), SOLVED * max(size, np.finfo(float).tiny))
    return -0.5 * ((v - fitted.mean(axis=0)) / sigma) ** 2 - np.log(sigma)


def cross_fitted(members: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """:func:`log_ratio` of the models of each fold by Gaussians fitted to all other folds.

    No target is among its own shadows, and all targets of a fold meet the same fit. If members and others
    have one law, their scores within a fold therefore have one law too, and the expected AUC within a fold
    is ½ exactly. (Leaving out each target alone would give less: its own side's mean moves away from it.)

    Args:
        members: ``(F, N, M)``: folds, models, samples; others: ``(F, N', M)``.

    Returns:
        the scores of both, of the same shapes.
    """
    scores = [np.empty_like(members), np.empty_like(others)]
    for f in range(len(members)):
        fits = [_without(values, f) for values in (members, others)]
        for score, values in zip(scores, (members, others), strict=True):
            score[f] = log_ratio(values[f], *fits)
    return scores[0], scores[1]


def _without(values: np.ndarray, f: int) -> np.ndarray:
    return np.delete(values, f, axis=0).reshape(-1, values.shape[-1])

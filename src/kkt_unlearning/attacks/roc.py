"""How well a score tells members from others: area under the ROC curve, true positives at a fixed rate."""

import numpy as np

from kkt_unlearning.quadratic.solver import SOLVED

_WHOLE = 1e-9  # what a rate times a count may lack of a whole number: ε of it, for counts below 4 million


def auc(members: np.ndarray, others: np.ndarray) -> np.ndarray:
    """``P(s_member > s_other) + ½ P(s_member = s_other)``, the area under the ROC curve, (…,).

    By ranks (Mann & Whitney): ``(Σ ranks of the members − n(n + 1)/2) / (n k)``, ties at their mean rank.
    Scores that differ by round-off are ties (:func:`levels`).

    Args:
        members: scores ``(…, n)``; others: ``(…, k)``.
    """
    from scipy.stats import rankdata  # slow to load, and no other score needs it

    n, k = members.shape[-1], others.shape[-1]
    ranks = rankdata(levels(np.concatenate([members, others], axis=-1)), axis=-1)
    return (ranks[..., :n].sum(axis=-1) - n * (n + 1) / 2) / (n * k)


def tpr_at(members: np.ndarray, others: np.ndarray, fpr: float) -> np.ndarray:
    """The largest true-positive rate of a threshold whose false-positive rate is at most ``fpr``, (…,).

    Scores that differ by round-off are equal (:func:`levels`).
    With k others ``⌊fpr · k⌋`` false positives are allowed; for fewer than 1/fpr others none is.

    Args:
        members: scores ``(…, n)``; others: ``(…, k)``.
    """
    k, n = others.shape[-1], members.shape[-1]
    both = levels(np.concatenate([members, others], axis=-1))
    members, others = both[..., :n], both[..., n:]
    allowed = int(np.floor(fpr * k + _WHOLE))  # 0.1 · 30 is 3
    if allowed >= k:
        return np.ones(members.shape[:-1])
    highest_barred = -np.sort(-others, axis=-1)[..., allowed]
    return (members > highest_barred[..., None]).mean(axis=-1)


def levels(scores: np.ndarray) -> np.ndarray:
    """Numbers 0, 1, … in the order of the scores ``(…, n)``, equal where scores differ by round-off.

    Models trained on the same samples, or without an active neuron at a sample, give the same output but for
    its last digits. Ranks of these would be chance, another on every machine. A level ends where the
    next score is more than ``10⁻⁹ max(1, |s|)`` away, the accuracy of the programs that models are solved
    with; nan stays nan. Measured in the replication: scores are within 3e-15 or more than 4e-9 apart.
    """
    order = np.argsort(scores, axis=-1)
    ordered = np.take_along_axis(scores, order, axis=-1)
    size = np.maximum(np.abs(ordered[..., 1:]), np.abs(ordered[..., :-1]))
    with np.errstate(invalid="ignore"):  # of two infinite ones
        apart = np.diff(ordered, axis=-1) > SOLVED * np.maximum(size, 1.0)
    apart |= np.isinf(size) & (ordered[..., 1:] != ordered[..., :-1])
    first = np.zeros((*scores.shape[:-1], 1))
    found = np.empty(scores.shape)
    climbed = np.concatenate([first, np.cumsum(apart, axis=-1)], axis=-1)
    np.put_along_axis(found, order, climbed, axis=-1)
    return np.where(np.isnan(scores), np.nan, found)

"""How well a score tells members from others: area under the ROC curve, true positives at a fixed rate."""

import numpy as np
from scipy.stats import rankdata


def auc(members: np.ndarray, others: np.ndarray) -> np.ndarray:
    """``P(s_member > s_other) + ½ P(s_member = s_other)``, the area under the ROC curve, (…,).

    By ranks (Mann & Whitney): ``(Σ ranks of the members − n(n + 1)/2) / (n k)``, ties at their mean rank.

    Args:
        members: scores ``(…, n)``; others: ``(…, k)``.
    """
    n, k = members.shape[-1], others.shape[-1]
    ranks = rankdata(np.concatenate([members, others], axis=-1), axis=-1)
    return (ranks[..., :n].sum(axis=-1) - n * (n + 1) / 2) / (n * k)


def tpr_at(members: np.ndarray, others: np.ndarray, fpr: float) -> np.ndarray:
    """The largest true-positive rate of a threshold whose false-positive rate is at most ``fpr``, (…,).

    With k others ``⌊fpr · k⌋`` false positives are allowed; for fewer than 1/fpr others none is.

    Args:
        members: scores ``(…, n)``; others: ``(…, k)``.
    """
    k = others.shape[-1]
    allowed = int(np.floor(fpr * k + 1e-9))  # 0.1 · 30 is 3
    if allowed >= k:
        return np.ones(members.shape[:-1])
    highest_barred = -np.sort(-others, axis=-1)[..., allowed]
    return (members > highest_barred[..., None]).mean(axis=-1)

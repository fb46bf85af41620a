"""The share of data sets that are nearly orthogonal, so that the theory holds without a further condition."""

import numpy as np

from kkt_unlearning.studies.summary import Table, crowding, from_records, groups

ORTHOGONAL, SUPPORT = "orthogonal", "support"
# (m − 1)φ/(1 − ψ) below these: the Gram matrix is diagonally dominant (c₀ > 0); all samples have a multiplier
# (docs/theory.md, corollary 6.6).
LEVELS = {ORTHOGONAL: 1.0, SUPPORT: 0.5}
SAFE = 24.0  # of d/(m² log m): there P(φ ≥ 1/m) ≤ m⁻⁴ and P(ψ ≥ 1/m) ≤ 2m⁻² (docs/theory.md, section 8)


def room(samples: np.ndarray, dimension: np.ndarray) -> np.ndarray:
    """``d/(m² log m)``, infinite for one sample."""
    m = np.asarray(samples, float)
    scale = m**2 * np.log(m)
    return np.divide(dimension, scale, out=np.full_like(m, np.inf), where=scale > 0)


def shares(dataset: Table) -> dict[str, np.ndarray]:
    """Shares of the data sets of each setting below each level, and its m and d.

    Where m is not swept it is the largest rank: that of samples in general position, no more than d of them.
    """
    names, found = list(dataset), []
    by = names[names.index("experiment") : names.index("seed")]  # and what is swept
    for _, group in groups(dataset, *by):
        m = int(group["samples" if "samples" in names else "rank"].max())
        below = (crowding(group, m)[:, None] < list(LEVELS.values())).mean(axis=0)
        found.append((m, float(group["dimension"][0]), *below.tolist()))
    return from_records(["samples", "dimension", *LEVELS], found)

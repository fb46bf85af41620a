"""The margin attack on a KKT point."""

import numpy as np


def score(outputs: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """``−| |N(θ, x)| / γ − 1 |``: 0 for a sample on the margin γ, negative away from it.

    At a KKT point training samples of positive multiplier lie on the margin, while fresh samples that are
    nearly orthogonal to all others have outputs near 0. Labels are not needed.

    Args:
        outputs: ``N(θ, x)`` up to the sign, any shape; margin: γ, of a shape that broadcasts.

    Source: the statistic of arXiv 2410.07632 (Theorem 4.2), which knows γ or one training sample.
    """
    return -np.abs(np.abs(outputs) / margin - 1.0)

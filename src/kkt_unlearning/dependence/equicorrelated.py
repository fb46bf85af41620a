"""Forgetting one of m equicorrelated samples: the linear model in closed form.

``docs/theory.md``, section 8. Unit samples with inner products ρ, as many of either label (m even): the limit
of :mod:`kkt_unlearning.datasets.equicorrelated` for large d.
"""

import numpy as np

Values = float | np.ndarray


def explained(samples: float, correlation: Values) -> Values:
    """``‖Πx_r‖² = (m − 1)ρ² / (1 + (m − 2)ρ)``, Π on the span of the other samples; any labels."""
    m, rho = samples, correlation
    return (m - 1) * rho**2 / (1 + (m - 2) * rho)


def retrained_distance(samples: float, correlation: Values) -> Values:
    """``1 − cos(w', w*)`` between the unlearned and the retrained model.

    ``sin² = ρ² m(m − 2) / (((1 − ρ)(m − 1) + ρ)((m − 1)(1 + (m − 2)ρ) − ρ))``.
    """
    m, rho = samples, correlation
    norms = ((1 - rho) * (m - 1) + rho) * ((m - 1) * (1 + (m - 2) * rho) - rho)
    sine = rho**2 * m * (m - 2) / norms
    # 1 − √(1 − s) without the loss of digits at small s.
    return sine / (1 + np.sqrt(1 - sine))

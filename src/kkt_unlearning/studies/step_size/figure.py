"""The certificate against the step as a fraction of the prescribed one: the paper's Figure 1, and more."""

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.studies import steps
from kkt_unlearning.studies.summary import Table


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε, δ, τ and their bounds against the fraction α of the prescribed step, one column a network.

    Args:
        table: evaluation rows with several fractions.

    Returns:
        The figure, and the medians and bands that it shows.
    """
    return steps.draw(table)

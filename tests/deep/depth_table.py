"""A small table of the measure depth in which the truth is known."""

import itertools

import numpy as np
from result_tables import columns

QUANTITIES = (
    *("epsilon", "epsilon_autograd", "epsilon_orthogonal", "delta", "tau", "part_training"),
    *("part_left", "part_cell", "part_flips", "part_total", "input_cosine", "class_cosine"),
    *("residual", "residual_autograd", "margin_same", "margin_other", "margin_forgotten"),
    *("distance_retrained", "distance_retrained_original", "distance_continued"),
    *("distance_continued_original", "multiplier_error"),
    *("relative_delta", "epsilon_at_0.1", "nothing_at_0.1", "nothing_tau"),
)


def depth_table(
    dimensions=(100, 1000, 10000),
    fractions=(0.5, 1.0, 1.5),
    networks=("deep2", "deep3", "deep4"),
    **rules,
):
    """Every number is 0.1 unless a function of the row is given for it."""
    rows = []
    for network, d, seed, layers, a in itertools.product(
        networks, dimensions, range(2), ("equal", "halved"), fractions
    ):
        if network == "deep2" and layers == "halved":
            continue
        row = {"network": network, "dimension": d, "seed": seed, "layers": layers, "fraction": a}
        row |= dict.fromkeys(QUANTITIES, 0.1) | {"phi": d**-0.5, "outcome": "separating"}
        rows.append(row | {name: rule(row) for name, rule in rules.items()})
    return {name: np.asarray(column) for name, column in columns(rows).items()}

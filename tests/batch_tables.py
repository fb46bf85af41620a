"""Small synthetic tables of batches and streams with known truth, in the columns of the pipeline."""

import itertools

import numpy as np

CHOICES = ("random", "correlated", "multipliers", "coupled")
VARIANTS = ("kept", "reestimated_autograd", "reestimated_clarke", "resolved")
NUMBERS = (
    *("epsilon", "epsilon_clarke", "epsilon_bound", "restored_bound", "delta", "delta_budget"),
    *(
        "relative_delta",
        "delta_bound",
        "tau",
        "tau_star",
        "distance_original",
        "kappa",
        "margin_change",
    ),
    *("epsilon_at_0.1", "nothing_at_0.1", "nothing_tau"),
)
STREAM_NUMBERS = (*("epsilon", "delta", "tau", "tau_star", "difference_batch", "multiplier_ratio"),)
SETTINGS = ((50, "linear"), (50, "two_layer"), (1000, "linear"), (1000, "two_layer"))


def columns(rows):
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def batches(samples=12, seeds=2, starts=("exact", "trained"), **overrides):
    """Every number is 0.1 unless a function of the row is given for it."""
    rows = []
    for (d, network), start, seed, choice, k in itertools.product(
        SETTINGS, starts, range(seeds), CHOICES, range(1, samples - 1)
    ):
        row = {"experiment": "batch", "dimension": d, "network": network, "start": start}
        row |= {"seed": seed, "samples": samples, "choice": choice, "draw": 0, "forget_size": k}
        row |= {"fraction": 1.0, "outcome": "separating"} | dict.fromkeys(NUMBERS, 0.1)
        rows.append(row | {name: rule(row) for name, rule in overrides.items()})
    return columns(rows)


def streams(samples=12, seeds=2, **overrides):
    """Every number is 0.1 unless a function of the row is given for it."""
    rows = []
    for (d, network), seed, variant, k in itertools.product(
        SETTINGS, range(seeds), VARIANTS, range(1, samples - 1)
    ):
        row = {"experiment": "batch", "dimension": d, "network": network, "seed": seed}
        row |= {"samples": samples, "draw": 0, "variant": variant, "deletions": k}
        row |= dict.fromkeys(STREAM_NUMBERS, 0.1)
        rows.append(row | {name: rule(row) for name, rule in overrides.items()})
    return columns(rows)

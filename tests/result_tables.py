"""Small synthetic tables with known truth, in the columns of the pipeline."""

import itertools

import numpy as np

FRACTIONS = (0.0, 0.5, 1.0, 1.5, 2.0)
NUMBERS = (
    *("epsilon_autograd", "epsilon_clarke", "epsilon", "epsilon_bound", "restored_bound"),
    *("delta", "delta_budget", "delta_bound", "tau", "tau_star", "kappa", "flip_term"),
    *("distance_retrained", "distance_retrained_original", "margin_change", "smallest_margin"),
    *("flips", "accuracy_original", "accuracy_unlearned", "accuracy_retrained", "psi", "phi"),
)


def columns(rows):
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def evaluation(
    values=(np.nan,), fractions=(1.0,), starts=("exact",), seeds=3, along="dimension", **overrides
):
    """Every number is 0.1 unless a function of (value, fraction, seed, network) is given for it.

    ``values`` are those of the swept parameter ``along``.
    """
    rows = []
    for value, network, start, seed, fraction in itertools.product(
        values, ("linear", "two_layer"), starts, range(seeds), fractions
    ):
        row = {along: value, "network": network, "start": start, "seed": seed, "forget": 0}
        row |= {"fraction": fraction, "outcome": "certified"} | dict.fromkeys(NUMBERS, 0.1)
        case = {"value": value, "fraction": fraction, "seed": seed, "network": network}
        rows.append(row | {name: rule(case) for name, rule in overrides.items()})
    return columns(rows)


def dataset(values=(np.nan,), seeds=3, along="dimension"):
    return columns(
        [
            {along: v, "seed": s, "psi": 0.0, "phi": 0.1, "gram_condition": 2.0}
            for v in values
            for s in range(seeds)
        ]
    )


def multipliers(orthogonal=1.1, seeds=2):
    exact = (2.0, 1.0, 0.0)
    rows = []
    for network, seed, sample in itertools.product(("linear", "two_layer"), range(seeds), range(3)):
        row = {"experiment": "step_size", "network": network, "seed": seed, "sample": sample}
        row |= {"exact": exact[sample], "least_squares": exact[sample] + 0.02}
        rows.append(row | {"loss_gradient": exact[sample], "orthogonal": orthogonal})
    return columns(rows)


def stationarity(seeds=2):
    names = "residual_autograd residual_clarke distance_exact snap_distance"
    rows = []
    for descent, seed, step in itertools.product(
        ("normalised", "constant"), range(seeds), (10, 100, 1000)
    ):
        row = {"network": "two_layer", "descent": descent, "seed": seed, "step": step}
        row |= {name: 1.0 / step for name in names.split()}
        row |= {"residual_autograd": 0.2, "kink_fraction": 0.2, "normalised_margin": 0.1}
        rows.append(row)
    return columns(rows)

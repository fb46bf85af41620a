"""Tables of attacks and of KLoM with known truth, in the columns of the pipeline."""

import itertools

import numpy as np
from result_tables import columns

D = (100.0, 10000.0)
FRACTIONS = (0.0, 0.9, 1.0, 1.5)
CERTIFICATE = ("epsilon_autograd", "epsilon", "delta", "tau")


def attacks(dimensions=D, fractions=FRACTIONS, samples=4, seeds=2, **overrides):
    """AUC ½ + |α − 1|/2 for every attack, τ* of 0.1 |α − 1|, the control at ½ ± 0.1; or as functions say."""
    rows = []
    for d, network, seed, sample in itertools.product(
        dimensions, ("linear", "narrow"), range(seeds), range(samples)
    ):
        alike = 0.5 + 0.1 * (-1) ** sample
        kinds = [("unlearned", f, 0.5 + min(abs(f - 1), 1) / 2) for f in fractions]
        for (models, fraction, auc), attack in itertools.product(
            [*kinds, ("control", np.nan, alike)], ("margin", "loss_threshold", "u_lira")
        ):
            case = {"dimension": d, "network": network, "fraction": fraction, "attack": attack}
            row = {"experiment": "membership", **case, "seed": seed, "models": models}
            row |= {"sample": sample, "auc": auc, "tpr_1": auc, "tpr_10": auc, "auc_nothing": 1.0}
            row |= dict.fromkeys(CERTIFICATE, 0.1) | {"tau_star": 0.1 * abs(fraction - 1)}
            row |= {"auc_bounded": auc, "auc_low": auc - 0.1, "auc_high": auc + 0.1}
            row |= {"shift_bound": 0.1 * abs(fraction - 1), "spread": 0.1}
            rows.append(row | {name: rule(case | row) for name, rule in overrides.items()})
    return columns(rows)


def klom(dimensions=D, fractions=FRACTIONS, samples=4, **overrides):
    """0.6 where the noise has a mean of 0.3 and a 95th percentile of 0.5."""
    rows = []
    for d, network, fraction, kind, sample in itertools.product(
        dimensions, ("linear", "narrow"), fractions, ("forget", "retain", "fresh"), range(samples)
    ):
        row = {"experiment": "membership", "dimension": d, "network": network, "seed": 0}
        row |= {"fraction": fraction, "set": kind, "sample": sample, "models": 100}
        row |= {
            "klom": 0.6,
            "klom_nothing": 9.0,
            "noise_mean": 0.3,
            "noise_p95": 0.5,
            "outcome": "measured",
        }
        rows.append(row | {name: rule(row) for name, rule in overrides.items()})
    return columns(rows)

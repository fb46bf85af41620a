"""Small synthetic tables with known truth, in the columns of the pipeline."""

import itertools

import numpy as np

FRACTIONS = (0.0, 0.5, 1.0, 1.5, 2.0)
NUMBERS = (
    *("epsilon_autograd", "epsilon_clarke", "epsilon", "epsilon_bound", "restored_bound"),
    *("delta", "relative_delta", "delta_budget", "delta_bound"),
    *("tau", "tau_star", "kappa", "flip_term", "nothing_tau"),
    *("epsilon_at_0.03", "epsilon_at_0.1", "epsilon_at_0.3"),
    *("nothing_at_0.03", "nothing_at_0.1", "nothing_at_0.3"),
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
        row |= {"fraction": fraction, "outcome": "separating"} | dict.fromkeys(NUMBERS, 0.1)
        case = {"value": value, "fraction": fraction, "seed": seed, "network": network}
        rows.append(row | {name: rule(case) for name, rule in overrides.items()})
    return columns(rows)


def dataset(values=(np.nan,), seeds=3, along="dimension"):
    return columns(
        [
            {along: v, "seed": s, "psi": 0.0, "phi": 0.1, "gram_condition": 2.0, "rank": 10}
            for v in values
            for s in range(seeds)
        ]
    )


def mixture(dimensions=(1000,), separations=(0.0,), seeds=3, **overrides):
    """Certificates over dimensions and separations; functions see both, and the seed and the network."""
    parts = []
    for alpha in separations:
        rules = {
            name: lambda case, rule=rule, alpha=alpha: rule(case | {"separation": alpha})
            for name, rule in overrides.items()
        }
        part = evaluation(dimensions, seeds=seeds, **rules)
        parts.append({"separation": np.full(len(part["seed"]), alpha)} | part)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


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


def flip_counts(values=(100, 1000, 10000), seeds=3):
    names = "kink_on kink_off off_on on_off opposed_off_on predicted_off_on put_back added left"
    rows = []
    for d, seed in itertools.product(values, range(seeds)):
        row = {
            "experiment": "flips",
            "dimension": d,
            "network": "two_layer",
            "training": "normalised",
        }
        row |= {"seed": seed, "forget": "0", "entries": 100, "kinks": 30, "share": 0.2}
        row |= {"tau_star": 0.01 * (1 + seed), "tau_star_bound": 0.1, "pivots": min(seed, 1)}
        row |= {"distance_original": 0.05}
        counts = dict.fromkeys(names.split(), 5 + seed) | {"supporting_on": seed}
        rows.append(row | counts)
    return columns(rows)


def trained_in_steps(sizes=(0.1, 1.0, 10.0)):
    parts = []
    for size in sizes:
        part = flip_counts((1000,))
        del part["dimension"]
        count = len(part["seed"])
        extra = {"training_step": np.full(count, size), "turned_in_training": np.full(count, 0.3)}
        parts.append(part | extra)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def surface(values=(100, 1000, 10000), seeds=3, epsilon=lambda delta, tau: 0.5 - 0.4 * tau):
    rows = []
    shares = itertools.product(values, range(seeds), (0.0, 0.1, 1.0), (0.0, 0.1, 0.5, 1.0))
    for d, seed, delta, tau in shares:
        row = {
            "experiment": "flips",
            "dimension": d,
            "network": "two_layer",
            "training": "normalised",
        }
        row |= {"seed": seed, "forget": "0", "delta_share": delta, "tau_share": tau}
        row |= {"epsilon": epsilon(delta, tau), "delta_star": 0.4, "tau_star": 0.01}
        row |= {"nothing_epsilon": 0.3 - 0.1 * delta}
        rows.append(row | {"delta": 0.4 * delta, "tau": 0.01 * tau, "tau_restored": 1e-4})
    return columns(rows)


def convergence(seeds=2, fitted_from=1):
    rows = []
    trainings = itertools.product(("exponential", "logistic"), ("normalised", "constant"))
    for (loss, descent), agent, seed, step in itertools.product(
        trainings, ("exact", "clarke"), range(seeds), (1, 10, 100, 1000)
    ):
        row = {"training": f"{loss}_{descent}", "loss": loss, "descent": descent, "agent": agent}
        row |= {"seed": seed, "forget": "0", "step": step, "minus_log_loss": 0.1 * step - 1}
        number = 1.0 / step if step >= fitted_from else np.inf
        row |= {"epsilon": number, "tau_star": number, "holds": step >= 100}
        rows.append(row | {"epsilon_level": 0.03, "tau_level": 0.005})
    return columns(rows)

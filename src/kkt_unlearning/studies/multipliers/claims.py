"""Estimates of the multipliers against the exact dual, and cvxpy's dual values against the polished ones."""

import numpy as np

from kkt_unlearning.studies.claim import CHECK, OURS, Tables, Thresholds, claim, largest
from kkt_unlearning.studies.summary import Table, median, places


def _estimate_error(table: Table, name: str) -> float:
    """Median over replicates of ``max |λ̂_i − λ_i| / max λ_i``, in the worse of the networks."""
    worst: dict[str, list[float]] = {}
    off, exact = np.abs(table[name] - table["exact"]), table["exact"]
    for (network, _), found in places(table, "network", "seed"):
        error = off[found].max() / exact[found].max()
        worst.setdefault(network, []).append(float(error))
    return largest([median(np.array(errors)) for errors in worst.values()])


@claim(
    "The multiplier, and so the step, can be read off the running loss gradients.",
    OURS.at("docs/theory.md, section 7 (c)"),
    "median of the largest error of a replicate over its largest λ, worse of the networks",
    "at_most",
    "multipliers",
    "step_size.multipliers",
)
def multipliers_loss_gradient(tables: Tables, _: Thresholds) -> float:
    return _estimate_error(tables["step_size.multipliers"], "loss_gradient")


@claim(
    "The multiplier can be read off the trained weights by non-negative least squares.",
    OURS.at("docs/theory.md, section 7 (b)"),
    "median of the largest error of a replicate over its largest λ, worse of the networks",
    "at_most",
    "multipliers",
    "step_size.multipliers",
)
def multipliers_least_squares(tables: Tables, _: Thresholds) -> float:
    return _estimate_error(tables["step_size.multipliers"], "least_squares")


@claim(
    "On near-orthogonal data the multipliers are close to their closed form for orthogonal data.",
    OURS.at("docs/theory.md, section 7 (d)"),
    "median of the largest error of a replicate over its largest λ, worse of the networks",
    "at_most",
    "multipliers",
    "step_size.multipliers",
)
def multipliers_orthogonal(tables: Tables, _: Thresholds) -> float:
    return _estimate_error(tables["step_size.multipliers"], "orthogonal")


@claim(
    "cvxpy's dual values of the max-margin problem are the polished multipliers.",
    CHECK.at("docs/theory.md, section 5.7"),
    "largest difference of a network over its largest λ, up to a power of ten, wherever cvxpy was asked",
    "at_most",
    "",
)
def multipliers_by_cvxpy(tables: Tables, _: Thresholds) -> float:
    errors = [table["cvxpy_error"] for table in tables.values() if "cvxpy_error" in table]
    asked = [error[~np.isnan(error)] for error in errors]
    return largest(np.concatenate(asked)) if asked else float("nan")

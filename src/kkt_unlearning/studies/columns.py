"""What the columns of the result tables are: what each study says of its tables, and what all tables share.

A study says it in ``columns.py``: ``TABLES`` has a `Described` for each table of its own, and for each part
that experiments with its measures have. The CSV beside the results and the page of the site come from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from kkt_unlearning.studies.study import modules, of_choice

# Units; a number without one is a ratio or of features without a unit.
NONE = ""
NAME = "name"
COUNT = "count"
NUMBER = "number, from 0"
TRUTH = "True or False"
SHARE = "share, 0 to 1"
COSINE = "1 − cosine"
RELATIVE = "over the norm of the weights"
MARGIN = "margin; the smallest is 1 before the step"
MULTIPLIER = "multiplier λ"
MEAN = "over the mean multiplier"
FRACTION = "over the prescribed step"

DELTAS = (0.03, 0.1, 0.3)  # of the mean multiplier: a tenth, and half a decade to either side
DELTA = 0.1  # the one of them that claims are judged at, and what two_layer_delta asks


def epsilon_at(delta: float = DELTA, *, nothing: bool = False) -> str:
    """Column with the least relative ε at θ̃ for this relative δ; of the untouched network likewise."""
    return f"{'nothing' if nothing else 'epsilon'}_at_{delta:g}"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        text: what it holds.
        unit: one of the constants above, or words of its own.
    """

    text: str
    unit: str = NONE


Columns = Mapping[str, Column]


@dataclass(frozen=True)
class Described:
    """One table.

    Attributes:
        rows: what a row is: one for each …
        columns: all that it has, but for those of its setting (`SETTING`, `SWEPT`).
        setting: which of `SETTING` stand before them; none in tables that are of no experiment.
    """

    rows: str
    columns: Columns
    setting: tuple[str, ...] = ("experiment", "network", "training", "loss", "descent")


SETTING: Columns = {
    "experiment": Column("section of the configuration", NAME),
    "network": Column("network, a section of networks", NAME),
    "training": Column("training, a section of trainings", NAME),
    "loss": Column("loss of the training: exponential or logistic", NAME),
    "descent": Column("step of the training: normalised or constant", NAME),
}
# A column of its own where the experiment sweeps it, after its name.
SWEPT: Columns = {
    "samples": Column("number m of training samples", COUNT),
    "dimension": Column("number d of features", COUNT),
    "fresh_samples": Column("number of samples that no network is trained on", COUNT),
    "correlation": Column("expected inner product of two samples over their squared norm"),
    "block_size": Column("number of samples in a block", COUNT),
    "separation": Column("exponent α of the norm d^(−1/4 + α) of the means"),
    "mixing": Column("factor on all inner products of different samples", SHARE),
    "minimum_words": Column("least number of words of a text that counts", COUNT),
    "vocabulary": Column("number d of words, the most frequent ones", COUNT),
    "data_id": Column("number of the data set at OpenML", NUMBER),
}

SEED: Columns = {"seed": Column("replicate: data set and initial weights", NUMBER)}
FORGET: Columns = {
    "forget": Column("numbers of the forgotten samples, from 0, joined by +", NAME),
    "forget_size": Column("number k of forgotten samples", COUNT),
}
START: Columns = {
    "start": Column("where the step starts: exact (KKT point) or trained (weights)", NAME)
}
STEP: Columns = {"fraction": Column("step size", FRACTION)}
NEAR_ORTHOGONALITY: Columns = {
    "psi": Column("ψ: largest deviation of a squared norm from 1"),
    "phi": Column("φ: largest absolute inner product of two samples"),
}
CERTIFICATE: Columns = {
    "epsilon_autograd": Column("least ε at θ′ itself (τ = 0), derivatives 0 or 1", RELATIVE),
    "epsilon_clarke": Column("the same with Clarke derivatives on the kinks of θ′", RELATIVE),
    "epsilon": Column("least ε at the restored network θ̃", RELATIVE),
    "delta": Column("slackness δ at θ̃", MULTIPLIER),
    "relative_delta": Column("δ at θ̃", MEAN),
    "tau": Column("τ: from θ′ to θ̃", COSINE),
    "delta_budget": Column("δ that was allowed at θ̃", MULTIPLIER),
    "tau_star": Column("τ*: from θ′ to an exact KKT point θ* of the retained problem", COSINE),
    "epsilon_bound": Column("bound on epsilon_clarke", RELATIVE),
    "delta_bound": Column("bound on the δ of epsilon_clarke", MULTIPLIER),
    "restored_bound": Column("bound on epsilon", RELATIVE),
    "kappa": Column("κ of the bounds: bound on the change of a retained margin", MARGIN),
    "flip_term": Column("F of the bounds: what flipped activations add", RELATIVE),
    "outcome": Column("separating, or not separating: a retained margin is not positive", NAME),
}
NOTHING_TAU: Columns = {
    "nothing_tau": Column("τ if nothing is done: from θ to its restored network", COSINE)
}
ORIGINAL: Columns = {"distance_original": Column("from θ, without a step, to θ*", COSINE)}
MARGINS: Columns = {
    "margin_change": Column("largest change of a retained margin", MARGIN),
    "smallest_margin": Column("smallest retained margin after the step", MARGIN),
}


def given_delta(*deltas: float) -> Columns:
    """ε for each of these δ, in mean multipliers, after the step and if nothing is done."""
    where = {False: "θ̃", True: "θ, if nothing is done,"}
    return {
        epsilon_at(delta, nothing=nothing): Column(
            f"least ε at {place} for δ = {delta:g} of the mean multiplier", RELATIVE
        )
        for delta in deltas
        for nothing, place in where.items()
    }


DATASET = Described(
    "replicate and point of the sweep",
    {
        **SEED,
        **NEAR_ORTHOGONALITY,
        "gram_condition": Column("condition number of the Gram matrix on its range"),
        "rank": Column("rank of the Gram matrix", COUNT),
        "explained": Column("mean part of a sample within the span of the others", SHARE),
        "sign_agreement": Column(
            "pairs whose sign of the inner product tells their classes", SHARE
        ),
        "separable": Column("whether a hyperplane through 0 separates the classes", TRUTH),
    },
    setting=("experiment",),
)
KKT = Described(
    "replicate and setting: residuals of its exact KKT point",
    {
        **SEED,
        "stationarity": Column("‖θ − Σ λ_i y_i g_i‖", RELATIVE),
        "primal_feasibility": Column("max(0, 1 − smallest margin)", "margin"),
        "dual_feasibility": Column("largest negative multiplier", "over the largest multiplier"),
        "complementary_slackness": Column("largest λ_i |q_i − 1|", "over the sum of multipliers"),
        "subgradient": Column("largest distance of a derivative from the sub-differential"),
        "gap": Column("duality gap |‖θ‖² − Σ λ_i|", "over ‖θ‖²"),
        "cells": Column("activation cells that were solved", COUNT),
        "flipped": Column("supporting activations of the trained network that changed", COUNT),
        "norm": Column("‖θ‖ at smallest margin 1"),
        "kink_fraction": Column("pre-activations that are 0", SHARE),
        "cvxpy_error": Column(
            "how far cvxpy's dual values were off, up to a power of ten",
            "over the largest multiplier",
        ),
        "cvxpy_status": Column("what cvxpy said of its answer, or: not asked", NAME),
    },
)


@of_choice
def tables() -> dict[str, Described]:
    """All tables by the name of their part, or their own: those that all experiments have come first."""
    found = {"dataset": DATASET, "kkt": KKT}
    for module in modules("columns"):
        found |= import_module(module).TABLES
    return found


def of(part: str, name: str) -> Column | None:
    """What a column of a table is; None of one that nobody describes."""
    table = tables()[part]
    if name in table.columns or not table.setting:
        return table.columns.get(name)
    return SETTING[name] if name in table.setting else SWEPT.get(name)


def listed() -> list[dict[str, str]]:
    """A row for each column of each table, those of the setting first under the name of all tables."""
    rows = [("every experiment", "setting", SETTING), ("a swept parameter", "setting", SWEPT)]
    rows += [(part, table.rows, table.columns) for part, table in tables().items()]
    return [
        {"table": part, "rows": text, "column": name, "what": column.text, "unit": column.unit}
        for part, text, columns in rows
        for name, column in columns.items()
    ]

"""What the explorer shows of a table: its quantities in panels, and the names that a reader sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kkt_unlearning.studies import style

OTHER = "other"  # no key of the colours: the shade of what has none of its own


@dataclass(frozen=True)
class Panel:
    """One diagram.

    Attributes:
        name: what quantities call it.
        title: of its vertical axis.
        floor: smaller values are drawn here on a logarithmic axis.
    """

    name: str
    title: str
    floor: float


@dataclass(frozen=True)
class Quantity:
    """One column of a table.

    Attributes:
        column: its name there.
        title: what a reader sees.
        panel: diagram in which it is a line; empty for one that stands in the table alone.
        colour: key of the colours of the figures.
        dash: of its line; bounds and what was allowed are dotted, and have no band.
    """

    column: str
    title: str
    panel: str = ""
    colour: str = OTHER
    dash: str = "solid"

    def described(self) -> dict[str, str]:
        """It as the page is told of it."""
        return vars(self) | {"colour": style.colour_of(self.colour)}


@dataclass(frozen=True)
class Way:
    """One way to forget: how it looks.

    Attributes:
        title: what a reader sees.
        colour: key of the colours of the figures.
        symbol: of its points.
        band: whether the spread is drawn, which many lines of one colour would hide one another with.
    """

    title: str
    colour: str
    symbol: str = "circle"
    band: bool = True

    def described(self) -> dict[str, str | bool]:
        """It as the page is told of it."""
        return vars(self) | {"colour": style.colour_of(self.colour)}


PANELS = (
    Panel("epsilon", "relative ε", 1e-5),
    Panel("delta", "δ", 1e-2),
    Panel("distance", "1 − cosine of θ′ to …", 1e-7),
)
# A dashed line stands after the solid one that it may lie on.
QUANTITIES = (
    Quantity("epsilon", "ε at θ̃", "epsilon", "exact"),
    Quantity("epsilon_at_0.1", "ε at θ̃ for δ = 0.1 of the mean multiplier", "epsilon", "halved"),
    Quantity(
        "nothing_at_0.1",
        "ε for δ = 0.1 of the mean multiplier, doing nothing",
        "epsilon",
        "original",
    ),
    Quantity("restored_bound", "bound on ε at θ̃", "epsilon", "exact", "dot"),
    Quantity("epsilon_autograd", "ε at θ′ (τ = 0), 0/1 derivatives", "epsilon", "autograd"),
    Quantity("epsilon_clarke", "ε at θ′ (τ = 0), Clarke derivatives", "epsilon", "clarke", "dash"),
    Quantity("epsilon_bound", "bound on ε at θ′", "epsilon", "clarke", "dot"),
    Quantity("epsilon_orthogonal", "ε that orthogonal data would have", "epsilon", "halved", "dot"),
    Quantity("delta", "δ at θ̃", "delta", "exact"),
    Quantity("delta_budget", "δ allowed at θ̃", "delta", "exact", "dot"),
    Quantity("tau", "τ: to θ̃", "distance", "tau"),
    Quantity(
        "distance_original",
        "to the exact KKT point, doing nothing",
        "distance",
        "original",
        "dash",
    ),
    Quantity("distance_retrained", "to the retrained network", "distance", "retrained"),
    Quantity("tau_star", "τ*: to the exact KKT point", "distance", "tau_star", "dash"),
    Quantity(
        "distance_retrained_original",
        "to the retrained network, doing nothing",
        "distance",
        "original",
    ),
    Quantity("delta_bound", "bound on δ at θ′"),
    Quantity("kappa", "κ of the bounds"),
    Quantity("smallest_margin", "smallest retained margin"),
    Quantity("margin_change", "largest change of a retained margin"),
    Quantity("accuracy_original", "accuracy on fresh samples, doing nothing"),
    Quantity("accuracy_unlearned", "accuracy on fresh samples"),
    Quantity("accuracy_retrained", "accuracy on fresh samples, retrained"),
)

WAY_PANELS = (
    Panel("epsilon_least", "relative ε", 1e-5),
    Panel("tau_star", "τ*", 1e-7),
    Panel("distance_retrained", "1 − cosine to retrained", 1e-7),
)
WAY_QUANTITIES = (
    Quantity("gradients", "cost in gradients of one sample"),
    Quantity("epsilon_least", "ε: least of θ′ (τ = 0) and θ̃", "epsilon_least"),
    Quantity("tau_star", "τ*: 1 − cosine to the exact KKT point", "tau_star"),
    Quantity(
        "distance_retrained",
        "1 − cosine to the exact KKT point of retraining",
        "distance_retrained",
    ),
)
# Symbols tell apart what is done in one stroke, dashes the lines of one colour; doing nothing alone is grey.
WAYS = {
    ("nothing", "trained"): Way(style.NOTHING, "original"),
    ("prescribed", "trained"): Way("prescribed step", "tau", "diamond"),
    ("prescribed", "exact"): Way("prescribed step from the exact KKT point", "tau", "diamond-open"),
    ("recovered", "trained"): Way("prescribed step, then fine-tuning", "exact"),
    ("fine_tuning", "trained"): Way("fine-tuning (NegGrad+, β = 1)", "clarke"),
    ("gradient_ascent", "trained"): Way("ascent in many steps (β = 0)", "trained"),
    ("projected_ascent", "trained"): Way("ascent off the retained gradients", "trained"),
    ("minimal_perturbation", "trained"): Way("minimal perturbation", "halved", "cross"),
    ("influence", "trained"): Way("influence step", "halved", "triangle-up"),
    ("retain_free", "trained"): Way(
        "influence step without retained data", "halved", "triangle-down"
    ),
    ("downdate", "trained"): Way("dual downdate", "halved", "square"),
    ("downdate", "exact"): Way("dual downdate from the exact KKT point", "halved", "square-open"),
    ("retraining", "initial"): Way("retraining from scratch", "autograd"),
    ("retrained", "initial"): Way("retraining until training ends", "autograd", "star"),
}

# what stands in cells -> what a reader sees; other texts stand for themselves
TITLES = {
    **style.NAMES,
    "random": "random",
    "correlated": "correlated with one another",
    "multipliers": "largest multipliers",
    "coupled": "coupled to the rest",
    "equal": "the whole fraction in all layers",
    "halved": "half of it in the deeper layers",
}
PARAMETERS = {
    "network": "network",
    "training": "training",
    "start": "step taken from",
    "forget_size": "k, size of the forget set",
    "fraction": "step, of the prescribed one",
    "choice": "choice of the forget set",
    "layers": "step in layers",
    "dimension": "d, dimension",
    "correlation": "ρ, correlation",
    "separation": "separation of the means",
    "mixing": "mixing of inner products",
    "block_size": "points in a block",
    "samples": "m, samples",
    "steps": "steps of gradient methods",
}
SOURCES = {
    "gaussian": "Gaussian",
    "equicorrelated": "equicorrelated Gaussian",
    "blocks": "Gaussian, correlated in blocks",
    "mixture": "Gaussian mixture",
    "digits": "handwritten digits",
    "tabular": "tabular",
    "docstrings": "text, docstrings",
    "embeddings": "text, embeddings",
    "openml": "OpenML",
    "file": "file",
}


def way(method: str, start: str, beta: float) -> Way:
    """How a row of the table of methods is shown."""
    if method == "neggrad_plus":
        return Way(f"NegGrad+, β = {beta:g}", OTHER, band=False)
    plain = Way(f"{named(method)} ({named(start)})", OTHER)
    return WAYS.get((method, start), plain)


def data(dataset: Mapping[str, Any]) -> str:
    """What a reader sees of a data set: its source, and which of its kind where there are several."""
    source = SOURCES.get(dataset["source"], str(dataset["source"]))
    which = [str(dataset[key]) for key in ("name", "path") if key in dataset]
    return ": ".join([source, *which])


def named(text: str) -> str:
    """What a reader sees of a name."""
    return TITLES.get(text, text.replace("_", " "))

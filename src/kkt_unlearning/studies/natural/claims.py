"""Data that were not drawn to be near-orthogonal: what they cost, and whether that is why."""

from kkt_unlearning.studies.claim import CHECK, OURS, Tables, Thresholds, claim
from kkt_unlearning.studies.natural.assumption import at, finding

_QUESTION = OURS.at("Assumption 2.3, asked of natural data")
_LIFTED = CHECK.at(
    "docs/questions/natural.md, section 1, up to how far the multipliers of two layers spread"
)
_COST = "larger of √m × median ε and of median δ/λ̄ at θ̃, support vectors forgotten, worse network"


def _tables(data: str) -> tuple[str, ...]:
    return tuple(f"natural_{data}{part}" for part in ("", ".dataset", ".multipliers"))


def _natural(tables: Tables, data: str) -> tuple[float, float]:
    """Crowding and cost of the data as they are."""
    table, dataset, multipliers = (tables[name] for name in _tables(data))
    return at(1.0, table, dataset, multipliers)


def _repaired(tables: Tables, data: str) -> float:
    """Cost of the lifted data, if they are near-orthogonal."""
    table, dataset, multipliers = (tables[name] for name in _tables(data))
    found = finding(table, dataset, multipliers)
    return found.lifted_cost if found.lifted_crowding <= 1 else float("nan")


@claim(
    "Tables of measurements are near-orthogonal: their Gram matrix is diagonally dominant.",
    _QUESTION,
    "median of (m − 1) φ / (1 − ψ)",
    "at_most",
    "natural",
    *_tables("tabular"),
)
def natural_tabular_orthogonal(tables: Tables, _: Thresholds) -> float:
    return _natural(tables, "tabular")[0]


@claim(
    "Texts are near-orthogonal: their Gram matrix is diagonally dominant.",
    _QUESTION,
    "median of (m − 1) φ / (1 − ψ)",
    "at_most",
    "natural",
    *_tables("text"),
)
def natural_text_orthogonal(tables: Tables, _: Thresholds) -> float:
    return _natural(tables, "text")[0]


@claim(
    "On tables of measurements the prescribed step leaves a small ε and a small δ.",
    _QUESTION,
    _COST,
    "at_most",
    "natural",
    *_tables("tabular"),
)
def natural_tabular_certificate(tables: Tables, _: Thresholds) -> float:
    return _natural(tables, "tabular")[1]


@claim(
    "On texts the prescribed step leaves a small ε and a small δ.",
    _QUESTION,
    _COST,
    "at_most",
    "natural",
    *_tables("text"),
)
def natural_text_certificate(tables: Tables, _: Thresholds) -> float:
    return _natural(tables, "text")[1]


@claim(
    "Images made orthogonal, all else equal, get a small ε and a small δ.",
    _LIFTED,
    f"{_COST}, smallest mixing",
    "at_most",
    "natural",
    *_tables("digits"),
)
def natural_reason_digits(tables: Tables, _: Thresholds) -> float:
    return _repaired(tables, "digits")


@claim(
    "Tables made orthogonal, all else equal, get a small ε and a small δ.",
    _LIFTED,
    f"{_COST}, smallest mixing",
    "at_most",
    "natural",
    *_tables("tabular"),
)
def natural_reason_tabular(tables: Tables, _: Thresholds) -> float:
    return _repaired(tables, "tabular")


@claim(
    "Texts made orthogonal, all else equal, get a small ε and a small δ.",
    _LIFTED,
    f"{_COST}, smallest mixing",
    "at_most",
    "natural",
    *_tables("text"),
)
def natural_reason_text(tables: Tables, _: Thresholds) -> float:
    return _repaired(tables, "text")

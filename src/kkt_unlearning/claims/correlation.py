"""Correlated data, where the argument breaks (Assumption 2.3)."""

from kkt_unlearning.claims.claim import Tables, Thresholds, claim, prescribed
from kkt_unlearning.summary import Table, groups, median, rows


def _first_lost(table: Table, network: str) -> float:
    """Smallest value of the sweep at which a retained margin is lost; infinite if none ever is."""
    cases = prescribed(table, network)
    if not rows(cases):
        return float("nan")
    lost = cases["correlation"][cases["outcome"] == "not separating"]
    return float(lost.min()) if lost.size else float("inf")


@claim(
    "Correlated data break the step: the linear model loses a retained margin.",
    "section 3 (break condition), Assumption 2.3",
    "smallest correlation at which some case loses a retained margin",
    "at_most",
    "orthogonality",
    "orthogonality",
)
def correlation_breaks_linear(tables: Tables, _: Thresholds) -> float:
    return _first_lost(tables["orthogonality"], "linear")


@claim(
    "Correlated data break the step: the two-layer network loses a retained margin.",
    "section 3 (break condition), Assumption 2.3",
    "smallest correlation at which some case loses a retained margin",
    "at_most",
    "orthogonality",
    "orthogonality",
)
def correlation_breaks_two_layer(tables: Tables, _: Thresholds) -> float:
    return _first_lost(tables["orthogonality"], "two_layer")


@claim(
    "The certificate of the two-layer network becomes worse with the correlation.",
    "Assumption 2.3, limitations",
    "median τ* at the largest over that at the smallest correlation",
    "at_least",
    "orthogonality",
    "orthogonality",
)
def correlation_worsens(tables: Tables, _: Thresholds) -> float:
    cases = prescribed(tables["orthogonality"], "two_layer")
    medians = {key: median(group["tau_star"]) for (key,), group in groups(cases, "correlation")}
    if len(medians) < 2:
        return float("nan")
    return medians[max(medians)] / medians[min(medians)]

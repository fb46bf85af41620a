"""A recovery phase on the retain set, and other ways to forget, under the same criterion."""

import numpy as np

from kkt_unlearning.studies.claim import CHECK, OURS, Tables, Thresholds, claim, largest, smallest
from kkt_unlearning.studies.summary import Table, groups, median, rows, select, take

TABLE = "recovery.recovery"
QUESTION = OURS.at("on an open question of the paper")


def _cases(table: Table, network: str, method: str, **values: object) -> Table:
    """Rows of a method from the trained weights, in the order of replicates and forget sets."""
    found = select(table, network=network, method=method, start="trained", **values)
    return take(found, np.lexsort((np.asarray(found["forget"]).astype(str), found["seed"])))


def _at_last(table: Table) -> Table:
    """Rows with the most steps."""
    return take(table, table["steps"] == largest(table["steps"]))


def _ratio(cases: Table, others: Table) -> float:
    """Median over replicates and forget sets of one τ* over the other; nan where one of them is missing."""
    if rows(cases) != rows(others):
        return float("nan")
    base = others["tau_star"]
    return median(cases["tau_star"][base > 0] / base[base > 0])


def _beside_the_step(tables: Tables, network: str, method: str) -> float:
    """τ* of a method over that of the prescribed step."""
    table = tables[TABLE]
    return _ratio(_cases(table, network, method), _cases(table, network, "prescribed"))


def _in_the_end(tables: Tables, method: str) -> float:
    """τ* of a method after the most steps over that before, two layers."""
    last = _at_last(_cases(tables[TABLE], "two_layer", method))
    return _ratio(last, _cases(tables[TABLE], "two_layer", "nothing"))


def _helped(tables: Tables, network: str) -> float:
    table = tables[TABLE]
    recovered = _at_last(_cases(table, network, "recovered"))
    return _ratio(recovered, _cases(table, network, "prescribed"))


@claim(
    "After the prescribed step, fine-tuning on the retained samples brings the linear model nearer to a KKT "
    "point of the retained problem.",
    QUESTION,
    "median of τ* after the most steps of recovery over τ* of the step alone",
    "at_most",
    "recovery",
    TABLE,
)
def recovery_helps_linear(tables: Tables, _: Thresholds) -> float:
    return _helped(tables, "linear")


@claim(
    "After the prescribed step, fine-tuning on the retained samples brings two layers "
    "nearer to a KKT point, too.",
    QUESTION,
    "median of τ* after the most steps of recovery over τ* of the step alone",
    "at_most",
    "recovery",
    TABLE,
)
def recovery_helps_two_layer(tables: Tables, _: Thresholds) -> float:
    return _helped(tables, "two_layer")


@claim(
    "The step with recovery ends nearer to a retained KKT point than as many steps of fine-tuning alone "
    "(two-layer network).",
    QUESTION,
    "median of τ* with the step over τ* without it, most steps",
    "at_most",
    "recovery",
    TABLE,
)
def recovery_beats_fine_tuning(tables: Tables, _: Thresholds) -> float:
    table = tables[TABLE]
    recovered = _at_last(_cases(table, "two_layer", "recovered"))
    return _ratio(recovered, _at_last(_cases(table, "two_layer", "fine_tuning")))


@claim(
    "NegGrad+, with its best weight and number of steps, comes as near as the prescribed step only at a "
    "higher cost (two-layer network).",
    QUESTION,
    "median of the least cost at which τ* is at most the step's, over that of the step and its multipliers",
    "at_least",
    "recovery",
    TABLE,
)
def recovery_neggrad(tables: Tables, _: Thresholds) -> float:
    return _cost_beside_the_step(tables, "neggrad_plus", "tau_star")


@claim(
    "Fine-tuning on the retained samples comes as near as the prescribed step only at a higher cost "
    "(two-layer network).",
    OURS.at("docs/questions/recovery.md, proposition 1"),
    "median of the least cost at which τ* is at most the step's, over that of the step and its multipliers",
    "at_least",
    "recovery",
    TABLE,
)
def recovery_fine_tuning(tables: Tables, _: Thresholds) -> float:
    return _cost_beside_the_step(tables, "fine_tuning", "tau_star")


@claim(
    "Retraining from scratch comes as near to an exact KKT point as the prescribed step only at a higher "
    "cost (two-layer network).",
    OURS.at("docs/questions/recovery.md, section 5"),
    "median of the least cost at which 1 − cos to the retrained exact point is at most the step's τ*, over "
    "that of the step and its multipliers",
    "at_least",
    "recovery",
    TABLE,
)
def recovery_retraining(tables: Tables, _: Thresholds) -> float:
    return _cost_beside_the_step(tables, "retraining", "distance_retrained")


@claim(
    "The dual downdate, which is exact, costs less than retraining until it is as near as the prescribed "
    "step (two-layer network).",
    OURS.at("docs/questions/recovery.md, section 5"),
    "median of the cost of the downdate and its multipliers over the least cost of retraining as above",
    "at_most",
    "recovery",
    TABLE,
)
def recovery_downdate_cost(tables: Tables, _: Thresholds) -> float:
    step, retraining = _aims(tables), _tried(tables, "retraining")
    exact = {key: _whole_cost(group) for key, group in _tried(tables, "downdate", start="trained")}
    found = [
        exact[key] / _least_cost(group, "distance_retrained", step[key]["tau_star"][0])
        for key, group in retraining
        if key in step and key in exact
    ]
    return median(np.array(found))


def _aims(tables: Tables) -> dict[tuple, Table]:
    """The prescribed step of two layers by replicate and forget set."""
    step = _cases(tables[TABLE], "two_layer", "prescribed")
    return dict(groups(step, "seed", "forget"))


def _tried(tables: Tables, method: str, **values: object) -> list[tuple[tuple, Table]]:
    found = select(tables[TABLE], network="two_layer", method=method, **values)
    return list(groups(found, "seed", "forget"))


def _cost_beside_the_step(tables: Tables, method: str, quantity: str) -> float:
    """Median of the least cost at which a distance is at most the step's τ*, over the step's whole cost."""
    aims = _aims(tables)
    found = [
        _least_cost(group, quantity, aims[key]["tau_star"][0]) / _whole_cost(aims[key])
        for key, group in _tried(tables, method)
        if key in aims
    ]
    return median(np.array(found))


def _least_cost(tried: Table, quantity: str, aim: float) -> float:
    """Least cost of those that come as near; infinite where none does."""
    costs = tried["cost"][tried[quantity] <= aim]
    return float(costs.min()) if costs.size else float("inf")


def _whole_cost(step: Table) -> float:
    return float(step["cost"][0] + step["cost_dual"][0])


@claim(
    "NegGrad+ ends further from a retained KKT point than it began, at each weight below "
    "1 that was tried (two-layer network).",
    QUESTION,
    "least over the weights: median of τ* after the most steps over τ* before",
    "at_least",
    "recovery",
    TABLE,
)
def recovery_neggrad_diverges(tables: Tables, _: Thresholds) -> float:
    table = tables[TABLE]
    before, last = (
        _cases(table, "two_layer", "nothing"),
        _at_last(_cases(table, "two_layer", "neggrad_plus")),
    )
    return smallest([_ratio(group, before) for _, group in groups(last, "beta")])


@claim(
    "Plain ascent in many steps ends further from a retained KKT point than it began (two-layer network).",
    QUESTION,
    "median of τ* after the most steps over τ* before",
    "at_least",
    "recovery",
    TABLE,
)
def recovery_ascent_diverges(tables: Tables, _: Thresholds) -> float:
    return _in_the_end(tables, "gradient_ascent")


@claim(
    "The influence step comes nearer to the retained KKT point than the prescribed step (linear model).",
    QUESTION,
    "median of τ* of the influence step over τ* of the prescribed one",
    "at_most",
    "recovery",
    TABLE,
)
def recovery_influence_linear(tables: Tables, _: Thresholds) -> float:
    return _beside_the_step(tables, "linear", "influence")


@claim(
    "The influence step comes nearer to a retained KKT point than the prescribed step (two-layer network).",
    QUESTION,
    "median of τ* of the influence step over τ* of the prescribed one",
    "at_most",
    "recovery",
    TABLE,
)
def recovery_influence_two_layer(tables: Tables, _: Thresholds) -> float:
    return _beside_the_step(tables, "two_layer", "influence")


@claim(
    "The smallest change orthogonal to the retained gradients comes nearer to the "
    "retained KKT point than the prescribed step (linear model).",
    OURS.at("docs/questions/recovery.md, proposition 4"),
    "median of τ* of the minimal perturbation over τ* of the prescribed step",
    "at_most",
    "recovery",
    TABLE,
)
def recovery_minimal_linear(tables: Tables, _: Thresholds) -> float:
    return _beside_the_step(tables, "linear", "minimal_perturbation")


@claim(
    "The smallest change orthogonal to the retained gradients comes nearer to a retained "
    "KKT point than the prescribed step (two-layer network).",
    OURS.at("docs/questions/recovery.md, proposition 4"),
    "median of τ* of the minimal perturbation over τ* of the prescribed step",
    "at_most",
    "recovery",
    TABLE,
)
def recovery_minimal_two_layer(tables: Tables, _: Thresholds) -> float:
    return _beside_the_step(tables, "two_layer", "minimal_perturbation")


@claim(
    "Ascent projected off the retained gradients, stopped at its best, comes as near to a retained KKT point "
    "as the prescribed step (two-layer network).",
    OURS.at("docs/questions/recovery.md, proposition 4"),
    "median of the least τ* over all numbers of steps over τ* of the prescribed step",
    "at_most",
    "recovery",
    TABLE,
)
def recovery_projected_near(tables: Tables, _: Thresholds) -> float:
    tried = select(tables[TABLE], network="two_layer", method="projected_ascent")
    step = _cases(tables[TABLE], "two_layer", "prescribed")
    aims = {key: group["tau_star"][0] for key, group in groups(step, "seed", "forget")}
    found = [
        smallest(group["tau_star"]) / aims[key]
        for key, group in groups(tried, "seed", "forget")
        if aims.get(key, 0.0) > 0
    ]
    return median(np.array(found))


@claim(
    "Ascent projected off the retained gradients ends further from a retained KKT point "
    "than it began (two-layer network).",
    OURS.at("docs/questions/recovery.md, section 3"),
    "median of τ* after the most steps over τ* before",
    "at_least",
    "recovery",
    TABLE,
)
def recovery_projected_diverges(tables: Tables, _: Thresholds) -> float:
    return _in_the_end(tables, "projected_ascent")


@claim(
    "The Newton step without retained samples leaves the weights of the influence step.",
    CHECK.at("docs/questions/recovery.md, proposition 5"),
    "largest relative difference of τ*, over all cases",
    "at_most",
    "recovery",
    TABLE,
)
def recovery_retain_free(tables: Tables, _: Thresholds) -> float:
    found = []
    for network in np.unique(tables[TABLE]["network"]).tolist():
        one, other = (_cases(tables[TABLE], network, name) for name in ("retain_free", "influence"))
        if rows(one) != rows(other):
            return float("nan")
        apart = np.abs(one["tau_star"] - other["tau_star"])
        size = np.maximum(one["tau_star"], other["tau_star"])
        found.append(apart / np.where(size > 0, size, 1.0))
    return largest(np.concatenate(found)) if found else float("nan")


@claim(
    "The dual downdate is an exact KKT point of the retained problem.",
    CHECK.at("docs/theory.md, theorem 5.2"),
    "largest relative ε at θ′ with Clarke derivatives, or δ over the mean multiplier, over all cases",
    "at_most",
    "recovery",
    TABLE,
)
def recovery_downdate_exact(tables: Tables, _: Thresholds) -> float:
    cases = select(tables[TABLE], method="downdate")
    return largest(np.concatenate([cases["epsilon_clarke"], cases["relative_delta_clarke"]]))

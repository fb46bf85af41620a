"""What the verbs found as a page for a reader."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from kkt_unlearning.audit import Certification, Each, End, Forgotten, Limits, Model, Nearness
from kkt_unlearning.audit.assumptions import Assumption
from kkt_unlearning.audit.step import step_in_words
from kkt_unlearning.cli.text import number, table
from kkt_unlearning.kkt.residuals import KKTResiduals

SHOWN = 20  # samples of a list, unless all are asked for

_ENDS = {
    "unlearned": "the unlearned network itself",
    "restored": "put back into its activation cell",
    "exact": "an exact KKT point",
    "nothing": "doing nothing",
}
_HEAD = ("certificate", "ε", "bound", "relative δ", "bound", "τ", "δ")
_KEEPS = {True: "meets it too", False: "does not meet it"}
_EACH_HEAD = ("sample", "label", "λ", "price", "ε", "relative δ", "τ", "doing nothing")
_DERIVATIVES = {"autograd": "0/1 derivatives", "clarke": "Clarke, on the kinks"}
_ESTIMATES = {
    "exact": "exact λ",
    "least_squares": "least squares",
    "loss_gradient": "loss gradient",
    "orthogonal": "orthogonal",
}


def nearness(model: Model, y: np.ndarray, found: Nearness, shown: int) -> str:
    """Of ``kkt``."""
    shown_residuals = ["autograd"]
    if model.u is not None and np.isfinite(found.clarke.worst):
        shown_residuals.append("clarke")
    return "\n\n".join(
        [
            _applies(found.applies),
            f"{_network(model)}, {len(y)} samples\n"
            f"smallest margin {number(found.smallest_margin)}; all that follows is for the network scaled to "
            "smallest margin 1",
            _residuals(found, shown_residuals, model.trained_outputs),
            _exact_point(found) if model.u is None else f"{_exact_point(found)}\n{_kinks(found)}",
            "data as the network sees them, in units in which ‖x‖² is 1 on average: "
            f"ψ = {number(found.psi)}, φ {_phi(found)}",
            _samples(y, found, shown),
        ]
    )


def forgotten(found: Forgotten, out: str) -> str:
    """Of ``unlearn``."""
    forget = list(found.step.forget)
    before, after, multipliers = found.margins_before, found.margins_after, found.multipliers
    mean = float(multipliers.mean())
    rows = [
        (str(i), number(multipliers[i] / mean), number(before[i]), number(after[i]))
        for i in forget[:SHOWN]
    ]
    kept = np.delete(after, forget)
    head = (
        f"{len(forget)} of {len(after)} samples forgotten by {found.step.words}; margins for smallest margin "
        "1 before it"
    )
    return "\n\n".join(
        [
            _applies(found.applies),
            head,
            _unit(mean),
            table(("sample", "λ", "margin before", "after"), rows) + _more(len(forget), SHOWN),
            f"retained margins after the step: {number(kept.min())} to {number(kept.max())}",
            *_copies(found.copies),
            f"written: {out}",
        ]
    )


def _applies(one: Assumption) -> str:
    """What a reader has to know first."""
    found = f"{one.name} is {number(one.value)} ({_allowed(one)} is allowed)"
    return (
        f"the theory applies: {found}"
        if one.holds
        else (f"the theory does not apply to this network: {found}; {one.otherwise}")
    )


def _allowed(one: Assumption) -> str:
    return f"{'above' if one.above else 'at most'} {number(one.allowed)}"


def _unit(mean: float) -> str:
    return f"multipliers λ are in units of their mean at the exact KKT point, {number(mean, mean)}"


def _copies(stay: Sequence[int]) -> list[str]:
    """What a user who forgets some of several equal samples has to know."""
    if not stay:
        return []
    return [
        f"retained, and copies of forgotten samples: {_named(stay)}; forgetting some of several copies "
        "changes nothing, as retraining without them would not, so forget these as well"
    ]


def certification(
    found: Certification,
    forget: Sequence[int],
    samples: int,
    limits: Limits | None,
    plot: str | None = None,
) -> str:
    """Of ``certify``; ``plot``: where the surface was written."""
    parts = [
        _applies(found.applies),
        f"{len(forget)} of {samples} samples forgotten, {samples - len(forget)} retained",
        table(_HEAD, [_end(end) for end in _rows(found)]),
        "ε is relative to the norm of the weights scaled to smallest retained margin 1, τ is 1 − cosine to "
        "the unlearned network\n"
        "relative δ is δ over the mean multiplier λ that a KKT point of this length has; δ is in units of λ"
        + "\ndoing nothing is the network before the step, whose τ is to itself"
        * (found.nothing is not None),
        *_bounds(found),
    ]
    if found.origin is not None:
        parts.append(f"where it came from: {found.origin.sentence}")
    parts += _copies(found.copies)
    parts.append(_assumptions(found))
    if limits is not None:
        parts.append(_verdict(found, limits))
    if plot is not None:
        parts.append(f"written: {plot}")
    return "\n\n".join(parts)


def each(
    model: Model,
    y: np.ndarray,
    found: Each,
    limits: Limits | None,
    shown: int,
    table_file: str | None = None,
) -> str:
    """Of ``each``; ``table_file``: where the table was written."""
    parts = [
        _applies(found.applies),
        f"{_network(model)}, {len(y)} samples, each forgotten alone by "
        f"{step_in_words(found.start, found.fraction)}",
        _each_table(y, found, shown),
        "price: the least level that ε, relative δ and τ all keep; the last column is the price of the "
        "network left as it is\n"
        "ε is of the network put back into its activation cell, by the multipliers from before the step: at "
        "this relative δ certify finds no larger ε",
        _unmoved(found),
    ]
    if limits is not None:
        parts.append(_each_verdict(found, limits))
    if table_file is not None:
        parts.append(f"written: {table_file}")
    return "\n\n".join(parts)


def _each_table(y: np.ndarray, found: Each, shown: int) -> str:
    one, largest = found.certificates, float(found.multipliers.max())
    price, idle, rows = one.step.price, one.nothing, []
    for s in found.order[:shown]:
        i = one.samples[s]
        levels = (price[s], one.step.epsilon[s], one.step.relative_delta[s], one.step.tau[s])
        numbers = [number(float(value)) for value in (*levels, idle.price[s])]
        rows.append((str(i), f"{y[i]:+g}", number(found.multipliers[i], largest), *numbers))
    return table(_EACH_HEAD, rows) + _more(len(one.samples), shown, "--all, --json or --table")


def _named(rows: Sequence[int] | np.ndarray) -> str:
    return ", ".join(map(str, rows[:SHOWN])) + (", …" if len(rows) > SHOWN else "")


def _unmoved(found: Each) -> str:
    rows, itself = found.certificates.unmoved, found.certificates.itself
    if not len(rows):
        return "every sample has a multiplier, and none a copy"
    return (
        f"{len(rows)} samples have no multiplier, or copies that take it over: {_named(rows)}\n"
        f"the step leaves the network as it is, at a price of at most {number(float(itself.price))}"
    )


def _each_verdict(found: Each, limits: Limits) -> str:
    bounds = (limits.epsilon, limits.relative_delta, limits.tau)
    one, can = found.certificates, len(found.within(limits))
    idle = int(one.nothing.within(*bounds).sum())
    also = "keep" if one.itself.within(*bounds) else "do not keep"
    others = f"; the {len(one.unmoved)} others {also} it" if len(one.unmoved) else ""
    return (
        f"asked for {_asked(limits)}: {can} of {len(one.samples)} samples can be forgotten by the step, "
        f"{idle} by doing nothing{others}"
    )


def _network(model: Model) -> str:
    bias = " and a bias" if model.bias is not None else ""
    if model.u is None:
        return f"linear model of {model.dimension} features{bias}"
    return f"two-layer ReLU network, {model.width} neurons, {model.dimension} features{bias}"


def _rows(found: Certification) -> list[End]:
    return [*found.ends, *([] if found.nothing is None else [found.nothing])]


def _bounds(found: Certification) -> list[str]:
    """Those that are not on the certificates above, which keep another δ."""
    told = [
        f"ε ≤ {number(end.epsilon_bound)} with relative δ ≤ {number(end.relative_delta_bound)} "
        f"({_ENDS[end.name]})"
        for end in found.ends
        if not end.bounded and not np.isnan(end.epsilon_bound)
    ]
    return (
        [f"bounds of the step, which are for another δ than was asked for: {', '.join(told)}"]
        if told
        else []
    )


def _residuals(found: Nearness, derivatives: Sequence[str], joint: bool) -> str:
    rows = [
        (
            field.name.replace("_", " "),
            *(number(getattr(getattr(found, name), field.name)) for name in derivatives),
        )
        for field in fields(KKTResiduals)
    ]
    lines = [
        table(("KKT residual", *(_DERIVATIVES[name] for name in derivatives)), rows),
        "each column is of one choice of multipliers, those that leave the least stationarity",
    ]
    if joint and "clarke" in derivatives:
        lines.append(
            "output weights are trained: on the kinks stationarity is a bound, with derivatives that fit W"
        )
    elif found.bounded and "clarke" in derivatives:
        lines.append(
            "on the kinks stationarity is a bound: the network is far from a KKT point there"
        )
    return "\n".join(lines)


def _phi(found: Nearness) -> str:
    if found.phi_of_all_pairs:
        return f"= {number(found.phi)}"
    return f"≥ {number(found.phi)} (of the longest samples with all others)"


def _exact_point(found: Nearness) -> str:
    return (
        f"exact KKT point from its activations: 1 − cosine {number(found.distance)}, "
        f"duality gap {number(found.gap)}"
    )


def _kinks(found: Nearness) -> str:
    distant = "" if found.applies.holds else ", but far from it"
    cell = (
        f"it lies in the activation cell of the network{distant}"
        if found.settled
        else f"the cell has not settled: {found.flipped} activations turned over {found.cells} cells, so "
        "train for longer"
    )
    there = ""
    if not np.isfinite(found.clarke.worst):
        there = (
            ", where it does not classify every sample and has no residuals: its smallest margin over the "
            f"largest is {number(found.moved_margin)}"
        )
    return (
        f"{cell}\n"
        f"kinks: {found.kinks} pre-activations are 0 there; putting the network onto them moves it by 1 − "
        f"cosine {number(found.moved)}{there}"
    )


def _samples(y: np.ndarray, found: Nearness, shown: int) -> str:
    mean = found.mean_multiplier
    order = np.argsort(-found.multipliers["exact"], kind="stable")[:shown]
    rows = [
        [str(i), f"{y[i]:+g}", number(found.margins[i])]
        + [number(found.multipliers[name][i] / mean) for name in _ESTIMATES]
        for i in order
    ]
    head = ("sample", "label", "margin", *_ESTIMATES.values())
    return f"{_unit(mean)}\n\n{table(head, rows)}{_more(len(y), shown)}"


def _more(samples: int, shown: int, options: str = "--json, and for kkt --all") -> str:
    if samples <= shown:
        return ""
    return f"\n… and {samples - shown} more (all of them: {options})"


def _end(end: End) -> tuple[str, ...]:
    # δ has the units of λ: what is round-off of it depends on them
    unit = end.mean_multiplier if np.isfinite(end.mean_multiplier) else 1.0
    bounds = (end.epsilon_bound, end.relative_delta_bound) if end.bounded else (np.nan, np.nan)
    pairs = zip((end.epsilon, end.relative_delta), bounds, strict=True)
    numbers = [number(value) for pair in pairs for value in pair]
    held = " with u′ held" if end.name == "exact" and end.epsilon > 0 else ""
    return (_ENDS[end.name] + held, *numbers, number(end.tau), number(end.delta, unit))


def _assumptions(found: Certification) -> str:
    failing = [one for one in found.failing if one != found.applies]
    if not found.failing:
        return "every assumption that can be told from these files holds"
    lines = [
        f"does not hold: {one.name} is {'at least ' * one.at_least}{number(one.value)}, {_allowed(one)} is "
        f"allowed: {one.otherwise}"
        for one in failing
    ]
    return "\n".join(lines) or "every other assumption that can be told from these files holds"


def _verdict(found: Certification, limits: Limits) -> str:
    met = found.meeting(limits)
    by = "no certificate meets it" if met is None else f"met by {_ENDS[met.name]}"
    nothing = found.nothing
    also = "" if nothing is None else f"; doing nothing {_KEEPS[limits.hold(nothing)]}"
    return f"asked for {_asked(limits)}: {by}{also}"


def _asked(limits: Limits) -> str:
    pairs = (("ε", limits.epsilon), ("relative δ", limits.relative_delta), ("τ", limits.tau))
    asked = ", ".join(f"{name} ≤ {number(limit)}" for name, limit in pairs if np.isfinite(limit))
    free = " and ".join(name for name, limit in pairs if not np.isfinite(limit))
    return f"{asked} (no limit on {free})" if free else asked

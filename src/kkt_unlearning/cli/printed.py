"""What the verbs found as a page for a reader."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from kkt_unlearning.audit import Certified, Each, End, Forgotten, Limits, Model, Nearness
from kkt_unlearning.audit.step import step_in_words
from kkt_unlearning.cli.text import number, table
from kkt_unlearning.kkt.residuals import KKTResiduals

SHOWN = 20  # samples of a list, unless all are asked for

_ENDS = {
    "unlearned": "the unlearned network itself",
    "restored": "put back into its activation cell",
    "exact": "an exact KKT point",
}
_HEAD = ("certificate", "ε", "bound", "δ", "bound", "relative δ", "τ")
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
    return "\n\n".join(
        [
            f"{_network(model)}, {len(y)} samples\n"
            f"smallest margin {number(found.smallest_margin)}; all that follows is for the network scaled to "
            "smallest margin 1",
            _residuals(found, ("autograd",) if model.u is None else tuple(_DERIVATIVES)),
            _exact_point(found) if model.u is None else f"{_exact_point(found)}\n{_kinks(found)}",
            f"data as the network sees them: ψ = {number(found.psi)}, φ {_phi(found)}",
            _samples(y, found, shown),
        ]
    )


def forgotten(found: Forgotten, out: str) -> str:
    """Of ``unlearn``."""
    forget = list(found.step.forget)
    before, after, multipliers = found.margins_before, found.margins_after, found.multipliers
    largest = float(multipliers.max())
    rows = [
        (str(i), number(multipliers[i], largest), number(before[i]), number(after[i]))
        for i in forget[:SHOWN]
    ]
    kept = np.delete(after, forget)
    head = (
        f"{len(forget)} of {len(after)} samples forgotten by {found.step.words}; margins for smallest margin "
        "1 before it"
    )
    return "\n\n".join(
        [
            head,
            table(("sample", "λ", "margin before", "after"), rows) + _more(len(forget), SHOWN),
            f"retained margins after the step: {number(kept.min())} to {number(kept.max())}",
            *_copies(found.copies),
            f"written: {out}",
        ]
    )


def _copies(stay: Sequence[int]) -> list[str]:
    """What a user who forgets some of several equal samples has to know."""
    if not stay:
        return []
    named = ", ".join(map(str, stay[:SHOWN])) + (", …" if len(stay) > SHOWN else "")
    return [
        f"retained, and equal to a forgotten sample: {named}; forgetting some of several copies changes "
        "nothing, as retraining without them would not, so forget these as well"
    ]


def certified(
    found: Certified,
    forget: Sequence[int],
    samples: int,
    limits: Limits | None,
    plot: str | None = None,
) -> str:
    """Of ``certify``; ``plot``: where the surface was written."""
    parts = [
        f"{len(forget)} of {samples} samples forgotten, {samples - len(forget)} retained",
        table(_HEAD, [_end(e) for e in found.ends]),
        "ε is relative to the norm of the weights scaled to smallest retained margin 1, τ is 1 − cosine to "
        "the unlearned network\n"
        "δ and its bound are in units of the multipliers λ; relative δ is δ over the mean λ that a KKT point "
        "of this length has",
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
        f"{_network(model)}, {len(y)} samples, each forgotten alone by "
        f"{step_in_words(found.start, found.fraction)}",
        _each_table(y, found, shown),
        "price: the least level that ε, relative δ and τ all keep; the last column is the price of the "
        "network left as it is\n"
        "ε is of the network put back into its activation cell, by the multipliers from before the step: at "
        "this relative δ certify finds none that is larger",
        _unmoved(found),
    ]
    if limits is not None:
        parts.append(_each_verdict(found, limits))
    if table_file is not None:
        parts.append(f"written: {table_file}")
    return "\n\n".join(parts)


def _each_table(y: np.ndarray, found: Each, shown: int) -> str:
    one, largest = found.certified, float(found.multipliers.max())
    price, idle, rows = one.step.price, one.nothing, []
    for s in found.order[:shown]:
        i = one.samples[s]
        levels = (price[s], one.step.epsilon[s], one.step.relative_delta[s], one.step.tau[s])
        numbers = [number(float(value)) for value in (*levels, idle.price[s])]
        rows.append((str(i), f"{y[i]:+g}", number(found.multipliers[i], largest), *numbers))
    return table(_EACH_HEAD, rows) + _more(len(one.samples), shown, "--all, --json or --table")


def _unmoved(found: Each) -> str:
    rows, itself = found.certified.unmoved, found.certified.itself
    if not len(rows):
        return "every sample has a multiplier, and none a copy"
    named = ", ".join(map(str, rows[:SHOWN])) + (", …" if len(rows) > SHOWN else "")
    return (
        f"{len(rows)} samples have no multiplier, or copies that take it over: {named}\n"
        f"the step leaves the network as it is, at a price of at most {number(float(itself.price))}"
    )


def _each_verdict(found: Each, limits: Limits) -> str:
    bounds = (limits.epsilon, limits.relative_delta, limits.tau)
    one, can = found.certified, len(found.within(limits))
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


def _residuals(found: Nearness, derivatives: Sequence[str]) -> str:
    rows = [
        (
            field.name.replace("_", " "),
            *(number(getattr(getattr(found, name), field.name)) for name in derivatives),
        )
        for field in fields(KKTResiduals)
    ]
    return table(("KKT residual", *(_DERIVATIVES[name] for name in derivatives)), rows)


def _phi(found: Nearness) -> str:
    if found.phi_of_all_pairs:
        return f"= {number(found.phi)}"
    return f"≥ {number(found.phi)} (of the longest samples with all others)"


def _exact_point(found: Nearness) -> str:
    return f"nearest exact KKT point: 1 − cosine {number(found.distance)}, duality gap {number(found.gap)}"


def _kinks(found: Nearness) -> str:
    cell = (
        "it lies in the activation cell of the network"
        if found.settled
        else f"the cell has not settled: {found.flipped} activations turned over {found.cells} cells, so "
        "train for longer"
    )
    return (
        f"{cell}\n"
        f"kinks: {found.kinks} pre-activations are 0 there; putting the network onto them moves it by 1 − "
        f"cosine {number(found.moved)}"
    )


def _samples(y: np.ndarray, found: Nearness, shown: int) -> str:
    largest = float(found.multipliers["exact"].max())
    order = np.argsort(-found.multipliers["exact"], kind="stable")[:shown]
    rows = [
        [str(i), f"{y[i]:+g}", number(found.margins[i])]
        + [number(found.multipliers[name][i], largest) for name in _ESTIMATES]
        for i in order
    ]
    head = ("sample", "label", "margin", *_ESTIMATES.values())
    return table(head, rows) + _more(len(y), shown)


def _more(samples: int, shown: int, options: str = "--json, and for kkt --all") -> str:
    if samples <= shown:
        return ""
    return f"\n… and {samples - shown} more (all of them: {options})"


def _end(end: End) -> tuple[str, ...]:
    # δ has the units of λ: what is round-off of it depends on them
    unit = end.mean_multiplier if np.isfinite(end.mean_multiplier) else 1.0
    numbers = (
        *(number(value) for value in (end.epsilon, end.epsilon_bound)),
        *(number(value, unit) for value in (end.delta, end.delta_bound)),
        *(number(value) for value in (end.relative_delta, end.tau)),
    )
    held = " with u′ held" if end.name == "exact" and end.epsilon > 0 else ""
    return (_ENDS[end.name] + held, *numbers)


def _assumptions(found: Certified) -> str:
    if not found.failing:
        return "every assumption that can be told from these files holds"
    lines = [
        f"does not hold: {one.name} is {'at least ' * one.at_least}{number(one.value)}, allowed "
        f"{number(one.allowed)}: {one.otherwise}"
        for one in found.failing
    ]
    return "\n".join(lines)


def _verdict(found: Certified, limits: Limits) -> str:
    met = found.meeting(limits)
    by = "no certificate meets it" if met is None else f"met by {_ENDS[met.name]}"
    return f"asked for {_asked(limits)}: {by}"


def _asked(limits: Limits) -> str:
    pairs = (("ε", limits.epsilon), ("relative δ", limits.relative_delta), ("τ", limits.tau))
    return ", ".join(f"{name} ≤ {number(limit)}" for name, limit in pairs if np.isfinite(limit))

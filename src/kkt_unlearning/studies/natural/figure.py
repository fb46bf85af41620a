"""What the step costs on natural data as they are and made more orthogonal, beside doing nothing."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.natural.assumption import UNTESTED, Finding, finding, forgotten_support
from kkt_unlearning.studies.notes import note
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import Table, median, rows, select, stack, summarise

FLOOR = 1e-3
QUANTITIES = (
    "cost",
    "nothing_cost",
    "epsilon",
    "relative_delta",
    "tau",
    "tau_star",
    "accuracy_original",
    "accuracy_unlearned",
)
GEOMETRY = ("psi", "phi", "gram_condition", "rank", "separable")
NAMES = {"digits": "digits", "tabular": "measurements", "text": "texts"}
GAUSSIAN = "gaussian"
_ROOM = 15.0  # right of the largest φ, as a factor, for the names of the data sets


def draw(
    digits: Table,
    digits_dataset: Table,
    digits_multipliers: Table,
    tabular: Table,
    tabular_dataset: Table,
    tabular_multipliers: Table,
    text: Table,
    text_dataset: Table,
    text_multipliers: Table,
    gaussian: Table,
    gaussian_dataset: Table,
    gaussian_multipliers: Table,
) -> tuple[Figure, dict[str, np.ndarray]]:
    """The cost of the step against φ as the inner products shrink, a panel a network.

    Args:
        digits, tabular, text: evaluation rows of a sweep over ``mixing``, with the geometry and
            the exact multipliers of the same data.
        gaussian: the same for Gaussian data in several dimensions.

    Returns:
        The figure, and the numbers drawn, with the geometry of every setting and the verdicts.
        Medians are over forgotten support vectors; those without a certificate count as infinite.
    """
    natural = {
        "digits": (digits, digits_dataset, digits_multipliers),
        "tabular": (tabular, tabular_dataset, tabular_multipliers),
        "text": (text, text_dataset, text_multipliers),
    }
    reference = (gaussian, gaussian_dataset, gaussian_multipliers)
    found = {name: finding(*tables) for name, tables in natural.items()}
    parts = [_numbers(name, "mixing", tables, found[name]) for name, tables in natural.items()]
    drawn = stack([*parts, _numbers(GAUSSIAN, "dimension", reference)])
    networks = style.networks_of(digits)
    dominant = [_dominant(*tables[1:]) for tables in natural.values()]
    with style.styled():
        figure, axes = style.panels(3.0, (1, len(networks)), sharex=True, sharey=True)
        for panel, network in zip(axes[0], networks, strict=True):
            panel.set(title=style.name_of(network), xlabel="φ, largest inner product")
            _lines(panel, select(drawn, network=network))
            for phi in dominant:
                panel.axvline(phi, ymax=0.78, color="0.4", linewidth=0.9, linestyle="-.", zorder=0)
        axes[0, 0].set_ylabel("cost: larger of √m ε and δ / λ̄\n(lower is better)")
        style.log_scale(axes[0, 0], FLOOR)
        _phi_axis(axes[0, 0], drawn)
        _names(axes[0, 0], drawn, min(dominant))
        if marks := style.lost_marks(axes):
            figure.legend(handles=marks, loc="outside lower center")
    return figure, drawn


def _numbers(
    name: str, along: str, tables: tuple[Table, Table, Table], found: Finding | None = None
) -> dict[str, np.ndarray]:
    """Medians and bands of the certificate and the geometry at each setting, with its median φ."""
    table, dataset, multipliers = tables
    cases = _with_costs(forgotten_support(table, multipliers, along), multipliers)
    geometry = {**dataset, "network": np.full(rows(dataset), "")}
    summary = stack(
        [
            summarise(cases, [along, "network"], QUANTITIES),
            summarise(geometry, [along, "network"], GEOMETRY),
        ]
    )
    phi = {float(t): median(select(dataset, **{along: t})["phi"]) for t in dataset[along]}
    settings, size = summary.pop(along), rows(summary)
    return {
        "data": np.full(size, name),
        "verdict": np.full(size, found.verdict if found else UNTESTED),
        "setting": np.array([f"{along}={value:g}" for value in settings]),
        "phi": np.array([phi[float(value)] for value in settings]),
        **summary,
    }


def _with_costs(cases: Table, multipliers: Table) -> Table:
    """The larger of √m ε and δ/λ̄ of each case; of doing nothing √m ε, above the δ that is allowed to it."""
    root = np.sqrt(_samples(multipliers))
    cost = np.maximum(root * cases["epsilon"], cases["relative_delta"])
    return {**cases, "cost": cost, "nothing_cost": root * cases[epsilon_at(nothing=True)]}


def _lines(axes: Axes, shown: Table) -> None:
    costs = select(shown, quantity="cost")
    style.draw_lines(axes, costs, "phi", [Line({"data": GAUSSIAN}, "", "reference", ":", FLOOR)])
    for name in NAMES:
        style.draw_lines(axes, costs, "phi", [Line({"data": name}, "", name, floor=FLOOR)])
        nothing = select(shown, data=name, quantity="nothing_cost")
        order, colour = np.argsort(nothing["phi"]), style.colour_of(name)
        idle = nothing["phi"][order], nothing["median"][order]
        style.nothing_line(axes, *idle, "_", color=colour, linewidth=1.4)
        as_it_is = select(costs, data=name, setting="mixing=1")
        for x, y in zip(as_it_is["phi"], as_it_is["median"], strict=True):
            if np.isfinite(y):
                axes.plot(x, max(y, FLOOR), "o", color=colour, markersize=8, fillstyle="none")
                note(axes, (1.4 * x, max(y, FLOOR)), NAMES[name], colour, ha="left")


def _names(axes: Axes, drawn: Table, dominant: float) -> None:
    """What everything else is, in the first panel alone."""
    start = 1.15 * axes.get_xlim()[0]
    note(axes, (start, 1.2), f"dashed: {style.NOTHING}", "0.2", ha="left", va="bottom")
    key = (
        "circles: data as they are\nto the left: inner products\nscaled down\ndotted: Gaussian data"
    )
    note(axes, (0.03, 0.97), key, "0.2", ha="left", va="top", transform=axes.transAxes)
    where = "Gram matrix diagonally\ndominant left of this line"
    note(axes, (1.15 * dominant, 1.6 * FLOOR), where, "0.4", ha="left")


def _dominant(dataset: Table, multipliers: Table) -> float:
    """φ at which ``(m − 1) φ/(1 − ψ) = 1``."""
    return (1 - median(dataset["psi"])) / max(_samples(multipliers) - 1, 1)


def _samples(multipliers: Table) -> int:
    return np.unique(multipliers["sample"]).size


def _phi_axis(axes: Axes, drawn: Table) -> None:
    natural = drawn["phi"][(drawn["data"] != GAUSSIAN) & (drawn["phi"] > 0)]
    axes.set_xscale("log")
    if natural.size:
        axes.set_xlim(0.7 * natural.min(), _ROOM * natural.max())

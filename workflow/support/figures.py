"""The figures, and the tables that each is drawn from."""

from .measures import MEASURES, suffix

# figure -> argument of draw in kkt_unlearning.plotting.<figure> -> table, "experiment[.part]"
FIGURES: dict[str, dict[str, str]] = {
    "step_size": {"table": "step_size"},
    "dimension": {"table": "dimension", "dataset": "dimension.dataset"},
    "orthogonality": {"table": "orthogonality", "dataset": "orthogonality.dataset"},
    "multipliers": {"multipliers": "step_size.multipliers"},
    "digits": {
        "table": "digits",
        "dataset": "digits.dataset",
        "multipliers": "digits.multipliers",
    },
    "natural": {
        f"{data}{argument}": f"natural_{data}{part}"
        for data in ("digits", "tabular", "text", "gaussian")
        for argument, part in (
            ("", ""),
            ("_dataset", ".dataset"),
            ("_multipliers", ".multipliers"),
        )
    },
    "kinks": {"table": "kinks.stationarity"},
    "recovery": {"table": "recovery.recovery"},
    "flips": {"flips": "flips.flips", "surface": "flips.surface"},
    "convergence": {"table": "convergence.convergence"},
    "batch": {"table": "batch.batch", "stream": "batch.stream"},
    "depth": {"table": "depth.depth"},
    "membership": {"table": "membership.membership", "klom": "membership.klom"},
}

# tables that only claims rest on
_CLAIMED = ("mixture",)


def needed() -> dict[str, list[str]]:
    """What each experiment behind a figure or a claim has to measure."""
    tables = [table for drawn in FIGURES.values() for table in drawn.values()]
    found: dict[str, list[str]] = {}
    for table in dict.fromkeys([*tables, *_CLAIMED]):
        experiment = table.partition(".")[0]
        ending = table.removeprefix(experiment)
        answers = [name for name, measure in MEASURES.items() if suffix(measure.part) == ending]
        found.setdefault(experiment, []).extend(answers)
    return found


def experiments_of(figure: str) -> list[str]:
    """Experiments whose tables a figure shows."""
    return list(dict.fromkeys(table.partition(".")[0] for table in FIGURES[figure].values()))

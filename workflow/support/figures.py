"""The figures, and the tables that each is drawn from."""

from .measures import MEASURES, suffix

# figure -> argument of draw in kkt_unlearning.plotting.<figure> -> table, "experiment[.part]"
FIGURES: dict[str, dict[str, str]] = {
    "step_size": {"table": "step_size"},
    "dimension": {"table": "dimension", "dataset": "dimension.dataset"},
    "correlation": {"table": "correlation", "dataset": "correlation.dataset"},
    "blocks": {
        "correlation": "correlation",
        "correlation_dataset": "correlation.dataset",
        "blocks": "blocks",
        "blocks_dataset": "blocks.dataset",
    },
    "dependence": {
        "block": "dependence",
        "pair": "dependence.pair",
        "boundary": "dependence.boundary",
        "step": "dependence.step",
    },
    "mixture": {"table": "mixture", "dataset": "mixture.dataset"},
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

# experiments whose figures and claims rest on a sweep -> what they sweep
SWEPT = {
    "dimension": ("dimension",),
    "correlation": ("correlation",),
    "blocks": ("block_size", "correlation"),
    "mixture": ("dimension", "separation"),
    "natural_digits": ("mixing",),
    "natural_tabular": ("mixing",),
    "natural_text": ("mixing",),
    "natural_gaussian": ("dimension",),
    "depth": ("dimension",),
    "membership": ("dimension",),
}

# experiments whose figures show the prescribed step from the exact KKT point, alone or beside others
PRESCRIBED = (
    "dimension",
    "correlation",
    "blocks",
    "mixture",
    "digits",
    "natural_digits",
    "natural_tabular",
    "natural_text",
    "natural_gaussian",
)

# experiments whose figures show forget sets of one sample
SINGLE = ("blocks",)

# sections at the top of the configuration that are no experiment -> tables of the rule of their name
SECTIONS = {
    "dependence": ("dependence", "dependence.pair", "dependence.boundary", "dependence.step"),
}


def needed() -> dict[str, list[str]]:
    """What each experiment behind a figure has to measure."""
    tables = [table for drawn in FIGURES.values() for table in drawn.values()]
    found: dict[str, list[str]] = {}
    for table in dict.fromkeys(tables):
        experiment = table.partition(".")[0]
        if experiment in SECTIONS:
            continue
        ending = table.removeprefix(experiment)
        answers = [name for name, measure in MEASURES.items() if suffix(measure.part) == ending]
        found.setdefault(experiment, []).extend(answers)
    return found


def experiments_of(figure: str) -> list[str]:
    """Experiments, or other sections, whose tables a figure shows."""
    return list(dict.fromkeys(table.partition(".")[0] for table in FIGURES[figure].values()))


def section_of(figure: str) -> str:
    """Key path of the first of them."""
    first = experiments_of(figure)[0]
    return first if first in SECTIONS else f"experiments.{first}"

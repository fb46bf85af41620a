"""The ratios that are quoted elsewhere, read from the tables: nothing is typed by hand."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pandas import DataFrame


@dataclass(frozen=True)
class Headline:
    """Time of a contestant over ours: median over seeds, smallest and largest of all rounds.

    Attributes:
        key: a short name, for those who quote it.
        name: what is compared, in words.
    """

    key: str
    name: str
    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class _Place:
    """Where a headline stands: a table, and the values that select its rows."""

    key: str
    name: str
    table: str
    where: dict[str, object]


def _cell(key: str, contestant: str, words: str) -> _Place:
    where = {"width": 1000, "tolerance": 1e-9, "contestant": contestant}
    return _Place(key, f"an exact point {words}", "cell_solvers", where)


def _linear(key: str, contestant: str, words: str) -> _Place:
    where = {"sweep": "samples", "size": 100, "contestant": contestant}
    return _Place(key, f"the linear model {words} (m = 100, d = 10^4)", "linear_model", where)


_PLACES = (
    _Place(
        "step_pytorch",
        "a training step by PyTorch autograd (m = 10, d = n = 1000, constant step)",
        "training_step",
        {"rule": "constant", "contestant": "PyTorch autograd"},
    ),
    _Place(
        "step_pytorch_normalised",
        "the same with the normalised step",
        "training_step",
        {"rule": "normalised", "contestant": "PyTorch autograd"},
    ),
    _Place(
        "step_numpy",
        "a training step by plain NumPy",
        "training_step",
        {"rule": "constant", "contestant": "plain NumPy"},
    ),
    _Place(
        "step_dimension",
        "our own training step at d = 10^6, after the Gram matrix, against d = 10^3",
        "training_growth",
        {"sweep": "flat", "size": 1_000_000},
    ),
    _Place(
        "step_share",
        "the bare matrix product in a tall training step (n = 4000, m = 1000)",
        "training_growth",
        {"sweep": "tall", "contestant": "matrix product"},
    ),
    _cell("cell_cvxpy", "cvxpy + Clarabel, natural", "by cvxpy + Clarabel (m = 10, n = 1000)"),
    _cell("cell_cvxpy_condensed", "cvxpy + Clarabel, condensed", "by cvxpy + Clarabel, condensed"),
    _cell("cell_piqp", "PIQP, natural", "by PIQP"),
    _cell("cell_piqp_condensed", "PIQP, condensed", "by PIQP, condensed"),
    _cell("cell_daqp_condensed", "DAQP, condensed", "by DAQP, condensed"),
    _linear("linear_svc", "SVC, precomputed kernel", "by SVC on the Gram matrix"),
    _linear("linear_linearsvc", "LinearSVC", "by LinearSVC"),
    _linear("linear_daqp", "DAQP", "by DAQP on the Gram matrix"),
    _Place(
        "multipliers_nnls",
        "multipliers by nnls in R^d (m = 10, n = 1000)",
        "multipliers",
        {"sweep": "width", "size": 1000, "contestant": "scipy nnls, in R^d"},
    ),
    _Place(
        "multipliers_nnls_span",
        "multipliers by nnls in our span coordinates",
        "multipliers",
        {"sweep": "width", "size": 1000, "contestant": "scipy nnls, span coordinates"},
    ),
    _Place(
        "jobs_pytorch",
        "training 100 networks by PyTorch, one by one",
        "jobs",
        {"sweep": "training", "size": 100, "contestant": "PyTorch autograd, one by one"},
    ),
    _Place(
        "jobs_cvxpy",
        "exact points of 100 networks by cvxpy + Clarabel, condensed",
        "jobs",
        {"sweep": "exact", "size": 100, "contestant": "cvxpy + Clarabel, condensed"},
    ),
    _Place(
        "certificates_cvxpy",
        "a certificate by cvxpy, one at a time, against all in one batch",
        "certificates",
        {"contestant": "cvxpy + Clarabel, one at a time"},
    ),
)

KEYS = [place.key for place in _PLACES]


def markdown(results: Path) -> str:
    """The headlines as the table that the README has."""
    lines = [
        "| how many times longer it takes than ours | median | range |",
        "| --- | ---: | --- |",
    ]
    for line in headlines(results):
        middle, low, high = map(_short, (line.ratio, line.low, line.high))
        lines.append(f"| {line.name} | {middle} | {low} to {high} |")
    return "\n".join(lines)


def _short(ratio: float) -> str:
    """Two digits, and never a power of ten."""
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def headlines(results: Path) -> list[Headline]:
    """Those whose table is there and whose contestant gave an answer that passes the checks."""
    found = []
    for place in _PLACES:
        path = results / f"{place.table}.csv"
        if path.exists():
            rows = _rows(pd.read_csv(path), place.where)
            if len(rows):
                low, high = float(rows["ratio_low"].min()), float(rows["ratio_high"].max())
                middle = float(rows["ratio"].median())
                found.append(Headline(place.key, place.name, middle, low, high))
    return found


def _rows(table: DataFrame, where: dict[str, object]) -> DataFrame:
    chosen = table["outcome"] == "ok"
    for key, value in where.items():
        chosen &= table[key] == value
    return table[chosen].dropna(subset=["ratio"])


if __name__ == "__main__":
    print(markdown(Path(__file__).parent / "results"))

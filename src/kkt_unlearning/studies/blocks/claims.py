"""Blocks of correlated points beside one block of all: which number decides."""

import numpy as np

from kkt_unlearning.metrics import squared_tangent
from kkt_unlearning.studies.claim import OURS, Tables, Thresholds, claim, largest, prescribed
from kkt_unlearning.studies.summary import Table, groups, median, select, take

TABLES = ("correlation", "correlation.dataset", "blocks", "blocks.dataset")
FLOOR = (
    0.2  # least correlation: the overlap of independent samples, about 1/√d, is small against it
)


def _singles(table: Table) -> Table:
    """Cases of the linear model in which one point is forgotten, from `FLOOR` on."""
    cases = prescribed(table, "linear")
    return take(cases, (cases["forget_size"] == 1) & (cases["correlation"] >= FLOOR))


def change(cases: Table) -> float:
    """Median over cases of the squared tangent of the angle to the retrained model, after over before."""
    names = ("distance_retrained", "distance_retrained_original")
    after, before = (squared_tangent(cases[name]) for name in names)
    return median(after[before > 0] / before[before > 0])


def _factors(table: Table, dataset: Table, *along: str) -> list[float]:
    """By how much the median change misses ``e/(1 − e)``, up or down, at each point of a sweep."""
    found = []
    for key, cases in groups(_singles(table), *along):
        e = median(select(dataset, **dict(zip(along, key, strict=True)))["explained"])
        ratio = change(cases) / (e / (1 - e))
        found.append(max(ratio, 1 / ratio))
    return found


@claim(
    "In every block structure the step changes tan² of the angle to the retrained linear "
    "model by e/(1 − e), e the share of a sample's squared norm in the span of the "
    "others.",
    OURS.at("docs/questions/correlation.md, proposition 1"),
    "largest factor between the median change and e/(1 − e), one sample forgotten, "
    "correlations from 0.2 on, both sweeps",
    "at_most",
    "blocks",
    *TABLES,
)
def blocks_same_law(tables: Tables, _: Thresholds) -> float:
    one_block = _factors(tables["correlation"], tables["correlation.dataset"], "correlation")
    blocks = _factors(tables["blocks"], tables["blocks.dataset"], "block_size", "correlation")
    return largest(np.array(one_block + blocks))


@claim(
    "More than φ decides: at one correlation, one block of all samples changes more than small blocks.",
    OURS.at("docs/questions/correlation.md, section 2"),
    "change of tan² in one block over that in the smallest blocks, linear model, "
    "at the smallest correlation from 0.2 on that both sweeps have",
    "at_least",
    "blocks",
    *TABLES,
)
def blocks_phi_is_not_enough(tables: Tables, _: Thresholds) -> float:
    one, many = _singles(tables["correlation"]), _singles(tables["blocks"])
    shared = np.intersect1d(one["correlation"], many["correlation"])
    if not shared.size:
        return float("nan")
    rho, size = shared.min(), many["block_size"].min()
    return change(select(one, correlation=rho)) / change(
        select(many, correlation=rho, block_size=size)
    )


@claim(
    "A whole block is forgotten as if data were uncorrelated.",
    OURS.at("docs/questions/correlation.md, section 2"),
    "largest median 1 − cos to the retrained linear model over correlations, blocks forgotten whole",
    "at_most",
    "blocks",
    "blocks",
)
def blocks_forgotten_whole(tables: Tables, _: Thresholds) -> float:
    cases = prescribed(tables["blocks"], "linear")
    whole = take(cases, cases["forget_size"] == cases["block_size"])
    by = groups(whole, "block_size", "correlation")
    return largest(np.array([median(group["distance_retrained"]) for _, group in by]))

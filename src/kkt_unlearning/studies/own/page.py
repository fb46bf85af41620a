"""The page about an experiment of a user's own: what was measured in it, and no claim."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kkt_unlearning.studies.bootstrap import INTERVAL
from kkt_unlearning.studies.columns import DELTA
from kkt_unlearning.studies.joint import EPSILON, TAU
from kkt_unlearning.studies.own.measured import settings, told_apart
from kkt_unlearning.studies.pages.template import fill
from kkt_unlearning.studies.summary import Table, distinct, swept


def page(
    template: str,
    experiment: str,
    table: Table,
    dataset: Table,
    about: Mapping[str, Any],
    seed: int,
) -> str:
    """The template with the numbers of each setting.

    Args:
        table: rows of the measure ``certificate``; dataset: those on the geometry of the data.
        about: ``data``, settings of the data set, and ``resamples``.
        seed: root entropy of the resamples.
    """
    found = list(settings(table, told_apart(table), about["resamples"], seed))
    sizes = distinct(table, "forget_size")
    return fill(
        template,
        experiment=experiment,
        data=about["data"],
        swept=swept(table),
        settings=found,
        forget_sets=len(set(np.asarray(table["forget"]).tolist())),
        sizes=sizes,
        fractions=distinct(table, "fraction"),
        replicates=len(distinct(table, "seed")),
        resamples=about["resamples"],
        percent_of=round(100 * (INTERVAL[1] - INTERVAL[0])),
        geometry={name: _range(dataset[name]) for name in ("phi", "psi")},
        separable=bool(np.all(dataset["separable"])),
        levels={"epsilon": EPSILON, "delta": DELTA, "tau": TAU},
    )


def _range(values: np.ndarray) -> tuple[float, float]:
    return float(np.min(values)), float(np.max(values))

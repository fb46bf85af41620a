"""A small table of certificates, and what the explorer is told of it."""

import numpy as np
import result_tables

from kkt_unlearning.studies.explorer.table import study

DATASET = {"source": "gaussian", "samples": 10, "dimension": 40}
HOMES = [{"values": {"dimension": d}, "home": f"there/{d}"} for d in (40, 80)]


def certificates(**changes):
    table = result_tables.evaluation(
        (40, 80), fractions=(0.5, 1.0), starts=("exact", "trained"), **changes
    )
    size = len(table["seed"])
    labels = {"experiment": np.full(size, "mine"), "dimension": table.pop("dimension")}
    extra = {"training": np.full(size, "normalised"), "forget_size": np.ones(size, int)}
    return labels | table | extra


def told(table=None, measure="certificate", **changes):
    about = {"name": "mine", "measure": measure, "dataset": DATASET, "homes": HOMES} | changes
    return study(table=certificates() if table is None else table, **about)

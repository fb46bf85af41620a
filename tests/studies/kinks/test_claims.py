"""Claims on the stationarity residual: what cannot be measured is not tested."""

import numpy as np
import result_tables as tables

from kkt_unlearning.studies.claim import claims
from kkt_unlearning.studies.summary import select

KINKS = [claim for claim in claims() if claim.name.startswith("kinks_")]


def measured(table):
    return {c.name: c.measure({"kinks.stationarity": table}, {}) for c in KINKS}


def test_without_a_normalised_step_nothing_is_tested():
    table = tables.stationarity()
    only_constant = select(table, descent="constant")
    assert only_constant["step"].size
    assert len(KINKS) == 3
    assert np.isnan(list(measured(only_constant).values())).all()
    assert not np.isnan(list(measured(table).values())).any()

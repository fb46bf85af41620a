"""Rows of the tables: outcomes, differences, and both methods on one axis."""

import numpy as np
import pytest

from kkt_unlearning.studies.dependence.rows import (
    HARMS,
    HELPS,
    NONE,
    block_rows,
    boundary_rows,
    pair_rows,
    step_rows,
)

SIZES = (900, 100, 90, [1e-2])


def test_block_rows_hold_the_closed_forms_and_agree_with_descent():
    rows = list(block_rows(*SIZES, [0.005, 0.05, 0.112, 0.2]))
    assert [row["regime"] for row in rows] == [
        "one minimum",
        "one minimum",
        "local minimum",
        "none",
    ]
    assert [row["lemma_3"] for row in rows] == [False, True, False, False]
    assert max(row["difference"] for row in rows) < 1e-9
    assert np.isnan(rows[-1]["w_descent_ascent"]) and np.isnan(rows[-1]["numeric_descent_ascent"])


def test_outcomes_of_the_pair():
    rows = list(pair_rows(*SIZES, [0.5], [0.001, 0.01, 0.05]))
    assert [row["outcome"] for row in rows] == [HELPS, HARMS, NONE]
    assert [row["lemma_9"] for row in rows] == [False, False, False]
    assert max(row["difference"] for row in rows) < 1e-9
    assert {row["correlation"] for row in rows} == {0.8}


def test_boundaries_are_in_order():
    for row in boundary_rows(*SIZES, [0.0, 0.5, 0.9]):
        assert 0 < row["first_harmful_alpha"] < row["last_alpha"]


def test_step_rows_cover_all_settings_on_the_axis_of_the_pair():
    rows = list(step_rows([0.0, 0.5], [2, 3], [0, 1]))
    assert {(row["points"], row["others"], row["correlation"]) for row in rows} == {
        (points, others, rho) for points in (2, 3) for others in (0, 1) for rho in (0.0, 0.8)
    }
    pair = next(row for row in rows if row["points"] == 2 and row["correlation"] == 0.8)
    assert pair["ratio"] == pytest.approx(0.8 / 0.6)

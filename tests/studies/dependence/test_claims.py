"""Claims on descent-ascent: true on our own tables, and false where a table is bent."""

import numpy as np
import pytest
from result_tables import columns

from kkt_unlearning.studies.claim import claims
from kkt_unlearning.studies.dependence.rows import (
    HELPS,
    block_rows,
    boundary_rows,
    pair_rows,
    step_rows,
)

MEASURES = {claim.name: claim.measure for claim in claims()}
SIZES = (900, 100, 90, [1e-3, 1e-2])


@pytest.fixture
def results():
    alphas, overlaps = [0.005, 0.05, 0.105, 0.12], [0.0, 0.5, 0.7, 0.99]
    return {
        "dependence": columns(list(block_rows(*SIZES, alphas))),
        "dependence.pair": columns(list(pair_rows(*SIZES, overlaps, alphas))),
        "dependence.boundary": columns(list(boundary_rows(*SIZES, overlaps))),
        "dependence.step": columns(list(step_rows(overlaps, [2, 3], [0, 2]))),
    }


def test_proved_claims_hold(results):
    zero = ("fails", "bounds", "harms", "without_penalty")
    assert {MEASURES[f"dependence_{name}"](results, {}) for name in zero} == {0.0}
    for name in ("closed_forms", "step_law", "direction"):
        assert MEASURES[f"dependence_{name}"](results, {}) < 1e-7
    assert MEASURES["dependence_prescribed_step"](results, {}) == pytest.approx(0.8)


def test_a_closed_form_that_is_off_is_found(results):
    results["dependence.pair"]["difference"][3] = np.inf
    assert MEASURES["dependence_closed_forms"](results, {}) == np.inf


def test_a_case_that_comes_closer_breaks_lemma_3(results):
    table = results["dependence"]
    table["away"] = np.where(table["lemma_3"], -1.0, 0.0)
    assert MEASURES["dependence_fails"](results, {}) == table["lemma_3"].sum() > 0


def test_a_minimum_that_is_missing_breaks_lemma_3(results):
    table = results["dependence"]
    table["away"] = np.where(table["lemma_3"], np.nan, 0.0)
    assert MEASURES["dependence_fails"](results, {}) == table["lemma_3"].sum() > 0


def test_a_direction_that_is_missed_is_found(results):
    table = results["dependence.step"]
    table["cosine_after"][table["others"] > 0] = 0.3  # there the direction is not exact
    assert MEASURES["dependence_direction"](results, {}) < 1e-7
    table["cosine_after"][table["others"] == 0] = 0.2
    assert MEASURES["dependence_direction"](results, {}) == 0.2


def test_bounds_that_are_missed_are_counted(results):
    results["dependence"]["lemma_4_bound"][0] = 0.0
    results["dependence"]["lemma_5_bound"][-2] = 1e3
    assert MEASURES["dependence_bounds"](results, {}) == 2


def test_a_pair_that_is_helped_breaks_lemma_9(results):
    table = results["dependence.pair"]
    table["outcome"] = np.full(len(table["outcome"]), HELPS)
    assert MEASURES["dependence_harms"](results, {}) == table["lemma_9"].sum() > 0


def test_a_limit_that_stays_is_found(results):
    results["dependence.boundary"]["last_alpha"][:] = 0.1
    assert MEASURES["dependence_without_penalty"](results, {}) == pytest.approx(1.0)


def test_a_step_that_never_harms_has_no_first_correlation(results):
    results["dependence.step"]["ratio"][:] = 0.5
    assert MEASURES["dependence_prescribed_step"](results, {}) == np.inf
    assert MEASURES["dependence_step_law"](results, {}) > 0.3

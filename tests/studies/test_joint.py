"""The joint criterion on tables whose truth is known, and its levels beside the thresholds of claims."""

from pathlib import Path

import numpy as np
import pytest
import result_tables as tables
import yaml

from kkt_unlearning.studies import columns, joint
from kkt_unlearning.studies.claim import claims

MEASURES = {claim.name: claim.measure for claim in claims()}
THRESHOLDS = yaml.safe_load(Path("config/claims.yaml").read_text(encoding="utf-8"))["claims"]


def table(seeds=4, **overrides):
    """All three levels are kept, and doing nothing costs ε = 0.3, unless an override says so."""
    kept = {"epsilon_at_0.1": 0.02, "tau": 0.001, "nothing_at_0.1": 0.3, "nothing_tau": 0.0}
    rules = {name: lambda case, value=value: value for name, value in kept.items()}
    return tables.evaluation(
        (100.0, 1000.0), starts=("exact", "trained"), seeds=seeds, **rules | overrides
    )


def test_the_levels_are_those_that_claims_ask_of_medians():
    assert THRESHOLDS["two_layer_epsilon"]["at_most"] == joint.EPSILON
    assert THRESHOLDS["two_layer_tau"]["at_most"] == joint.TAU
    assert columns.DELTA == THRESHOLDS["two_layer_delta"]["at_most"] in columns.DELTAS


def test_one_level_that_is_missed_is_enough_to_fail():
    half = {"epsilon_at_0.1": lambda case: 0.02 if case["seed"] % 2 else 0.04}
    other = {"tau": lambda case: 0.001 if case["seed"] < 2 else np.inf}
    assert MEASURES["two_layer_joint"]({"dimension": table()}, {}) == 1.0
    assert MEASURES["two_layer_joint"]({"dimension": table(**half)}, {}) == 0.5
    # medians of either alone would pass: a quarter of the cases keeps both
    assert MEASURES["two_layer_joint"]({"dimension": table(**half, **other)}, {}) == 0.25


def test_the_joint_claims_are_of_the_largest_dimension_and_of_their_start():
    found = table()
    found["epsilon_at_0.1"] = np.where(found["start"] == "trained", 1.0, found["epsilon_at_0.1"])
    found["epsilon_at_0.1"] = np.where(found["dimension"] < 1000, 1.0, found["epsilon_at_0.1"])
    results = {"dimension": found}
    assert MEASURES["two_layer_joint"](results, {}) == 1.0
    assert MEASURES["two_layer_joint_trained"](results, {}) == 0.0


def test_doing_nothing_is_judged_by_its_own_columns():
    assert MEASURES["two_layer_joint_nothing"]({"dimension": table()}, {}) == 0.0
    idle = table(**{"nothing_at_0.1": lambda case: 0.01})
    assert MEASURES["two_layer_joint_nothing"]({"dimension": idle}, {}) == 1.0
    assert joint.share(idle, nothing=True) == 1.0


def test_the_step_is_held_against_doing_nothing():
    harmful = table(**{"epsilon_at_0.1": lambda case: 0.6})
    assert MEASURES["two_layer_against_nothing"]({"dimension": harmful}, {}) == pytest.approx(2.0)


def test_no_case_has_no_share():
    assert np.isnan(joint.share({name: values[:0] for name, values in table().items()}))

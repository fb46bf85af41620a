import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "deep"))
from depth_table import depth_table

from kkt_unlearning.studies.claim import claims

MEASURES = {claim.name: claim.measure for claim in claims()}


def measured(name, **rules):
    return MEASURES[f"depth_{name}"]({"depth.depth": depth_table(**rules)}, {})


def test_the_residual_is_that_of_the_worse_of_the_deeper_networks():
    values = {"deep2": 9.0, "deep3": 0.02, "deep4": 0.03}
    assert measured("near_kkt", residual=lambda row: values[row["network"]]) == 0.03


def test_the_control_is_the_network_of_two_layers():
    error = {"deep2": 0.01, "deep3": np.nan, "deep4": np.nan}
    assert measured("control", multiplier_error=lambda row: error[row["network"]]) == 0.01


def test_help_is_measured_at_the_prescribed_step_with_all_layers_alike():
    def distance(row):
        asked = row["layers"] == "equal" and row["fraction"] == 1.0
        return {"deep3": 0.05, "deep4": 0.07}.get(row["network"], 9.0) if asked else 9.0

    assert measured("helps", distance_retrained=distance) == pytest.approx(0.7)


@pytest.mark.parametrize(("best", "found"), [(1.0, 1.0), (0.5, 0.5), (1.5, 1.5)])
def test_the_best_fraction_furthest_from_the_prescribed_one(best, found):
    def epsilon(row):
        own = best if row["network"] == "deep4" else 1.0
        halved = row["layers"] == "halved"
        return 9.0 * row["fraction"] - 99.0 if halved else abs(row["fraction"] - own) + 0.1

    assert measured("prescribed_step", **{"epsilon_at_0.1": epsilon}) == found


def test_a_case_that_lost_a_margin_is_worse_than_any_number():
    rule = {"epsilon_at_0.1": lambda row: np.inf if row["fraction"] > 0.5 else 1.0}
    lost = measured("prescribed_step", **rule)
    assert lost == 0.5


def test_the_gain_of_the_halved_step_is_that_of_the_worse_network():
    def epsilon(row):
        worse = 0.8 if row["network"] == "deep4" else 0.1
        return worse if row["layers"] == "halved" else 1.0

    assert measured("halved_step", **{"epsilon_at_0.1": epsilon}) == pytest.approx(0.8)


def test_doing_nothing_is_compared_at_the_largest_dimension_with_all_layers_alike():
    def epsilon(row):
        asked = (row["layers"], row["fraction"], row["dimension"]) == ("equal", 1.0, 10000)
        return {"deep3": 0.3, "deep4": 0.5}.get(row["network"], 9.0) if asked else 9.0

    rules = {"epsilon_at_0.1": epsilon, "nothing_at_0.1": lambda row: 0.2}
    assert measured("against_nothing", **rules) == pytest.approx(2.5)


def test_the_exponent_is_the_smaller_one():
    power = {"deep3": 2.0, "deep4": 0.4}
    found = measured(
        "epsilon_falls",
        **{"epsilon_at_0.1": lambda row: row["phi"] ** power.get(row["network"], 9)},
    )
    assert found == pytest.approx(0.4)
    assert np.isnan(measured("epsilon_falls", dimensions=(100, 1000)))


@pytest.mark.parametrize("lost", ["deep3", "deep4"])
def test_a_network_without_any_certificate_leaves_the_exponent_open(lost):
    def epsilon(row):
        return np.inf if row["network"] == lost else row["phi"]

    assert np.isnan(measured("epsilon_falls", **{"epsilon_at_0.1": epsilon}))


def test_the_cosine_is_taken_at_the_largest_dimension():
    def cosine(row):
        return 0.05 if row["dimension"] == 10000 else 0.9

    assert measured("hidden_orthogonal", input_cosine=cosine) == 0.05


def test_the_share_leaves_out_what_restoring_undoes():
    sizes = {"part_cell": 0.3, "part_training": 0.1, "part_left": 0.0, "part_flips": 9.0}

    def size(value):  # at smaller dimensions and in other networks there is no cell term
        asked = {"network": "deep3", "dimension": 10000}
        return lambda row: value * (value != 0.3 or all(row[key] == asked[key] for key in asked))

    rules = {name: size(value) for name, value in sizes.items()}
    assert measured("cell_linearity", **rules) == pytest.approx(0.75)


def test_without_the_deeper_networks_nothing_is_measured():
    names = ("near_kkt", "helps", "prescribed_step", "halved_step", "epsilon_falls")
    for name in (*names, "against_nothing"):
        assert np.isnan(measured(name, networks=("deep2",)))
    assert np.isnan(measured("hidden_orthogonal", networks=("deep2",)))
    assert np.isnan(measured("cell_linearity", networks=("deep2",)))


def test_networks_that_were_never_trained_replicate_nothing():
    rules = {key: (lambda row: np.inf) for key in ("epsilon_at_0.1", "residual")}
    rules |= {"distance_retrained": lambda row: np.nan}
    assert measured("near_kkt", **rules) == np.inf
    assert measured("prescribed_step", **rules) != 1.0
    for name in ("helps", "halved_step", "epsilon_falls"):
        assert np.isnan(measured(name, **rules))

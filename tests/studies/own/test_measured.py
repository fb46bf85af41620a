"""What was measured in each setting, on tables of known numbers."""

import numpy as np
import pytest
import result_tables as tables

from kkt_unlearning.studies.bootstrap import intervals
from kkt_unlearning.studies.own.measured import Number, settings, told_apart
from kkt_unlearning.studies.own.page import page
from kkt_unlearning.studies.summary import median
from tests.own_runs import named

TEMPLATE = "workflow/report/own.md.j2"


def table(**overrides):
    found = tables.evaluation(
        (100, 1000), tables.FRACTIONS, ("exact", "trained"), seeds=5, **overrides
    )
    return named(found)


def test_there_is_a_setting_for_each_point_network_and_start():
    found = list(settings(table(), told_apart(table())))
    assert len(found) == 2 * 2 * 2
    assert found[0].title == "linear model, dimension 100, from the exact KKT point"
    assert {(one.cases, one.replicates, one.fraction) for one in found} == {(5, 5, 1.0)}


def test_the_numbers_are_medians_after_the_prescribed_step():
    one, *_ = settings(
        table(epsilon=lambda case: case["seed"] + 10 * case["fraction"]), ["dimension", "network"]
    )
    assert one.numbers["epsilon"].value == 12.0  # of 10 to 14


def test_without_the_prescribed_step_the_nearest_one_counts():
    found = tables.evaluation(fractions=(0.2, 0.7, 1.6))
    (linear, _) = settings(named(found), ["network"])
    assert linear.fraction == 0.7


def test_the_share_is_of_cases_with_all_three_small():
    small = {name: lambda case: 0.001 for name in ("epsilon_at_0.1", "tau")}
    found = table(**small | {"tau": lambda case: 0.001 if case["seed"] < 2 else 1.0})
    one, *_ = settings(found, ["dimension", "network"])
    assert one.numbers["share"].value == pytest.approx(2 / 5)
    assert one.numbers["nothing_share"].value == 0.0


def test_cases_that_do_not_separate_are_counted_and_the_best_step_is_found():
    found = table(
        epsilon=lambda case: np.inf if case["seed"] == 0 else 0.1,
        **{"epsilon_at_0.1": lambda case: abs(case["fraction"] - 1.5)},
        epsilon_clarke=lambda case: case["fraction"],
    )
    one, *_ = settings(found, ["dimension", "network"])
    assert one.lost == 1
    assert one.best == (1.5, 0.0)


def test_an_interval_has_the_value_and_one_replicate_has_none():
    """Resampled means of 0 … 49 have a standard error of 14.4/√50, as an independent formula says."""
    found = {"seed": np.arange(50), "value": np.arange(50.0)}
    measures = {"mean": lambda rows: float(np.mean(rows["value"]))}
    low, high = intervals(found, measures, 2000, 1)["mean"]
    error = np.std(found["value"]) / np.sqrt(50)
    assert (low, high) == pytest.approx((24.5 - 1.96 * error, 24.5 + 1.96 * error), abs=0.3 * error)
    alone = {"seed": np.zeros(3, int), "value": np.arange(3.0)}
    assert np.isnan(intervals(alone, measures, 10, 1)["mean"]).all()
    assert median([low, high]) < 25.5


def test_intervals_are_apart_only_where_both_are_known():
    assert Number(1.0, 0.9, 1.1).apart(Number(2.0, 1.2, 2.5))
    assert not Number(1.0, 0.9, 1.3).apart(Number(2.0, 1.2, 2.5))
    assert not Number(1.0).apart(Number(2.0, 1.2, 2.5))
    assert (str(Number(0.06251)), str(Number(1.0, 0.5, 2.0))) == ("0.0625", "1 (0.5 … 2)")


def test_a_page_of_one_replicate_says_that_it_has_no_intervals(pytestconfig):
    template = (pytestconfig.rootpath / TEMPLATE).read_text(encoding="utf-8")
    one = named(tables.evaluation(seeds=1, epsilon=lambda case: np.inf))
    geometry = {name: np.array([0.25]) for name in ("phi", "psi")} | {
        "separable": np.array([False])
    }
    text = page(template, "mine", one, geometry, {"data": "source=file", "resamples": 10}, 0)
    assert "leaves a median ε of infinite" in text
    assert "In 1 of the cases the step leaves a retained sample on the wrong side" in text
    assert "With one replicate there are no intervals: set `replicates`." in text
    assert "not linearly separable" in text

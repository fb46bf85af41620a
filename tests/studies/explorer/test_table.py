"""What the page is told of a table is in the table."""

import json

import numpy as np
import pytest
import result_tables
from explorer_tables import DATASET, HOMES, certificates, told

from kkt_unlearning.studies import style
from kkt_unlearning.studies.explorer.shown import (
    PANELS,
    QUANTITIES,
    WAY_PANELS,
    WAY_QUANTITIES,
    WAYS,
    data,
    way,
)
from kkt_unlearning.studies.explorer.table import KINDS, plain
from kkt_unlearning.studies.study import measures
from kkt_unlearning.unlearning.registry import METHODS


def settings(found):
    """Values of each setting, by the name of the parameter."""
    names = [parameter["name"] for parameter in found["parameters"]]
    values = [parameter["values"] for parameter in found["parameters"]]
    return [
        {name: value[n] for name, value, n in zip(names, values, point, strict=True)}
        for point in found["points"]
    ]


def test_every_setting_is_there_once_with_median_band_and_counts():
    table = certificates(epsilon=lambda case: 0.1 * case["seed"] + case["fraction"])
    found = told(table)
    assert len(found["points"]) == 2 * 2 * 2 * 2 == len({tuple(p) for p in found["points"]})
    for setting, values in zip(settings(found), found["values"]["epsilon"], strict=True):
        step = setting["fraction"]
        assert values == [pytest.approx(step + part) for part in (0.1, 0.0, 0.2)] + [3, 0]
    assert set(found["networks"]) == set(found["replicates"]) == {3}


def test_what_is_infinite_or_not_measured_is_told_as_such():
    found = told(
        certificates(
            tau_star=lambda case: np.inf if case["seed"] else 0.5,
            epsilon=lambda case: np.nan if case["fraction"] == 1.0 else 0.25,
            kappa=lambda case: np.nan,
        )
    )
    assert found["values"]["tau_star"][0] == ["Infinity", 0.5, "Infinity", 3, 2]
    for setting, values in zip(settings(found), found["values"]["epsilon"], strict=True):
        nothing = [None, None, None, 0, 0]
        assert values == (nothing if setting["fraction"] == 1.0 else [0.25, 0.25, 0.25, 3, 0])
    assert "kappa" not in found["values"]  # not measured anywhere
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1 / 3, 0.333333),
        (123456789.0, 123457000.0),
        (0.0, 0.0),
        (float("-inf"), "-Infinity"),
        (7, 7),
    ],
)
def test_numbers_have_six_digits(value, shown):
    assert plain(value) == shown


def test_parameters_are_what_tells_settings_apart_in_order():
    shown = {parameter["name"]: parameter for parameter in told()["parameters"]}
    assert list(shown) == ["dimension", "network", "training", "start", "forget_size", "fraction"]
    assert shown["dimension"]["values"] == [40, 80] and shown["dimension"]["numeric"]
    assert shown["network"]["titles"] == ["linear model", "two-layer ReLU"]
    assert not shown["network"]["numeric"]


@pytest.mark.parametrize(
    ("values", "logarithmic"), [((40, 80), False), ((40, 400), True), ((0, 400), False)]
)
def test_wide_sweeps_have_a_logarithmic_axis(values, logarithmic):
    table = certificates()
    table["dimension"] = np.where(table["dimension"] == 40, *values)
    assert told(table)["parameters"][0]["logarithmic"] is logarithmic


def test_settings_know_where_their_data_lie():
    found = told()
    homes = {
        setting["dimension"]: home
        for setting, home in zip(settings(found), found["homes"], strict=True)
    }
    assert homes == {40: "there/40", 80: "there/80"}
    assert set(told(homes=HOMES[:1])["homes"]) == {"there/40", ""}


def methods():
    rows = [
        {"experiment": "ways", "network": "linear", "training": "brief", "seed": seed, "forget": 0}
        | {"forget_size": 1, "method": method, "start": "trained", "beta": beta, "steps": steps}
        | {
            "cost": 10.0 * steps,
            "cost_dual": 4.0 + seed,
            "epsilon": 0.5,
            "epsilon_clarke": 0.1 * steps,
        }
        | {"tau_star": 0.1, "distance_retrained": 0.2}
        for seed in range(3)
        for method, beta, steps in (
            ("nothing", np.nan, 0),
            ("neggrad_plus", 0.5, 1),
            ("neggrad_plus", 0.5, 9),
            ("mine", 0.9, 9),
        )
    ]
    return result_tables.columns(rows)


def test_ways_to_forget_are_told_apart_by_method_start_and_beta():
    found = told(methods(), "recovery", homes=[{"values": {}, "home": "ways/base"}])
    assert list(found["ways"]) == [
        "nothing trained -1",
        "neggrad_plus trained 0.5",
        "mine trained 0.9",
    ]
    assert found["ways"]["neggrad_plus trained 0.5"]["title"] == "NegGrad+, β = 0.5"
    assert found["ways"]["mine trained 0.9"]["title"] == "mine (from the trained weights)"
    made = [(setting["way"], setting["steps"]) for setting in settings(found)]
    at = made.index(("neggrad_plus trained 0.5", 9))
    assert found["values"]["gradients"][at][:3] == [95.0, 94.0, 96.0]
    assert found["values"]["epsilon_least"][at][0] == 0.5
    assert found["values"]["epsilon_least"][made.index(("neggrad_plus trained 0.5", 1))][0] == 0.1
    assert set(found["homes"]) == {"ways/base"}


def test_every_way_of_the_pipeline_has_a_name_of_its_own():
    titles = [way(*key, -1.0).title for key in WAYS]
    retrained = {"retraining", "retrained"}
    assert {method for method, _ in WAYS} == {*METHODS.own} - {"neggrad_plus"} | retrained
    assert len(set(titles)) == len(WAYS)
    assert not any("(" in title and "β" not in title for title in titles)


def test_doing_nothing_has_a_colour_of_its_own_and_no_two_marks_are_alike():
    looks = [way(*key, -1.0) for key in WAYS] + [way("neggrad_plus", "trained", 0.5)]
    nothing, *others = looks
    assert nothing.title == style.NOTHING
    assert nothing.colour not in {look.colour for look in others}
    marks = [(look.colour, look.symbol) for look in looks if look.symbol != "circle"]
    assert len(set(marks)) == len(marks)
    lines = [look.colour for look in looks if look.symbol == "circle"]
    assert max(map(lines.count, lines)) <= 2  # told apart by dashes


@pytest.mark.parametrize(
    ("quantities", "panels"), [(QUANTITIES, PANELS), (WAY_QUANTITIES, WAY_PANELS)]
)
def test_every_line_has_its_diagram_and_a_colour(quantities, panels):
    drawn = [quantity for quantity in quantities if quantity.panel]
    assert {quantity.panel for quantity in drawn} == {panel.name for panel in panels}
    assert all(quantity.described()["colour"].startswith("#") for quantity in drawn)
    looks = [(quantity.panel, quantity.colour, quantity.dash) for quantity in drawn]
    if quantities is QUANTITIES:  # the others are lines of a way, which has the colour
        assert len(set(looks)) == len(looks)


def test_a_data_set_is_named_by_its_source_and_which_of_its_kind():
    assert data(DATASET) == "Gaussian"
    assert data({"source": "tabular", "name": "wine"}) == "tabular: wine"
    assert data({"source": "file", "path": "a/b.npz"}) == "file: a/b.npz"
    assert data({"source": "new"}) == "new"


def test_every_measure_that_is_explored_has_its_kind():
    assert {name for name, measure in measures().items() if measure.explored} == KINDS.keys()

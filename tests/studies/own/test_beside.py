"""Runs beside one another: the lines of the figure, the numbers, and which of them are apart."""

import numpy as np
import pytest
import result_tables as tables

from kkt_unlearning.studies.own.beside import differences, draw, sweeps
from tests.own_runs import named


def table(shift: float = 0.0, values=(np.nan,), **overrides):
    rules = {"epsilon": lambda case: shift + 0.01 * case["seed"]} | overrides
    return named(
        tables.evaluation(values, tables.FRACTIONS, ("exact", "trained"), seeds=6, **rules)
    )


def test_every_run_is_drawn_and_has_its_name_at_the_end_of_its_line_once_a_row():
    figure, drawn = draw({"first": table(), "second run": table(0.5)})
    assert set(drawn["run"]) == {"first", "second run"}
    for row in np.reshape(figure.axes, (4, 2)):
        labels = [text for text in row[-1].texts if text.get_text() in ("first", "second run")]
        assert len(labels) == 2
        heights = sorted(text.get_position()[1] for text in labels)
        assert heights[1] - heights[0] > 0.08  # no label over another
        assert len({text.get_color() for text in labels}) == 2


def test_an_infinite_end_and_a_missing_start_can_be_drawn():
    lost = table(**{"epsilon_at_0.1": lambda case: np.inf})
    start = named(tables.evaluation(fractions=(1.0,), starts=("trained",)))
    figure, _ = draw({"lost": lost, "trained alone": start})
    figure.canvas.draw()


def test_numbers_are_apart_where_their_intervals_are():
    found = {
        (one.setting, one.quantity): one
        for one in differences({"a": table(), "b": table(0.5)}, 50, 1)
    }
    apart = found["linear model, from the exact KKT point", "epsilon"]
    assert (apart.apart, apart.numbers["a"].value) == (True, pytest.approx(0.025))
    assert apart.numbers["b"].value == pytest.approx(0.525)
    assert found["linear model, from the exact KKT point", "tau"].apart is False
    assert {one.apart for one in differences({"a": table(), "b": table()}, 0, 1)} == {None}


def test_a_setting_of_one_run_alone_has_no_number_in_the_other():
    runs = {"a": table(values=(10, 20)), "b": table(values=(20, 30))}
    found = list(differences(runs, 0, 1))
    (ten,) = (
        one
        for one in found
        if one.quantity == "tau"
        and one.setting.startswith("linear model, dimension 10, from the e")
    )
    assert ten.numbers["b"] is None and ten.numbers["a"].value == 0.1


def test_what_one_run_alone_sweeps_is_said_to_be_pooled():
    runs = {"a": table(values=(10, 20)), "b": table()}
    assert sweeps(runs) == {"dimension": {"a": [10, 20]}}
    assert {one.setting for one in differences(runs, 0, 1)} == {
        f"{network}, {start}"
        for network in ("linear model", "two-layer ReLU")
        for start in ("from the exact KKT point", "from the trained weights")
    }

"""The figure of growth: shares by hand, certified steps alone in the bottom row, one size alone."""

import itertools

import numpy as np
import pytest
from result_tables import columns

from kkt_unlearning.studies import style
from kkt_unlearning.studies.growth.figure import draw

SIZES = (20, 200, 1500)


def tables(sizes=SIZES, seeds=2):
    steps = [
        {
            **{"experiment": "growth", "samples": m, "network": "growth", "seed": s, "forget": f},
            **{"rank": f / 2, "support": m // 10 + s, "distance_trained": 0.01, "multiplier": 1.0},
            **{"multiplier_share": 1.0, "coupling": 0.2},
            **{"smallest_margin": 0.5 - f, "separates": int(f < 1), "crossed": 0.1},
            **{"epsilon_clarke": np.inf if f else 0.3, "epsilon": np.inf if f else 0.01},
            **{"relative_delta": np.inf if f else 2.0, "tau": 1e-4, "tau_star": 1e-3},
            "outcome": "not separating" if f else "certified",
        }
        for m, s, f in itertools.product(sizes, range(seeds), range(3))
    ]
    points = [
        {"samples": m, "network": "growth", "seed": s, "cells": 2, "flipped": m // 20}
        for m, s in itertools.product(sizes, range(seeds))
    ]
    ranks = [{"samples": m, "seed": s, "rank": min(m, 61)} for m in sizes for s in range(seeds)]
    return columns(steps), columns(points), columns(ranks)


def of(drawn, quantity):
    found = drawn["quantity"] == quantity
    order = np.argsort(drawn["samples"][found])
    return drawn["median"][found][order].tolist()


def test_each_panel_has_its_message():
    figure, drawn = draw(*tables())
    assert len({len(column) for column in drawn.values()}) == 1
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [
        *("support", "separation", "way from training", "stationarity", "slackness", "way back")
    ]
    assert all(axes.get_ylabel() for axes in figure.axes)
    assert all(axes.get_xlabel() == "samples m" for axes in figure.axes[3:])


def test_the_numbers_drawn():
    _, drawn = draw(*tables())
    assert of(drawn, "samples") == [20, 200, 1500]
    assert of(drawn, "support") == [2.5, 20.5, 150.5]
    assert of(drawn, "separates") == pytest.approx([1 / 3] * 3)
    assert of(drawn, "separates_smallest") == [1, 1, 1]
    assert of(drawn, "separates_median") == of(drawn, "separates_largest") == [0, 0, 0]
    assert of(drawn, "epsilon_clarke") == [0.3] * 3  # of the certified steps
    assert of(drawn, "relative_delta") == [2.0] * 3
    assert of(drawn, "flipped") == [1, 10, 75]


def test_the_rank_of_the_largest_data_is_marked():
    figure, _ = draw(*tables())
    for axes in figure.axes:
        marks = [line for line in axes.lines if line.get_linestyle() == "-."]
        assert [line.get_xdata()[0] for line in marks] == [61]


def test_it_draws_one_size_and_steps_none_of_which_is_certified(tmp_path):
    steps, points, ranks = tables(sizes=(4,), seeds=1)
    steps["outcome"] = np.full(3, "not separating")
    figure, drawn = draw(steps, points, ranks)
    assert "epsilon" not in drawn["quantity"].tolist()
    style.save(figure, tmp_path / "a.pdf", tmp_path / "a.png")

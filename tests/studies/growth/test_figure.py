"""The figure of growth: shares by hand, separating steps alone, exponents, names of lines."""

import itertools

import numpy as np
import pytest
from result_tables import columns

from kkt_unlearning.studies import style
from kkt_unlearning.studies.growth.figure import draw
from kkt_unlearning.studies.growth.study import DATA

SIZES = (20, 200, 2000)
NAMES = ["digits", "MNIST", "measurements", "texts"]


def table(sizes=SIZES, seeds=2, factor=1.0):
    steps = [
        {
            **{"experiment": "growth", "samples": m, "network": "growth", "seed": s, "forget": f},
            **{"rank": f / 2, "support": factor * m**0.5, "distance_trained": 0.01 * (s + 1)},
            **{"multiplier": 1.0, "multiplier_share": 1.0, "coupling": 0.2},
            **{"smallest_margin": 0.5 - f, "separates": int(f < 1), "crossed": 0.1 * (f + 1)},
            **{"epsilon_clarke": np.inf if f else 0.3, "epsilon": np.inf if f else 0.01},
            **{"relative_delta": np.inf if f else 1 / m, "tau": 1e-4, "tau_star": 1e-3},
            **{"nothing_epsilon": (1 + f) / m},
            "outcome": "not separating" if f else "separating",
        }
        for m, s, f in itertools.product(sizes, range(seeds), range(3))
    ]
    return columns(steps)


def drawn_of(**changes):
    return draw(**{data: table(**changes) for data in DATA})


def of(drawn, quantity, column="median", data="mnist"):
    found = (drawn["quantity"] == quantity) & (drawn["data"] == data)
    order = np.argsort(drawn["samples"][found])
    return drawn[column][found][order].tolist()


def test_each_panel_names_a_line_for_each_data_set_and_doing_nothing():
    figure, drawn = drawn_of()
    assert len({len(column) for column in drawn.values()}) == 1
    assert len(figure.axes) == 2
    for axes in figure.axes:
        assert axes.get_title() and axes.get_ylabel() and axes.get_xlabel() == "samples m"
        assert [text.get_text() for text in axes.texts] == [style.NOTHING, *NAMES]
        (dashed,) = (line for line in axes.lines if line.get_linestyle() == "--")
        assert list(dashed.get_ydata()) == [1.0, 1.0]


def test_the_numbers_drawn():
    _, drawn = drawn_of()
    assert of(drawn, "support") == pytest.approx(np.sqrt(SIZES))
    assert of(drawn, "distance_trained") == pytest.approx([0.015] * 3)  # one row a network
    assert of(drawn, "crossed") == pytest.approx([0.2] * 3)
    assert of(drawn, "separates") == pytest.approx([1 / 3] * 3)
    assert of(drawn, "separates_smallest") == [1, 1, 1]
    assert of(drawn, "separates_median") == of(drawn, "separates_largest") == [0, 0, 0]
    assert of(drawn, "epsilon_clarke") == [0.3] * 3  # of the separating steps
    assert of(drawn, "relative_delta") == [1 / m for m in SIZES]
    assert of(drawn, "nothing_epsilon") == [1 / m for m in SIZES]  # of the separating steps too
    largest = [max(0.01, 1 / m) for m in SIZES]  # of ε, δ and τ
    over = [price * m for price, m in zip(largest, SIZES, strict=True)]
    assert of(drawn, "over_nothing") == pytest.approx(over)


def test_exponents_stand_beside_the_medians():
    _, drawn = drawn_of()
    assert of(drawn, "support", "exponent") == pytest.approx([0.5] * 3)
    assert of(drawn, "relative_delta", "exponent") == pytest.approx([-1.0] * 3)
    assert np.isnan(of(drawn, "separates", "exponent")).all()


def test_each_line_is_that_of_its_data_set():
    _, drawn = draw(**{data: table(factor=f + 1.0) for f, data in enumerate(DATA)})
    for f, data in enumerate(DATA):
        assert of(drawn, "support", data=data) == pytest.approx((f + 1.0) * np.sqrt(SIZES))


def test_it_draws_one_size_and_steps_none_of_which_separates(tmp_path):
    steps = table(sizes=(4,), seeds=1)
    steps["outcome"] = np.full(3, "not separating")
    figure, drawn = draw(**dict.fromkeys(DATA, steps))
    assert "epsilon" not in drawn["quantity"].tolist()
    style.save(figure, tmp_path / "a.pdf", tmp_path / "a.png")

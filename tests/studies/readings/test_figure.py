"""The figure of the readings: what it draws of many sizes, and where its dots stand."""

import itertools

import numpy as np
import pytest
from result_tables import columns

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import DELTAS
from kkt_unlearning.studies.readings.figure import draw
from kkt_unlearning.studies.readings.rows import column

FRACTIONS = (0.0, 0.5, 1.0, 1.5)


def table(samples=(4, 6, 8, 10), dimensions=(100, 1000), known=8):
    """θ′ has its least at 0.5 in the largest dimension alone; θ̃ is measured for up to ``known`` samples."""
    rows = []
    for m, d, seed, fraction in itertools.product(samples, dimensions, range(2), FRACTIONS):
        away = 1.0 + seed + abs(fraction - 1.0)
        restored = away if m <= known else np.nan
        row = {"samples": m, "dimension": d, "seed": seed, "fraction": fraction, "phi": 0.1}
        row |= dict.fromkeys(("kept", "refit", "predicted"), away)
        row["literal"] = away if d < max(dimensions) else 1.0 + abs(fraction - 0.5)
        row |= dict.fromkeys((column("restored", delta) for delta in (*DELTAS, np.inf)), restored)
        rows.append(row)
    return columns(rows)


def dots(axes):
    return [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]


def test_three_numbers_of_samples_are_drawn_in_the_largest_dimension():
    figure, drawn = draw(table())
    assert [dots(axes) for axes in figure.axes] == [[1.0] * 3, [1.0] * 2, [0.5] * 3]
    names = [text.get_text() for text in figure.axes[-1].texts]
    assert names == ["m = 4", "m = 8", "m = 10", style.NOTHING]
    assert set(drawn["dimension"].tolist()) == {100, 1000}
    assert set(drawn["samples"].tolist()) == {4, 6, 8, 10}


def test_lines_are_shares_of_doing_nothing():
    figure, _ = draw(table(samples=(4,)))
    shares = figure.axes[0].lines[0].get_ydata()
    steps = [np.median([(1 + s + abs(f - 1)) / (2 + s) for s in (0, 1)]) for f in FRACTIONS]
    assert shares == pytest.approx(steps)


def test_it_draws_without_any_restored_network(tmp_path):
    figure, drawn = draw(table(samples=(4,), dimensions=(100,), known=0))
    assert not dots(figure.axes[1]) and "best step" not in drawn["quantity"].tolist()
    style.save(figure, tmp_path / "a.pdf", tmp_path / "a.png")

"""Names of lines at their right ends: one a name, in its colour, none over another."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Annotation, Text

from kkt_unlearning.studies import style
from kkt_unlearning.studies.labels import apart, name_lines

HEIGHTS = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8)


@given(HEIGHTS, st.floats(0.01, 0.1))
def test_heights_are_a_line_apart_in_the_same_order_and_within_the_panel(heights, line):
    found = np.array(apart(heights, [line] * len(heights)))
    order = np.argsort(heights, kind="stable")
    assert (np.diff(found[order]) >= line - 1e-12).all()
    assert found.min() >= 0.0 and found.max() <= 1.0 + 1e-12


@given(HEIGHTS)
def test_heights_that_are_apart_stay(heights):
    spaced = np.linspace(0.05, 0.95, len(heights))
    room = [0.9 / 8] * len(heights)
    np.testing.assert_allclose(apart(spaced.tolist(), room), spaced, atol=1e-12)


@given(HEIGHTS, st.data())
def test_names_of_several_lines_keep_the_room_that_both_take(heights, data):
    room = [0.05 * data.draw(st.integers(1, 3)) for _ in heights]
    found, order = apart(heights, room), np.argsort(heights, kind="stable")
    for below, above in pairwise(order):
        assert found[above] - found[below] >= (room[above] + room[below]) / 2 - 1e-12


def test_names_that_would_cover_one_another_do_not():
    figure, axes = style.panels(2.5, (1, 2))
    for panel in axes[0]:
        for slope, name in enumerate(("alpha", "two\nlines", "gamma", "delta", "_unnamed")):
            panel.plot([1, 2], [0, 1 + 0.001 * slope], label=name)
        name_lines(panel)
    figure.draw_without_rendering()
    for panel in axes[0]:
        assert sorted(text.get_text() for text in panel.texts) == [
            "alpha",
            "delta",
            "gamma",
            "two\nlines",
        ]
        spans = sorted((box.y0, box.y1) for box in map(Text.get_window_extent, panel.texts))
        assert all(low < high for (_, low), (high, _) in pairwise(spans))


def test_a_thin_line_leads_to_each_name_where_some_are_moved():
    _, axes = style.panels(2.5, (1, 2))
    for panel, ends in zip(axes[0], ((0.5, 0.501, 0.502), (0.2, 0.5, 0.8)), strict=True):
        for name, end in zip("abc", ends, strict=True):
            panel.plot([0, 3], [0, end], label=name)
        panel.set_ylim(0, 1)
        name_lines(panel)
    moved, kept = (panel.texts for panel in axes[0])
    assert [note.xy for note in moved if isinstance(note, Annotation)] == [
        pytest.approx((3, end)) for end in (0.5, 0.501, 0.502)
    ]
    assert not any(isinstance(text, Annotation) for text in kept)


def test_lines_of_one_name_are_named_once_where_the_longest_ends():
    _, axes = style.panels(2.5, (1, 1))
    axes[0, 0].plot([0, 3], [0.2, 0.7], label="same")
    axes[0, 0].plot([0, 1], [0.9, 0.9], label="same")
    axes[0, 0].set_ylim(0, 1)
    name_lines(axes[0, 0])
    (text,) = axes[0, 0].texts
    assert text.get_position() == pytest.approx((3, 0.7))


def test_a_line_without_finite_values_has_no_name():
    _, axes = style.panels(2.5, (1, 1))
    axes[0, 0].plot([0, 1], [np.nan, np.nan], label="lost")
    name_lines(axes[0, 0])
    assert not axes[0, 0].texts

import math

import jinja2
import pytest

from kkt_unlearning.studies.pages.template import cell, distance, fill, interval, number, percent


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123456, "0.0123"),
        (1.0, "1"),
        (1.15e-5, "1.15e-05"),
        (math.nan, "not measured"),
        (math.inf, "infinite"),
        (-math.inf, "minus infinite"),
    ],
)
def test_a_number_is_written_to_three_digits_or_in_words(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "0.123 … 2"),
        ({"high": math.inf}, "0.123 … infinite"),
        ({"replicates": 0}, "one case"),
        ({"replicates": 0, "origin": "check"}, "–"),
        ({"replicates": 0, "verdict": "not tested"}, "–"),
    ],
)
def test_an_interval_or_why_there_is_none(changes, text):
    row = {"low": 0.12345, "high": 2.0, "replicates": 10, "origin": "ours", "verdict": "open"}
    assert interval(row | changes) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.949, "94 %"), (0.95, "95 %"), (0.57, "57 %"), (1.0, "100 %")],
)
def test_a_share_is_rounded_down_to_whole_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("threshold", "by", "text"),
    [
        (0.5, 0.1, "0.2"),
        (-0.25, 0.5, "2"),
        (0.0, 0.7, "0.7"),
        (1.0, math.nan, "–"),
        (2.0, math.inf, "infinite"),
    ],
)
def test_a_distance_is_over_the_size_of_the_threshold_if_it_has_one(threshold, by, text):
    assert distance({"threshold": threshold, "by": by}) == text


def test_a_bar_does_not_end_a_cell():
    assert cell("|a| ≤ 1") == "\\|a\\| ≤ 1"


def test_values_are_escaped_for_html_only():
    assert fill("{{ x }}", x="a < b") == "a < b"
    assert fill("{{ x }}", html=True, x="a < b") == "a &lt; b"


def test_the_filters_are_there():
    assert fill("{{ 'at_most' | sign }} {{ 0.5 | number }}") == "≤ 0.5"


def test_a_name_that_is_not_there_is_an_error():
    with pytest.raises(jinja2.UndefinedError, match="nothing"):
        fill("{{ nothing }}")

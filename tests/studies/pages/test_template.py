import math

import jinja2
import pytest

from kkt_unlearning.studies.pages.template import cell, fill, number


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

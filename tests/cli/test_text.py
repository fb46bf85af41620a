import math

import pytest

from kkt_unlearning.cli.text import number, table


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.12345, "0.123"),
        (math.inf, "∞"),
        (math.nan, "–"),
        (1e-11, "1e-11"),
        (-1e-13, "0"),
        (-2.0, "-2"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert number(value) == text


def test_what_is_round_off_depends_on_the_size_of_the_kind():
    assert number(3e-16) == "0"
    assert number(3e-16, size=1e-16) == "3e-16"
    assert number(3.0, size=1e16) == "0"


def test_columns_are_aligned():
    text = table(("name", "ε"), [("a", "0.1"), ("longer name", "10")])
    assert text.splitlines() == ["name           ε", "a            0.1", "longer name   10"]

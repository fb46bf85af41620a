"""Lists whose entries must differ, against jsonschema's own comparison of each with each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from workflow.support.configuration.mistakes import ConfigurationError
from workflow.support.configuration.schema import check_schema

UNIQUE = {"type": "array", "uniqueItems": True}

scalars = st.none() | st.booleans() | st.sampled_from([0, 1, -0.0, 1.0, 2, 2.0, 0.5, "", "1", "a"])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)


def passes(value) -> bool:
    try:
        check_schema(value, UNIQUE)
    except ConfigurationError:
        return False
    return True


@given(st.lists(values, max_size=4))
def test_entries_are_equal_where_jsonschema_finds_them_equal(value):
    assert passes(value) == Draft202012Validator(UNIQUE).is_valid(value)


@pytest.mark.parametrize("last, unique", [("b", True), ("a1", False)])
def test_lists_of_many_kinds_take_no_longer_than_others(last, unique):
    # Were each compared with each, this would not end within the time of a test run.
    mixed = [index if index % 2 == 0 else f"a{index}" for index in range(200_000)]
    assert passes([*mixed, last]) == unique

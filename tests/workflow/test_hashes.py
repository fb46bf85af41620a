"""Records: what `sealed` makes, `unsealed` takes, and nothing else."""

import json
import tracemalloc

import pytest
from _hashes import sealed, unsealed
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text().filter(lambda key: key != "sha256"), VALUES))
def test_a_record_comes_back_and_is_written_as_json_writes_it(record):
    text = sealed(record)
    assert unsealed(text.encode()) == record
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


@pytest.mark.parametrize("change", [("1", "2"), ("\n", "\n\n"), ("  ", " "), ("}", "},")])
def test_another_text_is_no_record(change):
    text = sealed({"a": 1})
    with pytest.raises(ValueError):
        unsealed(text.replace(*change).encode())
    with pytest.raises(ValueError):
        unsealed(text.encode()[:-1])


def test_levels_without_end_are_no_record():
    with pytest.raises(ValueError, match="too many levels"):
        unsealed(b'{"a":' + b"[" * 10**5)


def test_a_record_of_many_levels_does_not_fill_the_memory_with_indents():
    """Written out it would be 18 MB of blanks."""
    text = b'{"a":' + b"[" * 300 + b"0," * 30_000 + b"0" + b"]" * 300 + b"}"
    tracemalloc.start()
    with pytest.raises(ValueError, match="the hash that it says"):
        unsealed(text)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3 * 10**6

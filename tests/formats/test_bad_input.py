"""(format × defect): in every cell the right numbers, or the sentence that is stored."""

import json

import bad_input
import pytest
from bad_input import DEFECTS, FORMATS, PAGE, READ, SENTENCES
from hostile import assert_one_sentence

pytestmark = pytest.mark.usefixtures("parquet_here")

STORED = json.loads(SENTENCES.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("defect", DEFECTS)
def test_every_format_with_every_defect(defect, name):
    """After a change that is meant: python -m tests.bad_input, and read what has changed."""
    found = bad_input.outcome(defect, name)
    assert found == STORED[defect].get(name)
    if found not in (None, READ):
        assert_one_sentence(found)
        assert found.startswith(name)


def test_what_is_stored_is_what_is_tried_and_what_the_page_shows():
    assert list(STORED) == list(DEFECTS)
    text = PAGE.read_text(encoding="utf-8")
    assert bad_input.page(STORED, text) == text

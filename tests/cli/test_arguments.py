import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.audit.model import OUTPUTS
from kkt_unlearning.cli.arguments import indices, parser
from kkt_unlearning.losses import LOSSES
from kkt_unlearning.unlearning.ascent import STARTS


@pytest.mark.parametrize(
    ("text", "rows"),
    [("3", [3]), ("3,17", [3, 17]), ("3, 20-22", [3, 20, 21, 22]), ("5-5", [5]), ("9,1", [9, 1])],
)
def test_rows_and_ranges(text, rows):
    assert indices(text) == rows


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "a",
        "-1",
        "3,,4",
        "3;4",
        "1.0",
        "5-3",
        "0-1000000",
        "³",
        "0x1",
        "1-2-3",
        "3 4",
        "9" * 30,
    ],
)
def test_what_is_no_list_of_rows_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="allowed are"):
        indices(text)


@given(st.text(max_size=30))
def test_any_text_is_rows_or_refused(text):
    try:
        rows = indices(text)
    except argparse.ArgumentTypeError as error:
        assert "\n" not in str(error).replace(repr(text), "")
    else:
        assert rows
        assert all(isinstance(row, int) and row >= 0 for row in rows)


COMMON = ["--data", "D.npz", "--weights", "W.npz"]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["audit"],
        ["kkt"],
        ["kkt", "--data", "D.npz"],
        ["unlearn", *COMMON],
        ["unlearn", *COMMON, "--forget", "3"],
        ["unlearn", *COMMON, "--forget", "x", "--out", "U.npz"],
        ["unlearn", *COMMON, "--forget", "3", "--out", "U.npz", "--step", "-1"],
        ["unlearn", *COMMON, "--forget", "3", "--out", "U.npz", "--step", "nan"],
        ["unlearn", *COMMON, "--forget", "3", "--out", "U.npz", "--from", "scratch"],
        ["certify", *COMMON, "--forget", "3", "--max-epsilon", "inf"],
        ["certify", *COMMON, "--forget", "3", "--max-tau", "small"],
        ["kkt", *COMMON, "--loss", "hinge"],
        ["kkt", *COMMON, "--outputs", "none"],
    ],
)
def test_bad_words_end_with_status_2(words, capsys):
    with pytest.raises(SystemExit) as end:
        parser().parse_args(words)
    assert end.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [[], ["kkt"], ["unlearn"], ["certify"]])
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit) as end:
        parser().parse_args([*verb, "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    assert "usage: kkt-unlearning" in text
    assert "Exit status: 0" in text


def test_what_may_be_chosen_is_what_the_library_allows():
    verbs = parser()._subparsers._group_actions[0].choices
    choices = {action.dest: action.choices for verb in verbs.values() for action in verb._actions}
    assert choices["start"] == STARTS
    assert choices["outputs"] == OUTPUTS
    assert choices["loss"] == tuple(LOSSES)

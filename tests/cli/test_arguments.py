import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.audit.model import OUTPUTS
from kkt_unlearning.certificates.method import METHODS
from kkt_unlearning.cli.arguments import LARGEST_STEP, indices, parser
from kkt_unlearning.training.losses import LOSSES
from kkt_unlearning.unlearning.ascent import LARGEST_FRACTION, STARTS


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
        "9" * 5000,
    ],
)
def test_what_is_no_list_of_rows_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="allowed are"):
        indices(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is no row: allowed are one or more"),
        (
            "0-99999999999999",
            "'0-99999999999999': allowed are rows from 0 to 999999999, at most 1000000",
        ),
        ("0-1000000", "'0-1000000': allowed are ranges upwards of at most 1000000 rows in all"),
        ("3,x", "'x' is no row: allowed are whole numbers from 0 and ranges such as 20-29"),
    ],
)
def test_the_limit_that_rows_break_is_named(text, sentence):
    with pytest.raises(argparse.ArgumentTypeError) as error:
        indices(text)
    assert str(error.value).startswith(sentence)


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


def test_rows_of_several_options_add_up():
    words = ["certify", *COMMON, "--forget", "3", "--quiet", "--forget", "5-6"]
    assert parser().parse_args(words).forget == [3, 5, 6]


def test_an_option_with_one_value_is_there_once(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["kkt", *COMMON, "--weights=V.npz"])
    assert "argument --weights: it is there twice: name it once" in capsys.readouterr().err
    for _ in range(2):  # each time anew
        assert parser().parse_args(["kkt", *COMMON]).weights == "W.npz"


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
        ["kkt", *COMMON, "--data", "E.npz"],
        ["kkt", *COMMON, "--label", "y", "--label", "y"],
        ["certify", *COMMON, "--forget", "3", "--max-tau", "1", "--max-tau", "1"],
    ],
)
def test_bad_words_end_with_status_2(words, capsys):
    with pytest.raises(SystemExit) as end:
        parser().parse_args(words)
    assert end.value.code == 2
    said = capsys.readouterr().err
    verb = words[0] if words and words[0] != "audit" else None
    prog = f"kkt-unlearning {verb}" if verb else "kkt-unlearning"
    assert said.startswith(f"{prog}: error: ")
    assert said.endswith(f"; see {prog} --help\n")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "text", "allowed"),
    [
        *(
            ("--step", text, "numbers from 0 to 1e+06")
            for text in ("inf", "nan", "1e400", "1e300", "-1")
        ),
        *(("--max-delta", text, "finite numbers >= 0") for text in ("inf", "nan", "1e400", "much")),
    ],
)
def test_the_numbers_that_are_allowed_are_named(option, text, allowed, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["certify", *COMMON, "--forget", "3", f"{option}={text}"])
    assert capsys.readouterr().err == (
        f"kkt-unlearning certify: error: argument {option}: {text!r}: allowed are {allowed}; see "
        "kkt-unlearning certify --help\n"
    )


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
    actions = [action for verb in verbs.values() for action in verb._actions]
    choices = {action.dest: action.choices for action in actions if action.choices}
    assert choices["start"] == STARTS
    assert choices["outputs"] == OUTPUTS
    assert choices["loss"] == tuple(LOSSES)
    assert choices["method"] == METHODS
    assert {action.const for action in actions if action.dest == "method" and action.const} < {
        *METHODS
    }
    assert LARGEST_STEP == LARGEST_FRACTION

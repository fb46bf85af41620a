"""Lines of progress: all of them to a terminal, one a minute to a log, none where none is wanted."""

import io
import sys
import time

import pytest

from kkt_unlearning.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def said(monkeypatch):
    """What lines at these seconds after the start become."""

    def lines(stream, *seconds):
        clock = iter([0.0, *seconds])
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(time, "monotonic", lambda: next(clock))
        report = progress(quiet=False)
        for second in seconds:
            report(f"at {second:g}")
        return stream.getvalue().splitlines()

    return lines


def test_a_terminal_is_told_everything(said):
    assert said(Terminal(), 0.1, 2, 70) == [
        "[    0.1 s] at 0.1",
        "[    2.0 s] at 2",
        "[   70.0 s] at 70",
    ]


def test_a_log_is_told_what_takes_long_once_a_minute(said):
    assert said(io.StringIO(), 0.1, 59) == []
    assert said(io.StringIO(), 30, 61, 100, 122) == ["[   61.0 s] at 61", "[  122.0 s] at 122"]


def test_nobody_is_told_who_wants_quiet():
    assert progress(quiet=True) is None

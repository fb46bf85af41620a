"""(stream × encoding × verb): in every cell the status and the sentence that are stored."""

import json
import os
import shlex
import subprocess
import sys

import pytest
import streams
from streams import ENCODINGS, PAGE, SAID, STREAMS, VERBS

from kkt_unlearning.formats import read_model

STORED = json.loads(SAID.read_text(encoding="utf-8"))
LETTERS = STORED["letters"]


@pytest.fixture(autouse=True)
def _inputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    streams.write_inputs()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", STREAMS)
def test_every_stream_in_every_encoding_with_every_verb(kind, verb):
    """After a change that is meant: python -m tests.streams, and read what has changed."""
    status, *texts, new = streams.ran(kind, "utf-8", verb)
    assert streams.shown(status, *texts, new) == STORED["verbs"][verb][kind]
    for encoding in ENCODINGS:
        expected = [streams.expected(text, encoding, LETTERS) for text in texts]
        assert streams.ran(kind, encoding, verb) == (status, *expected, new)


def test_a_process_whose_streams_are_closed():
    """Files take the numbers of closed streams, and nothing else may be written to them."""
    words = ["-m", "kkt_unlearning.cli", *VERBS["unlearn"][:-1], "U.npz"]
    command = shlex.join([sys.executable, *words])
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(["sh", "-c", f"exec {command} <&- >&- 2>&-"], env=path, check=False)
    assert done.returncode == 0
    with open("U.npz", "rb") as file:
        assert read_model(file, "U.npz").model.W.shape == (1, 3)


def test_a_verdict_is_a_verdict_whoever_listens():
    """0 and 1 are what a verb finds, and never how its streams are."""
    for verb, expected in (
        ("certify", 0),
        ("certify, not met", 1),
        ("each", 0),
        ("each, not met", 1),
    ):
        found = {kind: cell["status"] for kind, cell in STORED["verbs"][verb].items()}
        assert {status for kind, status in found.items() if "full" not in kind} == {expected}
        assert found["output full"] == found["both full"] == 2


def test_what_is_stored_is_what_is_tried_and_what_the_page_shows():
    assert list(STORED["verbs"]) == list(VERBS)
    assert all(list(cells) == list(STREAMS) for cells in STORED["verbs"].values())
    text = PAGE.read_text(encoding="utf-8")
    assert streams.page(STORED, text) == text

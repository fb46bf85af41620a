"""Every stream in every encoding with every verb: python -m tests.streams writes down again how each ends.

What is said is in ``tests/cli/streams.json``, to be looked through after each change, and from there on
``docs/bad-input.md``.
"""

import errno
import io
import json
import os
import re
import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from bad_input import PAGE, placed

from kkt_unlearning.cli.main import main as command
from kkt_unlearning.cli.streams import SPELT

SAID = Path(__file__).parent / "cli" / "streams.json"

_FILES = ("--data", "D.npz", "--weights", "W.npz")
_STEP = ("unlearn", *_FILES, "--forget", "2", "--out", "caf\udce9.npz")  # bytes that are not UTF-8
VERBS = {
    "kkt": ("kkt", *_FILES),
    "unlearn": _STEP,
    "unlearn --json": (*_STEP, "--json"),
    "each": ("each", *_FILES, "--max-epsilon", "1", "--max-tau", "1", "--table", "caf\udce9.csv"),
    "each, not met": ("each", *_FILES, "--max-epsilon", "0"),
    "certify": ("certify", *_FILES, "--forget", "2", "--max-epsilon", "1", "--max-tau", "1"),
    "certify, not met": (
        "certify",
        *_FILES,
        "--forget",
        "2",
        "--max-epsilon",
        "0",
        "--max-tau",
        "0",
    ),
    "a file that is not there": ("kkt", "--data", "ε.npz", "--weights", "W.npz"),
    "a word that is none": ("certify", *_FILES, "--forget", "ε"),
    "--help": ("certify", "--help"),
}
ENCODINGS = ("utf-16", "cp1252", "ascii", "cp437", "shift_jis")  # beside UTF-8
STREAMS = {
    "both whole": ("whole", "whole"),
    "output closed": ("closed", "whole"),
    "output full": ("full", "whole"),
    "output without a reader": ("unread", "whole"),
    "errors closed": ("whole", "closed"),
    "errors full": ("whole", "full"),
    "both closed": ("closed", "closed"),
    "both full": ("full", "full"),
}
_ERRORS = {"full": errno.ENOSPC, "unread": errno.EPIPE}


class _Raw(io.RawIOBase):
    """Keeps what is written, or fails as the system would."""

    def __init__(self, kind: str) -> None:
        self.kind, self.kept = kind, b""
        self._number = os.open(os.devnull, os.O_WRONLY)  # for who puts another file in its place

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        self.kind = "nothing"
        return self._number

    def write(self, content) -> int:
        if self.kind in _ERRORS:
            raise OSError(_ERRORS[self.kind], os.strerror(_ERRORS[self.kind]))
        if self.kind == "whole":
            self.kept += bytes(content)
        return len(content)

    def close(self) -> None:
        if not self.closed:
            os.close(self._number)
        super().close()


def _stream(kind: str, encoding: str) -> tuple[_Raw, io.TextIOWrapper | None]:
    raw = _Raw(kind)
    if kind == "closed":
        return raw, None
    return raw, io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, errors="strict")


def ran(streams: str, encoding: str, verb: str) -> tuple[int, str, str, list[str]]:
    """Status, standard output and error as their readers see them, and the files that were written.

    In the current folder, in which are D.npz and W.npz alone.
    """
    before = set(os.listdir())
    (out_raw, out), (err_raw, err) = (_stream(kind, encoding) for kind in STREAMS[streams])
    with (
        mock.patch.multiple(sys, stdout=out, stderr=err),
        mock.patch.dict(os.environ, COLUMNS="80"),
    ):
        try:
            status = command(VERBS[verb])
        except SystemExit as end:
            status = end.code
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # as Python does in the end
            if stream not in (out, err):
                stream.close()
    printed = [raw.kept.decode(encoding) for raw in (out_raw, err_raw)]
    new = sorted(set(os.listdir()) - before)
    for name in new:
        os.unlink(name)
    for raw in (out_raw, err_raw):
        raw.close()
    return status, *printed, new


def write_inputs() -> None:
    """D.npz and W.npz, in the current folder: ``y_i e_i`` and ``w = (1, −2, 1)``."""
    np.savez("D.npz", X=np.eye(3), y=np.array([1.0, -1.0, 1.0]))
    np.savez("W.npz", w=np.array([1.0, -2.0, 1.0]))


def shown(status: int, out: str, err: str, new: list[str]) -> dict[str, object]:
    """What is stored of a run: the status, first and last line of each stream, the number of new files."""
    return {"status": status, "output": _ends(out), "errors": _ends(err), "written": len(new)}


def _ends(text: str) -> str:
    rounded = re.sub(r"\d+\.\d{6,}(e-\d+)?", lambda found: f"{float(found[0]):.3g}", text)
    lines = rounded.splitlines()
    return " … ".join([lines[0], lines[-1]] if len(lines) > 1 else lines)


def spelt() -> dict[str, str]:
    """All that the verbs print that is not ASCII, as it is spelt."""
    texts = [text for verb in VERBS for text in ran("both whole", "utf-8", verb)[1:3]]
    letters = sorted({letter for text in texts for letter in text if not letter.isascii()})
    return {letter: letter.encode("ascii", SPELT).decode() for letter in letters}


def expected(text: str, encoding: str, letters: dict[str, str]) -> str:
    """What a reader sees of it in an encoding: letters that it lacks are spelt."""

    def seen(letter: str) -> str:
        try:
            letter.encode(encoding)
        except UnicodeEncodeError:
            return letters[letter]
        return letter

    return "".join(map(seen, text))


def page(said: dict, old: str) -> str:
    """The page with how each ends, streams that end alike in one line."""
    rows: dict[tuple, list[str]] = {}
    for verb, cells in said["verbs"].items():
        for streams, cell in cells.items():
            answer = "the answer" if cell["output"] else "–"
            written = "yes" if cell["written"] else "–"
            rows.setdefault(
                (verb, cell["status"], answer, cell["errors"] or "–", written), []
            ).append(streams)
    lines = [
        [f"`{verb}`" if verb[0] == "-" else verb, ", ".join(streams), str(status), *rest]
        for (verb, status, *rest), streams in rows.items()
    ]
    head = ["command", "streams", "status", "standard output", "standard error", "its file"]
    letters = [
        [letter, "`{}`".format(word.replace("|", r"\|"))]
        for letter, word in said["letters"].items()
    ]
    text = placed(head, lines, old, "streams and verbs")
    return placed(["letter", "spelt"], letters, text, "letters")


def main() -> None:
    """Write both down again."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        write_inputs()
        verbs = {
            verb: {kind: shown(*ran(kind, "utf-8", verb)) for kind in STREAMS} for verb in VERBS
        }
        said = {"verbs": verbs, "letters": spelt()}
    SAID.write_text(f"{json.dumps(said, indent=1, ensure_ascii=False)}\n", encoding="utf-8")
    PAGE.write_text(page(said, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Standard output and error, whatever they are: of any encoding, closed, full, or without a reader."""

import codecs
import io
import os
import sys
import unicodedata
from typing import TextIO

from kkt_unlearning.errors import DataError

SPELT = "kkt_unlearning.spelt"  # the name of how letters that an encoding lacks are written
_SIGNS = {
    **{"−": "-", "–": "-", "′": "'", "≤": "<=", "≥": ">=", "≠": "!=", "±": "+-", "∞": "inf"},
    **{"·": "*", "×": "x", "²": "^2", "…": "...", "‖": "||", "⟨": "<", "⟩": ">", "∈": " in "},
    **{"→": "->", "√": "sqrt ", "\N{COMBINING TILDE}": "~", "\N{COMBINING MACRON}": "-"},
}


def prepare() -> None:
    """Nothing that is printed later can fail for its letters, or for a stream that is not there."""
    codecs.register_error(SPELT, _spelt)
    for name in ("stdin", "stdout", "stderr"):  # each takes the lowest number that is free
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started the command
            mode = "r" if name == "stdin" else "w"
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115, until the end
            setattr(sys, name, stream)
        if isinstance(stream, io.TextIOWrapper) and name != "stdin":
            stream.reconfigure(errors=SPELT)


def say(text: str) -> None:
    """A line on standard error, which nobody may be able to read."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        _drop(sys.stderr)


def answer(text: str) -> None:
    """Lines on standard output; a reader who has seen enough of them is no error.

    Raises:
        DataError: they could not be written.
    """
    try:
        print(text, end="", flush=True)
    except OSError as error:
        _drop(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise DataError(
                f"the answer cannot be printed ({error.strerror}): send it where there is room."
            ) from error


def _drop(stream: TextIO) -> None:
    """What is left in it Python would try again as it ends, and end with a status of its own."""
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), stream.fileno())


def _spelt(error: UnicodeError) -> tuple[str, int]:
    """Letters that an encoding lacks, in ASCII: ``ε`` is ``epsilon``, ``≤`` is ``<=``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(map(_letter, lacking)), error.end


def _letter(letter: str) -> str:
    name = unicodedata.name(letter, "")
    if name.startswith("GREEK "):
        spelt = name.split(" WITH ")[0].split()[-1].replace("LAMDA", "LAMBDA")
        return spelt.capitalize() if letter.isupper() else spelt.lower()
    if "\udc80" <= letter <= "\udcff":  # a byte of a name that is not UTF-8
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return _SIGNS.get(letter) or letter.encode("ascii", "backslashreplace").decode()

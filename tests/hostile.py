"""Strategies for input that means harm, how often it is drawn, and what became of it."""

import io
import os
import re
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from numpy.lib import format as npy

from kkt_unlearning.errors import UserError

# make test-fuzz asks for more
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))

PAYLOADS = [
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned #",
    "| touch pwned",
    "&& touch pwned",
    "' ; touch pwned ; '",
    '"; touch pwned; "',
    "?__import__('pathlib').Path('pwned').touch()",
    "{open('pwned', 'w')}",
    "../../pwned",
    "..",
    "/etc/passwd",
    "~root",
    "a\nb",
    "a\0b",
    "\x1b[2J",
    "\u202eevil",
    "\ud800",
    "naïve ключ 名前",
    "n" * 300,
    "/" * 300,
    "{experiment}",
    "%s%n",
    "-rf",
    "",
    " ",
]

texts = st.sampled_from(PAYLOADS) | st.text(max_size=20)
numbers = st.sampled_from(
    [0, -1, 1, 2, 10**6, 2**31, 2**63, -(2**63) - 1, 10**400, 0.0, -0.0, 0.5, 5e-324, 1e308]
) | st.sampled_from([float("nan"), float("inf"), float("-inf")])
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)

# (what was tried, what became of it) -> how often
outcomes: Counter[tuple[str, str]] = Counter()


def assert_one_sentence(text: str) -> None:
    """One line that a terminal shows as it is, and that ends as a sentence does."""
    assert text.isprintable(), text
    assert text.endswith("."), text
    assert len(text) < 2000, text
    assert not re.search(r"Traceback|object at 0x", text), text


def outcome(what: str, call, *arguments) -> str:
    """``accepted``, or the sentence with which a call refuses its input; counted."""
    try:
        call(*arguments)
        found = "accepted"
    except UserError as error:
        found = str(error)
        assert_one_sentence(found)
    outcomes[what, "accepted" if found == "accepted" else "refused"] += 1
    return found


def saved(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as whole:
        for name, content in members.items():
            whole.writestr(name, content)
    return file.getvalue()


def declared(shape, descr="<f8", content=b"", fortran_order=False) -> bytes:
    """An array that says of itself what it likes."""
    file = io.BytesIO()
    header = {"shape": shape, "descr": descr, "fortran_order": fortran_order}
    npy.write_array_header_2_0(file, header)
    return file.getvalue() + content


@st.composite
def damaged(draw, content: bytes):
    """The content cut short, or with some bytes changed, added or taken out."""
    content = bytearray(content[: draw(st.integers(0, len(content)) | st.just(len(content)))])
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(content)


def everything_in(folder: Path) -> dict[str, bytes]:
    """Files of a folder and what is in them."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def rows() -> list[dict[str, str | int]]:
    """What was tried in this run, how often, and what became of it."""
    return [_row(what) for what in sorted({what for what, _ in outcomes})]


def _row(what: str) -> dict[str, str | int]:
    accepted, refused = (outcomes[what, became] for became in ("accepted", "refused"))
    counts = {"examples": accepted + refused, "accepted": accepted, "one sentence": refused}
    return {"input": what, **counts}

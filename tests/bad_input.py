"""Every format with every defect, and what is said: python -m tests.bad_input writes it down again.

The sentences are in ``tests/formats/bad_input.json``, to be looked through after each change, and from there
on ``docs/bad-input.md``. ``read`` is for a file from which the right numbers come, defect or not.
"""

import io
import json
import re
import struct
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent))
from hostile import archive, declared, saved

from kkt_unlearning.errors import UserError
from kkt_unlearning.formats import read_data, read_model
from kkt_unlearning.formats.torch_index import written

SENTENCES = Path(__file__).parent / "formats" / "bad_input.json"
PAGE = Path(__file__).parents[1] / "docs" / "bad-input.md"
READ = "read"

DATA = ("D.npz", "D.csv", "D.parquet")
NETWORKS = ("W.npz", "W.safetensors", "W.pt")
FORMATS = DATA + NETWORKS
NPZ = ("D.npz", "W.npz")
TENSORS = ("W.safetensors", "W.pt")
MEMORY = re.compile(r"(this machine has|this process may use) [\d.e+]+ GB")
WORDS = re.compile(r"(a damaged one) \(.*\): ")  # of other people's, which differ by version

# exact in every dtype; features (m, d) and labels, or weights (n, d) and output weights
M = np.array([[1.0, 0.5], [-2.0, 0.25], [3.0, 1.0]])
V = np.array([1.0, -1.0, 1.0])
_NAMES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "bool": "BOOL",
    "complex64": "C64",
}


def made(name: str, first=M, second=V, more: dict | None = None) -> bytes:
    """A file of the format with this matrix and vector, and more arrays, columns or tensors."""
    more = more or {}
    if name in NPZ:
        keys = ("X", "y") if name in DATA else ("W", "u")
        return saved(**dict(zip(keys, (first, second), strict=True)), **more)
    if name in DATA:
        columns = {"a": first[:, 0], "b": first[:, 1], "y": second, **more}
        return csv(columns) if name == "D.csv" else parquet(list(columns), list(columns.values()))
    tensors = {"0.weight": first, "2.weight": second[None], **more}
    return safetensors(tensors) if name == "W.safetensors" else torch(tensors)


def csv(columns: dict) -> bytes:
    rows = zip(*(map(str, np.asarray(column).tolist()) for column in columns.values()), strict=True)
    return "".join(",".join(row) + "\n" for row in [tuple(columns), *rows]).encode()


def parquet(names: list[str], columns: list) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(list(map(pa.array, columns)), names=names), file)
    return file.getvalue()


def header(tensors: dict) -> tuple[list[str], bytes]:
    """Items of the header of a safetensors, and the numbers."""
    items, numbers = [], b""
    for key, tensor in tensors.items():
        place = [len(numbers), len(numbers) + tensor.nbytes]
        entry = {"dtype": _NAMES[tensor.dtype.name], "shape": tensor.shape, "data_offsets": place}
        items.append(f"{json.dumps(key)}: {json.dumps(entry)}")
        numbers += tensor.tobytes()
    return items, numbers


def with_header(text: str, numbers: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode() + numbers


def safetensors(tensors: dict) -> bytes:
    items, numbers = header(tensors)
    return with_header("{" + ", ".join(items) + "}", numbers)


def torch(
    tensors: dict, index: bytes | None = None, order: bytes = b"little", method=zipfile.ZIP_STORED
) -> bytes:
    members = {"W/data.pkl": written(tensors) if index is None else index, "W/byteorder": order}
    members |= {f"W/data/{i}": tensor.tobytes() for i, tensor in enumerate(tensors.values())}
    return archive(members, method)


def changed(value, dtype=np.float64) -> np.ndarray:
    """The matrix, one entry another."""
    matrix = M.astype(dtype)
    matrix[1, 0] = value
    return matrix


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        return {name: whole.read(name) for name in whole.namelist()}


def first_member(name: str, content: bytes) -> bytes:
    """An archive with another array X or W."""
    parts = members(made(name))
    return archive({next(iter(parts)): content, **dict(list(parts.items())[1:])})


def typed(dtype) -> Callable[[str], bytes | None]:
    def make(name: str) -> bytes | None:
        return None if name == "D.csv" else made(name, M.astype(dtype), V.astype(dtype))

    return make


def number(value) -> Callable[[str], bytes]:
    return lambda name: made(name, changed(value))


def only(names, make: Callable[[str], bytes]) -> Callable[[str], bytes | None]:
    """Other formats cannot have it."""
    return lambda name: make(name) if name in names else None


def text(name: str) -> bytes | None:
    if name in TENSORS:
        return None
    if name == "D.parquet":
        return parquet(["a", "b", "y"], [["1", "red", "3"], M[:, 1], V])
    return made(name, changed("red", object if name == "D.csv" else "U9"))


def missing_cell(name: str) -> bytes | None:
    if name not in ("D.csv", "D.parquet"):
        return None
    return made(name, changed("" if name == "D.csv" else None, object))


def twice(name: str) -> bytes:
    """The first array, column or tensor again, under the same name."""
    if name in NPZ:
        parts, file = list(members(made(name)).items()), io.BytesIO()
        with zipfile.ZipFile(file, "w") as whole, warnings.catch_warnings(action="ignore"):
            for member, content in [*parts, parts[0]]:
                whole.writestr(member, content)
        return file.getvalue()
    if name == "D.csv":
        return made(name, more={"c": M[:, 1]}).replace(b"y,c", b"y,a")
    if name == "D.parquet":
        return parquet(["a", "b", "y", "a"], [*M.T, V, M[:, 0]])
    tensors = {"0.weight": M, "2.weight": V[None]}
    if name == "W.safetensors":
        items, numbers = header(tensors)
        return with_header("{" + ", ".join([*items, items[0]]) + "}", numbers)
    return torch(tensors, written(tensors).replace(b"2.weight", b"0.weight"))


def absent(name: str) -> bytes:
    """Without labels or output weights."""
    if name in NPZ:
        return saved(X=M) if name in DATA else saved(W=M)
    if name in DATA:
        return (
            made(name, more={}).replace(b"y", b"z")
            if name == "D.csv"
            else parquet(["a", "b"], list(M.T))
        )
    tensors = {"0.weight": M}
    return safetensors(tensors) if name == "W.safetensors" else torch(tensors)


def too_short(name: str) -> bytes | None:
    if name == "D.parquet":
        return None
    if name == "D.csv":
        return made(name).replace(b"-2.0,", b"")
    return made(name, M, V[:2])


def too_large(name: str) -> bytes | None:
    """Declared with a few bytes."""
    if name in NPZ:
        return first_member(name, declared((10**6, 10**7)))
    if name == "W.safetensors":
        entry = {"dtype": "F64", "shape": [10**6, 10**7], "data_offsets": [0, 8]}
        return with_header(json.dumps({"weight": entry}), bytes(8))
    if name == "W.pt":
        whole = written({"weight": np.zeros((1, 3))})
        size, stride = (b"\x8a\x08" + struct.pack("<q", n) for n in (10**13, 0))
        one, three = (b"\x8a\x08" + struct.pack("<q", n) for n in (1, 3))
        index = whole.replace(b"(" + one + three + b"t", b"(" + one + size + b"t").replace(
            b"(" + three + one + b"t", b"(" + three + stride + b"t"
        )
        return archive({"W/data.pkl": index, "W/data/0": bytes(24)})
    return None


def deep(name: str) -> bytes:
    """Parentheses, lists or tuples within one another, or behind a quote without an end."""
    if name in NPZ:
        text = b"(" * 9000 + b"\n"
        return first_member(name, b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text)
    if name == "D.csv":
        return b'a,b,y\n"' + b"(" * 200_000
    if name == "D.parquet":
        column: list = [1.0]
        for _ in range(50):
            column = [column]
        return parquet(["a", "y"], [[column] * 3, V])
    if name == "W.safetensors":
        return with_header("[" * 100_000, b"")
    return torch({}, b"\x80\x02)" + b"\x85" * 100_000 + b".")


def nameless(name: str) -> bytes | None:
    if name == "W.safetensors":
        return with_header("null", b"")
    return torch({}, b"\x80\x02N.") if name == "W.pt" else None


def repacked(name: str) -> bytes | None:
    if name in NPZ or name == "W.pt":
        return archive(members(made(name)), zipfile.ZIP_BZIP2)
    return None


def runs(name: str) -> bytes | None:
    if name in NPZ:
        return made(name, M.astype(object))
    if name == "W.pt":
        return torch({}, b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.")
    return None


def behind(name: str) -> bytes:
    return made(name) + b"\0"


def big_endian(name: str) -> bytes | None:
    if name in NPZ:
        return made(name, M.astype(">f8"), V.astype(">f8"))
    if name == "W.pt":
        tensors = {"0.weight": M, "2.weight": V[None]}
        swapped = {key: tensor.byteswap() for key, tensor in tensors.items()}
        return torch(swapped, written(tensors), b"big")
    return None


def labels(*values) -> Callable[[str], bytes | None]:
    return only(DATA, lambda name: made(name, M, np.array(values)))


DEFECTS: dict[str, Callable[[str], bytes | None]] = {
    "none": made,
    "empty": lambda name: b"",
    "its first half": lambda name: made(name)[: len(made(name)) // 2],
    "its last byte is missing": lambda name: made(name)[:-1],
    "a zero byte behind it": behind,
    "a hundred zero bytes": lambda name: bytes(100),
    "a line of text": lambda name: b"hello, world\n",
    "its first byte is another": lambda name: bytes([made(name)[0] ^ 1]) + made(name)[1:],
    "the bytes of another format": lambda name: made(FORMATS[FORMATS.index(name) - 2]),
    "float32": typed(np.float32),
    "float16": typed(np.float16),
    "big-endian numbers": big_endian,
    "whole numbers": lambda name: made(name, np.round(2 * M).astype(int), V.astype(int)),
    "complex numbers": lambda name: (
        None if name == "D.parquet" else made(name, M.astype(np.complex64))
    ),
    "booleans": lambda name: made(name, M > 0),
    "a word for a number": text,
    "a cell without a number": missing_cell,
    "a number with a comma": only(["D.csv"], lambda name: made(name, changed('"1,5"', object))),
    "a number with a dash for the minus": only(
        ["D.csv"], lambda name: made(name, changed("\u22122.5", object))
    ),
    "a number as 1,234.5": only(["D.csv"], lambda name: made(name, changed('"1,234.5"', object))),
    "a column without a name": only(["D.csv"], lambda name: made(name).replace(b"\n", b",\n")),
    "semicolons for commas": only(["D.csv"], lambda name: made(name).replace(b",", b";")),
    "a number half in quotes": only(["D.csv"], lambda name: made(name, changed('"1"2', object))),
    "nan": number(np.nan),
    "inf": number(np.inf),
    "1e200": number(1e200),
    "1e999": only(["D.csv"], lambda name: made(name, changed("1e999", object))),
    "labels 0 and 1": labels(1.0, 0.0, 1.0),
    "labels 1 and 2": labels(1.0, 2.0, 1.0),
    "labels of one class": labels(1.0, 1.0, 1.0),
    "a sample with both labels": only(DATA, lambda name: made(name, M[[0, 0, 2]])),
    "no rows": lambda name: made(name, M[:0], V[:0]),
    "labels or output weights are missing": absent,
    "one name twice": twice,
    "one more array or tensor": lambda name: (
        None if name in DATA[1:] else made(name, more={"extra": V})
    ),
    "a row or vector too short": too_short,
    "10¹³ numbers in a few bytes": too_large,
    "50 levels or more": deep,
    "nothing where names are expected": nameless,
    "packed by bzip2": repacked,
    "a call of Python": runs,
}


def outcome(defect: str, name: str) -> str | None:
    """``read``, or the sentence; None where the format cannot have the defect."""
    content = DEFECTS[defect](name)
    if content is None:
        return None
    read = read_data if name in DATA else read_model
    try:
        found = read(io.BytesIO(content), name)
    except UserError as error:
        return WORDS.sub(r"\1 (…): ", MEMORY.sub(r"\1 … GB", str(error)))
    first, second = (found.X, found.y) if name in DATA else (found.model.W, found.model.u)
    expected = (
        np.round(2 * M) if defect == "whole numbers" else M > 0 if defect == "booleans" else M
    )
    assert np.array_equal(first, expected), (defect, name)
    assert np.array_equal(second, V) or defect == "labels or output weights are missing", (
        defect,
        name,
    )
    return READ


def outcomes() -> dict[str, dict[str, str]]:
    """What becomes of each file that can be."""
    cells = {defect: {name: outcome(defect, name) for name in FORMATS} for defect in DEFECTS}
    return {
        defect: {name: found for name, found in row.items() if found is not None}
        for defect, row in cells.items()
    }


def page(sentences: dict[str, dict[str, str]], old: str) -> str:
    """The page with these sentences in its table."""
    rows = [
        [defect, f"`{name}`", said.replace("|", r"\|")]
        for defect, row in sentences.items()
        for name, said in row.items()
    ]
    return placed(["what is wrong", "file", "what is said"], rows, old, "formats and defects")


def placed(head: list[str], rows: list[list[str]], page: str, place: str) -> str:
    """The page with this table where ``<!-- PLACE -->`` is."""
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    begin, end = f"<!-- {place} -->\n\n", "\n\n<!-- end of it -->"
    before, rest = page.split(begin)
    return f"{before}{begin}{table}{end}{rest.split(end, 1)[1]}"


def main() -> None:
    """Write both down again."""
    found = outcomes()
    SENTENCES.write_text(f"{json.dumps(found, indent=1, ensure_ascii=False)}\n", encoding="utf-8")
    PAGE.write_text(page(found, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

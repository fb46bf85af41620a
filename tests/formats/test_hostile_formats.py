"""Files of data and of networks that mean harm: a result or one sentence, whatever the bytes."""

import io
import json
import struct
import tracemalloc
import zipfile

import hostile
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hostile import (
    EXAMPLES,
    archive,
    damaged,
    declared,
    saved,
    texts,
    values,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.audit import Model, Removal
from kkt_unlearning.formats import read_data, read_model, write_model

pytestmark = pytest.mark.usefixtures("parquet_here")

X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
Y = np.array([1.0, -1.0, 1.0])
MODEL = Model(X, Y, Y)


def outcome(read, content: bytes, name: str) -> str:
    """``accepted``, or the sentence with which it is refused."""
    what = {"D": "data as ", "W": "weights as "}[name[0]] + name[1:]
    sentence = hostile.outcome(what, sound, read, content, name)
    assert sentence == "accepted" or sentence.startswith(name)
    return sentence


def sound(read, content: bytes, name: str) -> None:
    """Read it; what is accepted has numbers alone."""
    found = read(io.BytesIO(content), name)
    arrays = [found.X, found.y] if read is read_data else [found.model.weights]
    assert all(np.isfinite(array).all() for array in arrays)


CSV = b"a,y,b\n1.0,1,2.5\n0.0,-1,1e-3\n-1.0,1,3\n"
LINES = [
    *(b"", b",", b",,", b",,,", b"a,y,b", b"y", b"1,1,1,1", b"nan,1,0", b"inf,1,0", b"1e400,1,0"),
    *(b'"1,1,1', b'"1""",1,1', b"1\x00,1,1", b"\xff\xfe1,1,1", b"1;1;1", b"\xef\xbb\xbf1,1,1"),
    *(b"1" * 5000 + b",1,1", b'"' + b"1" * 200_000, b"0x1,1,1", b"1_0,1,1", "١,1,1".encode()),
    *(b"# 1,1,1", b"1,0,1", b"1,+1,1", b"\x1b[2J,1,1", b"1,1,1\r", b"1d3,1,1", b"1e5,-1,\t2"),
]


@st.composite
def csv_files(draw):
    lines = CSV.splitlines()
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        lines[place : place + draw(st.integers(0, 1))] = [draw(st.sampled_from(LINES))]
    return draw(damaged(b"\n".join(lines) + b"\n"))


@settings(max_examples=EXAMPLES)
@given(content=csv_files())
def test_csv_files(content):
    outcome(read_data, content, "D.csv")


@settings(max_examples=EXAMPLES)
@given(header=st.lists(texts, min_size=1, max_size=3))
def test_names_of_columns(header):
    quoted = ['"' + name.replace('"', '""') + '"' for name in [*header, "y"]]
    rows = "\n".join(",".join([str(i)] * len(header) + [str(y)]) for i, y in enumerate([1, -1], 1))
    content = f"{','.join(quoted)}\n{rows}\n".encode(errors="surrogatepass")
    outcome(read_data, content, "D.csv")


def parquet(**options) -> bytes:
    file = io.BytesIO()
    table = pa.table({"a": X[:, 0], "b": pa.array([0, 1, 1], pa.int32()), "y": Y})
    pq.write_table(table, file, **options)
    return file.getvalue()


PARQUETS = [
    parquet(compression="none"),
    parquet(compression="snappy"),
    parquet(compression="zstd", use_dictionary=False, store_schema=False),
]


@settings(max_examples=EXAMPLES)
@given(content=st.sampled_from(PARQUETS).flatmap(damaged))
def test_parquet_files_with_changed_bytes(content):
    outcome(read_data, content, "D.parquet")


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_parquet_files_whose_description_of_themselves_is_changed(data):
    content = bytearray(data.draw(st.sampled_from(PARQUETS)))
    (length,) = struct.unpack("<I", content[-8:-4])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(len(content) - 8 - length, len(content) - 9))
        content[place] = data.draw(st.integers(0, 255))
    outcome(read_data, bytes(content), "D.parquet")


NETWORKS = [
    write_model(MODEL, "W.npz"),
    write_model(MODEL, "W.npz", Removal((1,), "exact", 1.0, 3, np.ones((MODEL.width, 1)))),
    saved(w=X[0], bias=np.array(1.0)),
    write_model(MODEL, "W.safetensors"),
]


@settings(max_examples=EXAMPLES)
@given(content=st.sampled_from(NETWORKS[:3]).flatmap(damaged))
def test_networks_in_archives_with_changed_bytes(content):
    outcome(read_model, content, "W.npz")


shapes = st.lists(st.sampled_from([0, 1, 2, 3, -1, 10**6, 2**63, 10**400]), max_size=3)
kinds = st.sampled_from(
    ["<f8", ">f8", "<f2", "<f4", "<f16", "<c16", "|b1", "|i1", "<u8", "|O", "<U9", "<M8[s]", "|V8"]
)
keys = st.sampled_from(["W", "u", "w", "bias", "removed", "forget", "from_exact", "fraction"])


@settings(max_examples=EXAMPLES)
@given(key=keys, shape=shapes, kind=kinds, content=st.binary(max_size=64), fortran=st.booleans())
def test_networks_of_arrays_that_declare_what_they_like(key, shape, kind, content, fortran):
    with zipfile.ZipFile(io.BytesIO(NETWORKS[1])) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    members[f"{key}.npy"] = declared(tuple(shape), kind, content, fortran)
    outcome(read_model, archive(members), "W.npz")


@settings(max_examples=EXAMPLES)
@given(content=damaged(write_model(MODEL, "W.pt")))
def test_state_dicts_with_changed_bytes(content):
    outcome(read_model, content, "W.pt")


@settings(max_examples=EXAMPLES)
@given(content=damaged(NETWORKS[3]))
def test_safetensors_with_changed_bytes(content):
    outcome(read_model, content, "W.safetensors")


entries = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["F64", "F32", "BF16", "I8", "F8_E4M3", "C64"]) | values,
        "shape": st.lists(st.sampled_from([0, 1, 2, 4, 2**63, -1]), max_size=3) | values,
        "data_offsets": st.lists(st.sampled_from([0, 8, 16, 32, 2**63]), max_size=3) | values,
    },
)
names = st.sampled_from(["0.weight", "2.weight", "0.bias", "__metadata__"]) | texts


@settings(max_examples=EXAMPLES)
@given(header=st.dictionaries(names, entries | values, max_size=3), length=st.integers(-1, 1))
def test_headers_of_safetensors(header, length):
    text = json.dumps(header).encode()
    content = struct.pack("<Q", len(text) + length) + text + bytes(32)
    outcome(read_model, content, "W.safetensors")


def bomb(member: str) -> bytes:
    text = declared((1,), "<U16000000") + bytes(2**26)
    return archive({member: text}, zipfile.ZIP_DEFLATED)


BOMBS = {
    "D.csv": lambda: b"y,a\n1," + b"1" * 2**20,
    "D.npz": lambda: bomb("X.npy"),
    "W.npz": lambda: bomb("W.npy"),
    "W.safetensors": lambda: struct.pack("<Q", 2**62) + bytes(64),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_takes_little_memory(name):
    content = BOMBS[name]()
    tracemalloc.start()
    found = outcome(read_data if name[0] == "D" else read_model, content, name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found != "accepted"
    assert peak < 2**24

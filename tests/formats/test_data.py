"""Data of the user's own: what each format gives, and the sentence for what it cannot."""

import csv
import io
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hostile import assert_one_sentence

import kkt_unlearning
from kkt_unlearning.errors import UserError
from kkt_unlearning.formats import parquet_table, read_data

pytestmark = pytest.mark.usefixtures("parquet_here")

X = np.array([[1.0, 0.1], [1 / 3, 2.5e-17], [-7.0, 1e10]])
Y = np.array([1.0, -1.0, 1.0])


def as_csv(label="y") -> bytes:
    lines = [f"first,{label},second"]
    lines += [f"{float(a)!r},{int(y)},{float(b)!r}" for (a, b), y in zip(X, Y, strict=True)]
    return "\n".join(lines).encode()


def as_parquet(**columns) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns or {"first": X[:, 0], "y": Y, "second": X[:, 1]}), file)
    return file.getvalue()


def as_npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def read(content: bytes, name: str, label: str = "y"):
    return read_data(io.BytesIO(content), name, label)


def refusal(content: bytes, name: str, label: str = "y") -> str:
    with pytest.raises(UserError) as error:
        read(content, name, label)
    text = str(error.value)
    assert_one_sentence(text)
    assert text.startswith(name)
    return text


@pytest.mark.parametrize(
    "name, content",
    [
        ("D.npz", as_npz(X=X, y=Y)),
        ("D.csv", as_csv()),
        ("D.CSV", as_csv()),
        ("D.parquet", as_parquet()),
    ],
)
def test_every_format_gives_the_same_numbers(name, content):
    data = read(content, name)
    assert np.array_equal(data.X, X) and np.array_equal(data.y, Y)
    assert data.X.dtype == data.y.dtype == np.float64


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + as_csv(),
        as_csv().replace(b"\n", b"\r\n"),
        as_csv().replace(b"\n", b"\r"),
        as_csv().replace(b"\n", b"\n\n"),
        as_csv().replace(b",", b" , ").replace(b" , y , ", b",y,", 1).replace(b"first ", b"first"),
        as_csv().replace(b"first", b'"first"').replace(b"-7.0", b'"-7.0"'),
    ],
    ids=["byte order mark", "CR LF", "CR", "blank lines", "spaces", "quotes"],
)
def test_a_csv_may_be_written_in_several_ways(content):
    data = read(content.replace(b" y ", b"y"), "D.csv")
    assert np.array_equal(data.X, X) and np.array_equal(data.y, Y)


@pytest.mark.parametrize("name, make", [("D.csv", as_csv), ("D.parquet", as_parquet)])
def test_the_column_of_labels_may_have_another_name(name, make):
    content = (
        make("class")
        if make is as_csv
        else make(**{"first": X[:, 0], "class": Y, "second": X[:, 1]})
    )
    assert np.array_equal(read(content, name, "class").y, Y)


def test_whole_numbers_and_booleans_of_a_parquet_are_numbers():
    content = as_parquet(a=[1, 2, 3], b=[True, False, True], y=pa.array([1, -1, 1], pa.int8()))
    assert read(content, "D.parquet").X.tolist() == [[1, 1], [2, 0], [3, 1]]


def test_the_reader_leaves_the_file_open():
    file = io.BytesIO(as_csv())
    read_data(file, "D.csv")
    assert not file.closed


CSV = {
    b"": "is empty, 0 bytes",
    b"\n \n": "has no line of text",
    b"y,a\n": "has a line of names and no rows",
    b"1,2\n3,4\n": "begins with numbers, 1, 2",
    b"y;a\n1;2\n": "begins with a line of 1 column, 'y;a'",
    b"y\n1\n-1\n": "begins with a line of 1 column, 'y'",
    b"label,a\n1,2\n": "has no column 'y' of labels, its columns are label, a: rename the column of "
    "labels to that, or name it with label (--label).",
    b"y,a,a\n1,2,3\n": "two columns are named 'a'",
    b",y,a\n0,1,2\n": "column 1 is named ''",
    b"Unnamed: 0,y,a\n0,1,2\n": "named 'Unnamed: 0', as pandas names its index, which is no feature: remove "
    "that column, and save the table with index=False.",
    b"a,Unnamed: 0.1,y\n0,1,2\n": "column 2 is named 'Unnamed: 0.1', as pandas names its index",
    b"y, y,a\n0,1,2\n": "two columns are named 'y'",
    b"y,a\ncat,2\ndog,3\n": "row 0 (the first is 0) has 'cat' in column 'y', but labels must be -1 or +1: "
    "recode the two classes as numpy.where(numpy.asarray(table['y']) == 'cat', 1.0, -1.0).",
    b"y,a\nTrue,2\nFalse,3\n": "row 0 (the first is 0) has True in column 'y', but labels must be -1 or +1: "
    "recode the two classes as 2.0 * table['y'] - 1.",
    b"y,a\n1,2\n,3\n": "row 1 (the first is 0) has nothing in column 'y'",
    b"y,a\n1,2\n-1,3\n3,4\n": "recode two of the classes, without the other rows, as numpy.where",
    b"y,a\n1,2\n-1,\n": "row 1 (the first is 0) has nothing in column 'a'",
    b"y,a\n1,2\n-1,red\n": "row 1 (the first is 0) has 'red' in column 'a'",
    b"y,a\n1,1_0\n-1,2\n": "row 0 (the first is 0) has '1_0' in column 'a'",
    b"y,a\n1,2\n-1,nan\n": "row 1 (the first is 0) has nan in column 'a'",
    b"y,a\n1,2\n-1,1e999\n": "row 1 (the first is 0) has inf in column 'a'",
    b"y,a\n1,2\n-1\n": "row 1 (the first is 0) has 1 cells, but the first line names 2",
    b"y,a\n1,2,3\n-1,2,3\n": "row 0 (the first is 0) has 3 cells, but the first line names 2",
    b"y,a\n1,2\n\0,3\n": "has a NUL byte",
    b"y,a\n1,\xe9\n": "has the byte 0xe9",
    b"y,\xe9\n1,2\n": "has the byte 0xe9",
    b'y,"a\n1,2\n': "the line of names is none of a CSV",
    "y,a\n1,2\n".encode("utf-16"): "has a NUL byte",
    b'y,a\n1,2\n-1,"1"2\n': "row 1 (the first is 0) is none of a CSV (',' expected after '\"'): mend",
    b'y,a\n1,2\n"-1,2"\n': "row 1 (the first is 0) has 1 cells, but the first line names 2",
    b'y,a\n1,"1,5"\n-1,2\n': "'1,5' in column 'a', but every cell must be a finite number: write 1.5, with",
    b'y,a\n1,"-,5e-3"\n-1,2\n': "write -.5e-3, with a point for the comma.",
    b'y,a\n1,"1,2,5"\n-1,2\n': "'1,2,5' in column 'a', but every cell must be a finite number: fill in",
    b"y,a\n0,2\n1,3\n": "row 0 (the first is 0) has 0 in column 'y', but labels must be -1 or +1: recode the "
    "two classes as 2.0 * table['y'] - 1.",
    b"y,a\n1,2\n2,3\n": "row 1 (the first is 0) has 2 in column 'y', but labels must be -1 or +1: recode the "
    "two classes as numpy.where(numpy.asarray(table['y']) == 1, 1.0, -1.0).",
    b"y,a\n1,2\n1,3\n": "every label in y is +1",
    b"y,a\n1,2\n-1,2\n": "rows 0 and 1 of X are the same sample",
    b"y,a\n1,2\n-1,1e200\n": "the longest row of X, row 1, has norm 1e+200",
}


@pytest.mark.parametrize("content", CSV, ids=lambda content: repr(CSV[content]))
def test_a_csv_that_cannot_be_used_is_one_sentence(content):
    assert CSV[content] in refusal(content, "D.csv")


PARQUET = {
    "no column": ({"a": [1.0], "b": [2.0]}, "has no column 'y' of labels"),
    "one column": ({"y": [1.0, -1.0]}, "has 1 column, y,"),
    "text": ({"a": ["x", "z"], "y": [1, -1]}, "column 'a' is of type string"),
    "words": (
        {"a": [1.0, 2.0], "y": ["cat", "dog"]},
        "recode them as numpy.where(table['y'] == POSITIVE",
    ),
    "categories": (
        {"a": [1.0, 2.0], "y": pa.array(["cat", "dog"]).dictionary_encode()},
        "recode them as numpy.where(table['y'] == POSITIVE, 1.0, -1.0).",
    ),
    "booleans": (
        {"a": [1.0, 2.0], "y": [True, False]},
        "recode the two classes as 2.0 * table['y'] - 1",
    ),
    "index kept twice": ({"Unnamed: 0": [0, 1], "y": [1, -1]}, "remove that column, and save"),
    "lists": ({"a": [[1.0], []], "y": [1, -1]}, "column 'a' is of type list"),
    "missing": (
        {"a": [1.0, None], "y": [1, -1]},
        "row 1 (the first is 0) has nothing in column 'a'",
    ),
    "nan": ({"a": [1.0, np.nan], "y": [1, -1]}, "row 1 (the first is 0) has nan in column 'a'"),
    "no rows": ({"a": pa.array([], pa.float64()), "y": pa.array([], pa.float64())}, "has no rows"),
    "index": ({"__index_level_0__": [0, 1], "y": [1, -1]}, "as pandas names its index"),
    "0 and 1": ({"a": [1.0, 2.0], "y": [0, 1]}, "recode the two classes as 2.0 * table['y'] - 1"),
}


@pytest.mark.parametrize("case", PARQUET)
def test_a_parquet_that_cannot_be_used_is_one_sentence(case):
    columns, sentence = PARQUET[case]
    assert sentence in refusal(as_parquet(**columns), "D.parquet")


def test_two_columns_of_a_parquet_with_one_name():
    file = io.BytesIO()
    pq.write_table(pa.table([[1.0], [2.0], [1]], ["a", "a", "y"]), file)
    assert "two columns are named 'a'" in refusal(file.getvalue(), "D.parquet")


def test_bytes_that_are_no_parquet():
    assert "is not a Parquet file" in refusal(b"PAR1" * 9, "D.parquet")
    assert "is empty" in refusal(b"", "D.parquet")


def test_labels_0_and_1_of_an_archive():
    assert "as 2.0 * y - 1" in refusal(as_npz(X=X, y=np.array([0, 1, 0])), "D.npz")


@pytest.mark.parametrize("y", [np.array(["cat", "dog", "cat"]), np.array(["a", None, "b"], object)])
def test_words_as_labels_of_an_archive(y):
    text = refusal(as_npz(X=X, y=y), "D.npz")
    assert (
        "with one of the two classes as POSITIVE, save numpy.where(y == POSITIVE, 1.0, -1.0)."
        in text
    )


def test_blanks_around_the_names_of_columns():
    content = as_csv().replace(b",", b", ")
    assert b", y" in content
    assert np.array_equal(read(content, "D.csv").y, Y)
    columns = {" a ": X[:, 0], "b\t": X[:, 1], " y": Y}
    assert np.array_equal(read(as_parquet(**columns), "D.parquet").y, Y)


def test_a_name_that_is_empty_is_quoted():
    assert refusal(b"", "").startswith("'' has an extension that says nothing of its format")


def test_an_archive_has_no_other_label():
    assert "label is 'class'" in refusal(as_npz(X=X, y=Y), "D.npz", "class")


@pytest.mark.parametrize("name", ["D.xlsx", "D", "csv"])
def test_other_extensions(name):
    assert "allowed are .npz, .csv, .parquet" in refusal(as_csv(), name)


def test_a_pipe():
    class Pipe(io.BytesIO):
        def seek(self, *_):
            raise io.UnsupportedOperation("seek")

    with pytest.raises(UserError, match="give a file on disk"):
        read_data(Pipe(as_csv()), "D.csv")


@pytest.fixture
def small_memory(monkeypatch):
    """A machine of a million bytes."""
    sizes = {"SC_PAGE_SIZE": 1000, "SC_PHYS_PAGES": 1000}
    monkeypatch.setattr("kkt_unlearning.datasets.memory.os.sysconf", sizes.__getitem__)


def test_a_cell_as_long_as_a_file_is_not_held():
    file = io.BytesIO(b"y,a\n1," + b"1" * 2**24)
    tracemalloc.start()
    with pytest.raises(UserError, match="has a million bytes without a comma"):
        read_data(file, "D.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22


def test_a_parquet_is_counted_before_it_is_read(small_memory, monkeypatch):
    monkeypatch.setattr(pq.ParquetFile, "read", lambda *_, **__: pytest.fail("it was read"))
    content = as_parquet(a=np.zeros(100_000), y=np.ones(100_000))
    assert len(content) < 10_000
    with pytest.raises(UserError, match=r"would need 0\.008 GB .* this machine has 0\.001 GB"):
        parquet_table.table(content, "D.parquet", "y")
    assert "would need 0.0012 GB" in refusal(bytes(400_000), "D.parquet")


def test_a_csv_is_counted_before_it_is_read(small_memory, monkeypatch):
    monkeypatch.setattr(np, "loadtxt", lambda *_, **__: pytest.fail("it was read"))
    assert "GB of memory, but this machine has" in refusal(b"y,a\n" + b"1,1\n" * 20_000, "D.csv")
    assert "GB of memory" in refusal(b"y," + b"a," * 20_000, "D.csv")


def test_without_the_library_of_a_format(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install '\.\[files\]'"):
        parquet_table.table(as_parquet(), "D.parquet", "y")
    assert np.array_equal(read(as_csv(), "D.csv").X, X)


def test_importing_the_readers_imports_no_library_of_one_format():
    src = Path(kkt_unlearning.__file__).parents[1]
    path = f"import sys; sys.path.insert(0, {str(src)!r})"
    script = f"{path}; import kkt_unlearning.formats; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert "kkt_unlearning.formats.torch_file" in loaded
    assert not {"pandas", "pyarrow", "torch", "safetensors", "sklearn", "cvxpy"} & loaded


@pytest.mark.parametrize("name, make", [("D.npz", as_npz), ("D.parquet", None)])
def test_a_row_of_zeros_is_read_since_a_network_may_have_biases(name, make):
    first = np.array([1.0, 0.0, 2.0])
    content = make(X=first[:, None], y=Y) if make else as_parquet(a=first, y=Y)
    np.testing.assert_array_equal(read(content, name).X, first[:, None])


def test_a_limit_that_another_library_has_set_for_csv_is_neither_obeyed_nor_lost():
    before = csv.field_size_limit(5)
    try:
        data = read(b"feature,y\n1.25,1\n2.5,-1\n", "D.csv")
        assert csv.field_size_limit() == 5
    finally:
        csv.field_size_limit(before)
    assert data.X.tolist() == [[1.25], [2.5]] and data.y.tolist() == [1.0, -1.0]

"""Files are whole or not there."""

import errno
import os

import numpy as np
import pytest
from _storage import (
    StorageError,
    read_arrays,
    read_table,
    replacing,
    rounded,
    write_arrays,
    write_table,
)


def fail_with(number: int):
    def replace(*_):
        raise OSError(number, os.strerror(number))

    return replace


def test_arrays_come_back_bit_for_bit(tmp_path):
    arrays = {"X": np.random.default_rng(0).normal(size=(2, 3)), "flags": np.array([True, False])}
    write_arrays(tmp_path / "a.npz", **arrays)
    read = read_arrays(tmp_path / "a.npz")
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert np.array_equal(read[name], array)
        assert read[name].dtype == array.dtype


def test_the_same_arrays_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_arrays(tmp_path / f"{name}.npz", X=np.arange(5.0))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_objects_are_refused(tmp_path):
    with pytest.raises(TypeError, match="Python objects"):
        write_arrays(tmp_path / "a.npz", X=np.array([{}], dtype=object))
    assert list(tmp_path.iterdir()) == []


def test_pickles_are_not_read(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.array([{}], dtype=object))
    with pytest.raises(StorageError, match=r"a\.npz is damaged or not an \.npz of plain arrays"):
        read_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all"])
def test_a_damaged_archive_is_one_sentence(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(StorageError, match="delete it and run snakemake again"):
        read_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_truncated_archive_is_one_sentence(tmp_path, share):
    write_arrays(tmp_path / "a.npz", X=np.arange(1000.0))
    content = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(content[: int(share * len(content))])
    with pytest.raises(StorageError, match="damaged"):
        read_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize("read", [read_arrays, read_table])
def test_a_missing_file_is_one_sentence(tmp_path, read):
    with pytest.raises(StorageError, match="is missing"):
        read(tmp_path / "none")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    write_arrays(tmp_path / "a.npz", X=np.zeros(1))
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "a.npz") as temporary:
        temporary.write_bytes(b"half")
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
    assert read_arrays(tmp_path / "a.npz")["X"] == 0


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "the disk is read-only")],
)
def test_what_the_system_refuses_is_one_sentence(tmp_path, monkeypatch, number, reason):
    monkeypatch.setattr(os, "replace", fail_with(number))
    with pytest.raises(StorageError, match=rf"a\.npz: {reason}"):
        write_arrays(tmp_path / "a.npz", X=np.zeros(1))
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_name_keeps_the_suffix_and_is_used_once(tmp_path):
    names = set()
    for _ in range(3):
        with replacing(tmp_path / "a.pdf") as temporary:
            temporary.touch()
            names.add(temporary)
    assert len(names) == 3
    assert {name.suffix for name in names} == {".pdf"}


def test_floats_of_a_table_come_back_exactly(tmp_path):
    values = np.array([0.1 + 0.2, 1e-300, np.nan, np.inf])
    columns = {"seed": np.arange(4), "epsilon": values, "ok": values > 1, "forget": list("0123")}
    write_table(tmp_path / "t.csv", columns | {"start": ["exact"] * 4})
    read = read_table(tmp_path / "t.csv")
    np.testing.assert_array_equal(read["epsilon"], values)
    assert read["seed"].dtype == np.int64
    assert read["ok"].dtype == np.bool_
    assert list(read["start"]) == ["exact"] * 4


def test_rows_and_columns_make_the_same_table(tmp_path):
    write_table(tmp_path / "rows.csv", [{"a": np.float64(1.5), "b": "x"}, {"a": 2.5, "b": "y"}])
    write_table(tmp_path / "columns.csv", {"a": np.array([1.5, 2.5]), "b": ["x", "y"]})
    assert (tmp_path / "rows.csv").read_bytes() == (tmp_path / "columns.csv").read_bytes()
    assert (tmp_path / "rows.csv").read_text() == "a,b\n1.5,x\n2.5,y\n"


def test_rows_must_agree(tmp_path):
    with pytest.raises(ValueError, match="every row"):
        write_table(tmp_path / "t.csv", [{"a": 1}, {"b": 1}])


@pytest.mark.parametrize("text", ["", "a,b\n1\n"])
def test_a_table_cut_short_is_one_sentence(tmp_path, text):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(StorageError, match="delete it"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("0.30000000000000004", "0.3"),
        ("1234567", "1234567"),
        ("1234567.0", "1.23457e+06"),
        ("-0.0", "0"),
        ("-3.2e-15", "0"),
        ("3.21e-12", "3.21e-12"),
        ("nan", "nan"),
        ("3+5", "3+5"),
        ("True", "True"),
        ("", ""),
    ],
)
def test_numbers_are_rounded_to_six_digits(cell, text):
    assert rounded(cell) == text

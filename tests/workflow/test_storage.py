"""Files are whole or not there, and are read only as they were written."""

import errno
import os

import numpy as np
import pytest
from _hashes import named, sealed, sha256
from _storage import (
    StorageError,
    read_arrays,
    read_record,
    read_table,
    replacing,
    write_arrays,
    write_table,
)
from _tables import rounded


def record(*paths, name="job"):
    """What a job writes down of its outputs."""
    provenance = paths[0].with_name(f"{name}.provenance.json")
    provenance.write_text(
        sealed({"outputs": {named(path, provenance): sha256(path) for path in paths}})
    )
    return provenance


def fail_with(number: int):
    def replace(*_):
        raise OSError(number, os.strerror(number))

    return replace


def test_arrays_come_back_bit_for_bit(tmp_path):
    arrays = {"X": np.random.default_rng(0).normal(size=(2, 3)), "flags": np.array([True, False])}
    write_arrays(tmp_path / "a.npz", **arrays)
    record(tmp_path / "a.npz")
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
    record(tmp_path / "a.npz")
    with pytest.raises(StorageError, match=r"a\.npz is not an \.npz of plain arrays"):
        read_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all"])
def test_what_is_no_archive_is_one_sentence(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    record(tmp_path / "a.npz")
    with pytest.raises(StorageError, match=r"is not an \.npz of plain arrays: delete it \(rm "):
        read_arrays(tmp_path / "a.npz")


FORMATS = {
    "arrays.npz": (lambda path: write_arrays(path, X=np.arange(1000.0)), read_arrays),
    "table.csv": (lambda path: write_table(path, {"x": np.arange(1000.0)}), read_table),
    "job.provenance.json": (lambda path: record(path.with_name("job.csv")), read_record),
}
DAMAGES = {
    "empty": lambda content: b"",
    "cut short": lambda content: content[: len(content) // 2],
    "one byte short": lambda content: content[:-1],
    "a bit flipped in the middle": lambda content: flipped(content, len(content) // 2),
    "a bit flipped at the end": lambda content: flipped(content, len(content) - 3),
    "longer": lambda content: content + content[-2:],
}


def flipped(content, index):
    return content[:index] + bytes([content[index] ^ 1]) + content[index + 1 :]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_one_sentence_with_the_remedy(tmp_path, name, damage):
    write, read = FORMATS[name]
    (tmp_path / "job.csv").touch()
    write(tmp_path / name)
    if read is not read_record:
        record(tmp_path / name)
    read(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(DAMAGES[damage](content))
    assert (tmp_path / name).read_bytes() != content
    with pytest.raises(StorageError) as caught:
        read(tmp_path / name)
    path = tmp_path / name
    assert str(caught.value) == (
        f"{path} is not what its job wrote, it was cut short or changed: "
        f"delete it (rm {path}) and run snakemake again."
    )


def test_of_a_damaged_shared_file_not_the_link_alone_is_deleted(tmp_path):
    shared = tmp_path / f"{'0a' * 32}_table.csv"
    write_table(shared, {"x": [1]})
    (tmp_path / "t.csv").symlink_to(shared)
    record(tmp_path / "t.csv")
    (shared).write_text("x\n2\n")
    with pytest.raises(StorageError, match=rf"\(rm {tmp_path}/t.csv {shared}\)"):
        read_table(tmp_path / "t.csv")


def test_a_file_without_a_hash_does_not_count_as_whole(tmp_path):
    write_table(tmp_path / "t.csv", {"x": [1]})
    with pytest.raises(StorageError, match=r"has no hash beside it .*: delete it"):
        read_table(tmp_path / "t.csv")


def test_a_damaged_record_vouches_for_nothing(tmp_path):
    write_table(tmp_path / "t.csv", {"x": [1]})
    path = record(tmp_path / "t.csv", name="t")
    path.write_text(path.read_text().replace("outputs", "Outputs"))
    with pytest.raises(StorageError, match="has no hash beside it"):
        read_table(tmp_path / "t.csv")


def test_the_hash_is_found_whatever_the_record_is_called(tmp_path):
    for name in ("a", "t", "u"):
        write_table(tmp_path / f"{name}.csv", {"x": [name]})
    record(tmp_path / "a.csv", name="a")
    record(tmp_path / "u.csv", tmp_path / "t.csv", name="kkt")
    assert [read_table(tmp_path / f"{name}.csv")["x"][0] for name in "atu"] == ["a", "t", "u"]


def test_two_outputs_that_change_places_are_not_what_was_written(tmp_path):
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        write_table(path, {"x": [path.stem]})
    record(*paths)
    os.rename(paths[0], tmp_path / "c.csv")
    os.rename(paths[1], paths[0])
    with pytest.raises(StorageError, match=r"a\.csv is not what its job wrote"):
        read_table(paths[0])


@pytest.mark.parametrize("read", [read_arrays, read_table, read_record])
def test_a_missing_file_is_one_sentence(tmp_path, read):
    with pytest.raises(StorageError, match="is missing"):
        read(tmp_path / "none")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"whole")
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "a.npz") as temporary:
        temporary.write_bytes(b"half")
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
    assert (tmp_path / "a.npz").read_bytes() == b"whole"


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
    record(tmp_path / "t.csv")
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
    record(tmp_path / "t.csv")
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

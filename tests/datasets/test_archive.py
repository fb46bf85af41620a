"""A user's own archive: what is read, and the sentence for everything that cannot be."""

import zipfile

import numpy as np
import pytest

from kkt_unlearning.datasets.archive import from_archive
from kkt_unlearning.errors import DataError

X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
Y = np.array([1.0, -1.0, 1.0])


@pytest.fixture
def read(tmp_path):
    """Save arrays as an archive and read them back as a data set."""

    def save_and_read(replicates=2, **arrays):
        path = tmp_path / "mine.npz"
        np.savez(path, **arrays)
        with np.load(path, allow_pickle=False) as archive:
            return from_archive(archive, path.name, replicates)

    return save_and_read


def refusal(call, *args, **kwargs):
    with pytest.raises(DataError) as error:
        call(*args, **kwargs)
    text = str(error.value)
    assert text.startswith("mine.npz: ") and text.endswith(".") and "\n" not in text
    return text


def test_data_are_repeated_for_every_replicate(read):
    dataset = read(replicates=3, X=X, y=Y)
    assert np.array_equal(dataset.X, [X] * 3) and np.array_equal(dataset.y, [Y] * 3)
    assert dataset.X_fresh.shape == (3, 0, 2) and dataset.y_fresh.shape == (3, 0)


def test_fresh_samples_are_read(read):
    dataset = read(X=X, y=Y, X_fresh=2 * X[:1], y_fresh=Y[:1])
    assert np.array_equal(dataset.X_fresh, [2 * X[:1]] * 2)
    assert np.array_equal(dataset.y_fresh, [Y[:1]] * 2)


@pytest.mark.parametrize("dtype", [np.int8, np.float16, np.float32, ">f8"])
def test_real_numbers_of_any_kind_become_float64(read, dtype):
    dataset = read(X=X.astype(dtype), y=Y.astype(dtype))
    assert np.array_equal(dataset.X[0], X) and dataset.X.dtype == dataset.y.dtype == np.float64


def test_other_arrays_are_left_alone(read):
    assert np.array_equal(read(X=X, y=Y, notes=np.array([{}], dtype=object)).X[0], X)


def test_a_mapping_in_memory_will_do():
    assert np.array_equal(from_archive({"X": X, "y": Y}, "mine.npz", 1).X, X[None])


@pytest.mark.parametrize(
    "arrays, sentence",
    [
        ({"X": X, "labels": Y}, "array y is missing (the archive has X, labels)"),
        ({"y": Y}, "array X is missing (the archive has y)"),
        ({}, "array X is missing (the archive has no arrays at all)"),
        (
            {"X": X, "y": Y, "X_fresh": X},
            "array y_fresh is missing (the archive has X, X_fresh, y)",
        ),
        (
            {"X": X, "y": Y, "y_fresh": Y},
            "array X_fresh is missing (the archive has X, y, y_fresh)",
        ),
        ({"X": X[None], "y": Y}, "X has shape (1, 3, 2), but must be (samples, dimension)"),
        ({"X": X[0], "y": Y}, "X has shape (2,), but must be (samples, dimension)"),
        ({"X": X, "y": Y[:2]}, "y has shape (2,), but must be (3,)"),
        ({"X": X, "y": Y, "X_fresh": X[:, :1], "y_fresh": Y}, "X_fresh has 1 columns, but X has 2"),
        ({"X": X.astype(str), "y": Y}, "X has dtype <U32, but must be real numbers"),
        ({"X": X * 1j, "y": Y}, "X has dtype complex128, but must be real numbers"),
        ({"X": X, "y": np.array([0, 1, 0])}, "y[0] is 0, but labels must be -1 or +1"),
        ({"X": X * np.nan, "y": Y}, "X[0, 0] is nan, but features must be finite"),
        ({"X": X.astype(object), "y": Y}, "X is a pickled array of objects"),
        ({"X": X, "y": Y.astype(object)}, "y is a pickled array of objects"),
    ],
)
def test_what_cannot_be_used_is_named(read, arrays, sentence):
    assert sentence in refusal(read, **arrays)


def test_objects_are_refused_also_where_the_caller_unpickled_them():
    found = refusal(from_archive, {"X": X.astype(object), "y": Y}, "mine.npz", 1)
    assert "X is a pickled array of objects" in found


def damage(path, member, content):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("y.npy", b"")
        archive.writestr(member, content)


def test_a_truncated_array_is_called_damaged(tmp_path):
    np.save(tmp_path / "X.npy", X)
    path = tmp_path / "mine.npz"
    damage(path, "X.npy", (tmp_path / "X.npy").read_bytes()[:-8])
    with np.load(path, allow_pickle=False) as archive:
        assert "X cannot be read (" in refusal(from_archive, archive, path.name, 1)


def test_changed_bytes_are_called_damaged(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, X=X, y=Y)
    content = bytearray(path.read_bytes())
    content[content.index(X.tobytes())] ^= 0xFF
    path.write_bytes(content)
    with np.load(path, allow_pickle=False) as archive:
        assert "the file is damaged" in refusal(from_archive, archive, path.name, 1)


def test_a_member_that_is_no_array_is_refused(tmp_path):
    path = tmp_path / "mine.npz"
    damage(path, "X", b"1,2\n3,4\n")
    with np.load(path, allow_pickle=False) as archive:
        assert "X has dtype |S8, but must be real numbers" in refusal(
            from_archive, archive, path.name, 1
        )


def test_at_least_one_replicate():
    with pytest.raises(DataError, match=r"^replicates is 0, but"):
        from_archive({"X": X, "y": Y}, "mine.npz", 0)

"""Files of users as data sets of the pipeline."""

import io

import numpy as np
import pytest

from kkt_unlearning.datasets.archive import read_archive
from kkt_unlearning.errors import DataError
from kkt_unlearning.formats.replicated import read_dataset
from kkt_unlearning.seeding import Stream, generator

X = generator(5, Stream.DATA, 0).normal(size=(6, 4))
Y = np.array([1.0, -1.0, 1.0, -1.0, -1.0, 1.0])


def as_npz() -> io.BytesIO:
    file = io.BytesIO()
    np.savez(file, X=X, y=Y)
    file.seek(0)
    return file


def as_csv(label: str) -> io.BytesIO:
    names = ",".join([label, "a", "b", "c", "d"])
    text = io.StringIO()
    np.savetxt(text, np.column_stack([Y, X]), delimiter=",", header=names, comments="", fmt="%.17g")
    return io.BytesIO(text.getvalue().encode())


def test_a_table_is_the_data_set_that_an_archive_with_its_numbers_is():
    expected = read_archive(as_npz(), "D.npz", 3)
    for found in (
        read_dataset(as_npz(), "D.npz", 3),
        read_dataset(as_csv("y"), "D.csv", 3),
        read_dataset(as_csv("class"), "D.CSV", 3, "class"),
    ):
        for name in ("X", "y", "X_fresh", "y_fresh"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize(
    ("file", "name", "label", "said"),
    [
        (
            as_csv("y"),
            "D.txt",
            None,
            "^D.txt has an extension that says nothing of its format: allowed are .npz",
        ),
        (as_csv("class"), "D.csv", None, "^D.csv has no column 'y' of labels"),
        (
            as_npz(),
            "D.npz",
            "class",
            "^D.npz: label is 'class', but an .npz has its labels in the array y",
        ),
    ],
)
def test_what_is_no_such_file_is_one_sentence(file, name, label, said):
    with pytest.raises(DataError, match=said):
        read_dataset(file, name, 1, label)


def test_a_table_has_to_fit_with_all_replicates(monkeypatch):
    sizes = {"SC_PAGE_SIZE": 1000, "SC_PHYS_PAGES": 1000}
    monkeypatch.setattr("kkt_unlearning.datasets.memory.os.sysconf", sizes.__getitem__)
    with pytest.raises(DataError, match=r"^D\.csv: .* with all replicates"):
        read_dataset(as_csv("y"), "D.csv", 10_000)


def test_a_row_of_zeros_is_refused_as_in_an_archive():
    with pytest.raises(DataError, match=r"^D\.csv.* 0"):
        read_dataset(io.BytesIO(b"y,a\n1,1\n-1,0\n"), "D.csv", 1)

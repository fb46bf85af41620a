"""The samples that a network of the user's own was trained on, from a file of theirs."""

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from kkt_unlearning.datasets.archive import samples
from kkt_unlearning.datasets.npz import opened
from kkt_unlearning.errors import DataError
from kkt_unlearning.formats.csv_file import read_csv
from kkt_unlearning.formats.opening import kind_of
from kkt_unlearning.formats.parquet_file import read_parquet

KINDS = (".npz", ".csv", ".parquet")
REMEDY = "save fewer samples or features"


@dataclass(frozen=True, eq=False)
class Data:
    """``{(x_i, y_i)}, i = 1..m``: what `kkt_unlearning.datasets.dataset.check_samples` allows.

    Args:
        X: features ``(m, d)``, float64, as they are in the file.
        y: labels ``(m,)``, float64, -1 or +1.
    """

    X: np.ndarray
    y: np.ndarray


def read_data(file: BinaryIO, name: str, label: str = "y") -> Data:
    """Samples of an ``.npz`` (arrays X and y), a ``.csv`` or a ``.parquet``.

    A table has one sample a row: the column ``label`` is y, all others are features, in their order.

    Args:
        file: open for reading bytes, and read from its start.
        name: of the file; its extension says the format, and sentences begin with it.
        label: name of the column of labels; an ``.npz`` has no other than y.

    Raises:
        DataError: another extension, the file is damaged or would not fit this machine's memory, a cell is no
            finite number, there is no such column, pyarrow is not installed for a ``.parquet``, or as in
            `kkt_unlearning.datasets.archive.samples`.
    """
    kind = kind_of(name, KINDS)
    if kind == ".npz":
        if label != "y":
            raise DataError(
                f"{name}: label is {label!r}, but an .npz has its labels in the array y: leave label out."
            )
        with opened(file, name, ("X", "y"), copies=2, wanted="X and y", remedy=REMEDY) as arrays:
            return Data(*samples(arrays, name))
    read = read_csv if kind == ".csv" else read_parquet
    X, y = read(file, name, label)
    return Data(*samples({"X": X, "y": y}, name))

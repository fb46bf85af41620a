"""A data set of the pipeline from a file of its user: the same samples in every replicate."""

from typing import BinaryIO

from kkt_unlearning.datasets.archive import from_archive, read_archive
from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.formats.data import KINDS, REMEDY, read_data
from kkt_unlearning.formats.opening import kind_of


def read_dataset(file: BinaryIO, name: str, replicates: int, label: str | None = None) -> Dataset:
    """The samples of a file, ``S`` times: only the initialisation of the networks varies.

    An ``.npz`` may hold fresh samples as well, a table has none.

    Args:
        file, name, label: as in `kkt_unlearning.formats.read_data`; None for its ``y``.
        replicates: ``S ≥ 1``.

    Returns:
        As `kkt_unlearning.datasets.archive.from_archive`.

    Raises:
        DataError: as `kkt_unlearning.formats.read_data` and `kkt_unlearning.datasets.archive.from_archive`.
    """
    if label is None and kind_of(name, KINDS) == ".npz":
        return read_archive(file, name, replicates)
    data = read_data(file, name, label or "y")
    check_memory(
        8 * (data.X.size + data.y.size) * (replicates + 1), name, REMEDY, " with all replicates"
    )
    return from_archive({"X": data.X, "y": data.y}, name, replicates)

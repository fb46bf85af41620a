"""A user's own data from the arrays of an ``.npz`` archive."""

from collections.abc import Mapping
from typing import BinaryIO

import numpy as np

from kkt_unlearning.datasets.dataset import (
    Dataset,
    check_data,
    check_fresh,
    check_lengths,
    check_longest,
    check_samples,
)
from kkt_unlearning.datasets.npz import opened, real_array
from kkt_unlearning.datasets.sampling import check_sizes

_KEYS = ("X", "y", "X_fresh", "y_fresh")


def read_archive(file: BinaryIO, name: str, replicates: int) -> Dataset:
    """The data set of an ``.npz``, as `from_archive`; what is declared too large is not begun.

    An archive of a few bytes can declare an array of any size, and one of zeros compresses to a
    thousandth: the sizes are read before the arrays.

    Args:
        file: the archive, open for reading; never a pickle, which would run code of whoever wrote
            it.
        name: as in `from_archive`.
        replicates: ``S ≥ 1``.

    Raises:
        DataError: it is no archive, its data would not fit this machine's memory, or as in
            `from_archive`.
    """
    check_sizes(replicates=replicates)
    note = " with all replicates" if replicates > 1 else ""
    with opened(
        file,
        name,
        _KEYS,
        copies=replicates + 1,
        wanted="X and y",
        remedy="save fewer samples or features",
        note=note,
    ) as arrays:
        return from_archive(arrays, name, replicates)


def from_archive(archive: Mapping[str, np.ndarray], name: str, replicates: int) -> Dataset:
    """The data set of an archive, ``S`` times: only the initialisation of the networks varies.

    Args:
        archive: ``X (m, d)``, ``y (m,)`` of ±1 and, if there are fresh samples, ``X_fresh (t, d)``
            and ``y_fresh (t,)``; any real dtype. Other arrays are not read. Usually
            ``numpy.load(path, allow_pickle=False)``: pickled objects would run code of whoever
            wrote them.
        name: what the sentences call the archive, usually its file name.
        replicates: ``S ≥ 1``.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``, with
        ``t = 0`` if there are none. Features are taken as they are, not centred or normalised.

    Raises:
        DataError: an array is missing, unreadable, pickled, not numeric or misshapen, or the data fail
            `check_data` or `check_lengths`; the message starts with ``name``.
    """
    check_sizes(replicates=replicates)
    X, y = samples(archive, name)
    check_data(X, y, name)
    check_lengths(X, name)
    X_fresh, y_fresh = _fresh(archive, name, X.shape[1])
    check_fresh(X_fresh, y_fresh, X.shape[1], name)
    check_longest(X_fresh, "X_fresh", name)
    return Dataset(
        *(np.repeat(array[None], replicates, axis=0) for array in (X, y, X_fresh, y_fresh))
    )


def samples(archive: Mapping[str, np.ndarray], name: str) -> tuple[np.ndarray, np.ndarray]:
    """``X (m, d)`` and ``y (m,)`` of an archive, for a network of any kind: a row may be zero.

    Args:
        archive, name: as in `from_archive`.

    Raises:
        DataError: as in `from_archive`, but for rows that are zero or much shorter than others.
    """
    X, y = (real_array(archive, key, name) for key in ("X", "y"))
    check_samples(X, y, name)
    check_longest(X, "X", name)
    return X, y


def _fresh(
    archive: Mapping[str, np.ndarray], name: str, dimension: int
) -> tuple[np.ndarray, np.ndarray]:
    if "X_fresh" not in archive and "y_fresh" not in archive:
        return np.empty((0, dimension)), np.empty(0)
    return real_array(archive, "X_fresh", name), real_array(archive, "y_fresh", name)

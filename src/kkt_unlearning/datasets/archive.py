"""A user's own data from the arrays of an ``.npz`` archive."""

import zlib
from collections.abc import Mapping
from zipfile import BadZipFile

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset, check_data, check_fresh
from kkt_unlearning.datasets.sampling import check_sizes
from kkt_unlearning.errors import DataError


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
        DataError: an array is missing, unreadable, pickled, not numeric or misshapen, or the data
            fail `check_data`; the message starts with ``name``.
    """
    check_sizes(replicates=replicates)
    X, y = (_array(archive, key, name) for key in ("X", "y"))
    check_data(X, y, name)
    X_fresh, y_fresh = _fresh(archive, name, X.shape[1])
    check_fresh(X_fresh, y_fresh, X.shape[1], name)
    return Dataset(
        *(np.repeat(array[None], replicates, axis=0) for array in (X, y, X_fresh, y_fresh))
    )


def _fresh(
    archive: Mapping[str, np.ndarray], name: str, dimension: int
) -> tuple[np.ndarray, np.ndarray]:
    if "X_fresh" not in archive and "y_fresh" not in archive:
        return np.empty((0, dimension)), np.empty(0)
    return _array(archive, "X_fresh", name), _array(archive, "y_fresh", name)


def _array(archive: Mapping[str, np.ndarray], key: str, name: str) -> np.ndarray:
    if key not in archive:
        present = ", ".join(sorted(archive)) or "no arrays at all"
        raise DataError(
            f"{name}: the array {key} is missing (the archive has {present}): save it as {key}."
        )
    array = _read(archive, key, name)
    if array.dtype.kind == "O":
        raise DataError(_pickled(key, name))
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"{name}: {key} has dtype {array.dtype}, but must be real numbers: save it as float64."
        )
    return array.astype(np.float64)


def _read(archive: Mapping[str, np.ndarray], key: str, name: str) -> np.ndarray:
    # An archive reads an array only when it is asked for, so this is where a pickled or damaged one
    # shows.
    try:
        return np.asarray(archive[key])
    except (ValueError, OSError, EOFError, BadZipFile, zlib.error) as error:
        if "allow_pickle" in str(error):
            raise DataError(_pickled(key, name)) from error
        raise DataError(
            f"{name}: {key} cannot be read ({error}), the file is damaged: save it anew."
        ) from error


def _pickled(key: str, name: str) -> str:
    return (
        f"{name}: {key} is a pickled array of objects, but only plain numbers are read: "
        "save it as float64."
    )

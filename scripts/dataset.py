"""Draw or read one data set and describe its geometry (rule ``dataset``)."""

import os
from typing import Any

import numpy as np
from _claims import current
from _hashes import sha256
from _job import job
from _storage import write_arrays, write_table

from kkt_unlearning.datasets import source
from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.geometry import describe
from kkt_unlearning.errors import DataError
from kkt_unlearning.quadratic.separable import linearly_separable


def main(snakemake: Any) -> dict[str, Any]:
    """Settings → arrays of the data set, and a row of the table for each replicate.

    Sources whose data depend on more than their settings, on installed packages say, tell what else.
    """
    settings = dict(snakemake.params.settings)
    name = settings.pop("source")
    dataset = make(name, settings)
    # the encoder is the user's as well; of a file `read` takes the hash
    if name == "embeddings":
        for path in snakemake.input:
            current().read[path] = sha256(path)
    arrays = {name: getattr(dataset, name) for name in ("X", "y", "X_fresh", "y_fresh")}
    write_arrays(snakemake.output.dataset, **arrays)
    separable = [linearly_separable(X, y) for X, y in zip(dataset.X, dataset.y, strict=True)]
    rows = {"seed": np.arange(dataset.replicates), **describe(dataset)}
    write_table(snakemake.output.table, {**rows, "separable": np.array(separable)})
    origin = getattr(source(name), "origin", None)
    return {"origin": origin(**settings)} if origin else {}


def make(name: str, settings: dict[str, Any]) -> Dataset:
    """Data set of the source called ``name``."""
    if name == "file":
        return read(settings["path"], settings["replicates"], settings.get("label"))
    return source(name).generate(**settings)


def read(path: str, replicates: int, label: str | None) -> Dataset:
    """Data set of a user's own file; never a pickle, which would run code of whoever wrote it.

    Raises:
        DataError: the file is missing or of no such format, or what it holds is not a data set.
    """
    name = os.path.abspath(path)
    try:
        current().read[path] = sha256(path)
        with open(path, "rb") as file:
            return source("file").read_dataset(file, name, replicates, label)
    except OSError as error:
        raise DataError(
            f"{name} cannot be read ({error.strerror}): make it a readable file."
        ) from error


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821

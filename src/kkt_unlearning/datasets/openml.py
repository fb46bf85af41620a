"""Two classes of a data set of OpenML, whose file is pinned by its checksum."""

import csv
import io
import re
from collections.abc import Sequence

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.download import openml_file
from kkt_unlearning.datasets.scaling import standardised
from kkt_unlearning.datasets.two_classes import check_population, two_classes
from kkt_unlearning.errors import DataError, one_line

ENTRIES = 10**8  # of the features; a file with many nominal values is far smaller than these

_UNREADABLE = (csv.Error, ValueError, NotImplementedError, IndexError, StopIteration)
_LINES = re.MULTILINE | re.IGNORECASE


def generate(
    *,
    data_id: int,
    sha256: str,
    target: str,
    classes: Sequence[str | int],
    server: str,
    cache: str,
    samples: int,
    fresh_samples: int,
    replicates: int,
    seed: int,
    mixing: float = 1.0,
) -> Dataset:
    """Rows of an ARFF file, standardised by the rows left over and of norm 1, as in `tabular`.

    A nominal attribute becomes one feature of 0 or 1 for each of its values; rows that lack a value
    are left out.

    Args:
        data_id: number of the data set at OpenML.
        sha256: SHA-256 of its ARFF file.
        target: attribute with the classes.
        classes: two different values of it, of which the first gets the label +1.
        server: address, such as ``https://www.openml.org``.
        cache: folder where the file is kept.
        samples: ``m ≥ 2`` training samples in each replicate; at least 2 rows must be left over.
        fresh_samples: at most so many fresh samples in each replicate.
        replicates: ``S ≥ 1`` random draws.
        seed: root entropy.
        mixing: ``t`` of `orthogonalise`; 1 for the data as they are.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``, rows
        of unit norm.

    Raises:
        DataError: the file cannot be had (`download.openml_file`) or read, it has no such target or
            class, a size is too small, or rows are too few.

    Source: Vanschoren et al., *OpenML: networked science in machine learning*, SIGKDD Explorations
    15, 2013; format ARFF as ``scipy.io.arff`` reads it.
    """
    name = f"data_id {data_id}"
    rows, labels = read_arff(openml_file(data_id, sha256, cache, server), target, name)
    chosen = [str(label) for label in classes]
    known = sorted(set(labels.tolist()))
    if len(chosen) != 2 or chosen[0] == chosen[1] or not set(chosen) <= set(known):
        raise DataError(
            f"classes is {list(classes)}, but must be two different values of {target} in {name}: "
            f"choose from {one_line(', '.join(known[:20]))}{', …' if len(known) > 20 else ''}."
        )
    members = [rows[labels == label] for label in chosen]
    counts = (len(members[0]), len(members[1]))
    population = f"the classes {chosen[0]} and {chosen[1]} of {name} have {{}} whole rows"
    check_population(samples, counts, population, spare=2)
    return two_classes(
        counts,
        standardised(np.concatenate(members)),
        samples=samples,
        fresh_samples=fresh_samples,
        mixing=mixing,
        replicates=replicates,
        seed=seed,
    )


def read_arff(content: bytes, target: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Features ``(N, d)`` and labels ``(N,)``, text, of the rows of an ARFF file that lack no value.

    Args:
        content: the file.
        target: attribute with the labels; the others are features.
        name: what the sentences call the file.

    Raises:
        DataError: the file cannot be read, or has no attribute ``target``, or no other one, or more than
            `ENTRIES` features in all rows.
    """
    from scipy.io import arff  # slow to load, and no other source needs it

    try:
        table, meta = arff.loadarff(io.StringIO(_requoted(content.decode("utf-8"))))
    except (*_UNREADABLE, arff.ArffError) as error:
        raise DataError(
            f"the file of {name} cannot be read as dense ARFF of numbers and nominal values "
            f"({one_line(error)}): choose another data set."
        ) from error
    attributes = meta.names()
    if len(attributes) < 2 or not len(table):
        raise DataError(
            f"the file of {name} has {len(attributes)} attributes and {len(table)} rows, but a "
            "target, another attribute and some rows are needed: choose another data set."
        )
    if target not in attributes:
        raise DataError(
            f"target is {target!r}, but must be an attribute of {name}: "
            f"choose from {one_line(', '.join(attributes))}."
        )
    labels = _labels(table[target])
    others = [attribute for attribute in attributes if attribute != target]
    _check_size(len(table), [meta[attribute] for attribute in others], name)
    rows = np.column_stack([_features(table[attribute], meta[attribute]) for attribute in others])
    whole = np.isfinite(rows).all(axis=1) & ~np.isin(labels, ["?", "nan"])
    return rows[whole], labels[whole]


def _check_size(samples: int, kinds: Sequence[tuple], name: str) -> None:
    dimension = sum(len(values) if kind == "nominal" else 1 for kind, values in kinds)
    if samples * dimension > ENTRIES:
        raise DataError(
            f"the file of {name} has {samples} rows and {dimension} features, one for each nominal value, "
            f"but at most {ENTRIES} numbers are read: choose another data set."
        )


def _requoted(text: str) -> str:
    """Values in double quotes: of those in single ones, as Weka writes them, SciPy keeps the quotes."""
    header, mark, rows = re.split(
        r"^([ \t]*@data.*\n)", f"{text}\n@data\n", maxsplit=1, flags=_LINES
    )
    quoted = re.compile(r"(^|,)[ \t]*'([^',\"\n]*)'[ \t]*(?=,|$)", _LINES)
    return header + mark + quoted.sub(r'\1"\2"', rows.removesuffix("\n@data\n"))


def _labels(column: np.ndarray) -> np.ndarray:
    """Values as text: a number as short as it can be written."""
    if column.dtype.kind == "f":
        return np.array([f"{value:g}" for value in column])
    return np.char.decode(column, "utf-8")


def _features(column: np.ndarray, attribute: tuple[str, tuple[str, ...] | None]) -> np.ndarray:
    """One column of numbers, or one for each nominal value; nan where the value is missing."""
    kind, values = attribute
    if kind != "nominal":
        return column[:, None]
    found = np.char.decode(column, "utf-8")[:, None]
    return np.where(found == "?", np.nan, found == np.array(values))

"""The files of the configuration, what Snakemake merges from them, and the files that they name."""

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from scripts._origins import at, read, source

BASE = ("config/claims.yaml", "config.yaml")  # always read, the last one below all others


PATHS = ("path", "model")  # keys of a data set at which a file or folder of the user is named


def base_files(root: str | Path) -> list[Path]:
    """The files of the project that every other file goes on top of."""
    return [Path(root, name) for name in BASE]


def merged(root: str | Path, on_top: Sequence[str | Path] = ()) -> dict[str, Any]:
    """What Snakemake merges from the files of the project and those on top, a later one counting more.

    Keys have the order that they have there, those on top first: of experiments that share a result it lies
    with the first.
    """
    from snakemake.utils import update_config

    above: dict[str, Any] = {}
    for file in on_top:
        update_config(above, read(file) or {})
    config: dict[str, Any] = {}
    for part in (above, *(read(file) or {} for file in base_files(root)), above):
        update_config(config, part)
    return config


def located(config: Mapping[str, Any], files: Sequence[str | Path]) -> dict[str, Any]:
    """The configuration with every path of a data set as it leads there from the working directory.

    In a file a relative path begins in the folder of that file, on the command line in the working directory.
    It stays relative: results that are moved together with the data are as they were.

    Args:
        config, files: as in `check.check`; nothing in the configuration has been checked.
    """
    found: dict[str, Any] = deepcopy(dict(config))
    experiments = found.get("experiments")
    for name in experiments if isinstance(experiments, Mapping) else ():
        for key in PATHS:
            keys = ("experiments", name, "dataset", key)
            path = at(keys, config)
            if isinstance(path, str):
                at(keys[:-1], found)[key] = _from_here(path, source(keys, config, files))
    return found


def _from_here(path: str, file: str | Path | None) -> str:
    folder = os.path.realpath(os.path.dirname(file)) if file else os.getcwd()
    whole = os.path.normpath(os.path.join(folder, path))
    # Snakemake does not find what begins with two slashes
    return f"/{whole.lstrip('/')}" if os.path.isabs(path) else os.path.relpath(whole)

"""The files of the configuration, what Snakemake merges from them, and the files that they name."""

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from scripts._origins import at, read, source

BASE = ("config/claims.yaml", "config.yaml")  # always read, the last one below all others


# source of data -> key at which it names a file or folder of the user
PATHS = {"file": "path", "embeddings": "model"}


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
    return over_base(root, above)


def over_base(root: str | Path, above: Mapping[str, Any]) -> dict[str, Any]:
    """The same, of what all files on top hold together."""
    from snakemake.utils import update_config

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
        dataset = at(("experiments", name, "dataset"), found)
        key = PATHS.get(str(at(("source",), dataset)))
        path = at((key,), dataset) if key else None
        if isinstance(path, str):
            keys = ("experiments", name, "dataset", str(key))
            dataset[key] = _from_here(path, source(keys, config, files))
    return found


def _from_here(path: str, file: str | Path | None) -> str:
    folder = os.path.realpath(os.path.dirname(file)) if file else os.getcwd()
    whole = os.path.normpath(os.path.join(folder, path))
    # Snakemake does not find what begins with two slashes
    return f"/{whole.lstrip('/')}" if os.path.isabs(path) else os.path.relpath(whole)

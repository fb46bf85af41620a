"""The files of the configuration, and what Snakemake merges from them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts._origins import read

BASE = ("config/claims.yaml", "config.yaml")  # always read, the last one below all others


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

"""What the scripts of pages share: their tables, their templates, and the files that they write."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from _storage import read_table, write_text

TEMPLATES = ("markdown", "html", "style")


def read_tables(paths: Iterable[str]) -> dict[str, Any]:
    """Columns of each table, by its name, ``dimension`` or ``step_size.multipliers``."""
    return {Path(path).name.removesuffix(".csv"): read_table(path) for path in paths}


def templates(snakemake: Any) -> dict[str, str]:
    """Text of each template among the inputs: ``markdown``, ``html``, ``style``."""
    found = {name: path for name, path in snakemake.input.items() if name in TEMPLATES}
    return {name: Path(path).read_text(encoding="utf-8") for name, path in found.items()}


def write(snakemake: Any, texts: Mapping[str, str]) -> None:
    """Write each text to the output of its name.

    Raises:
        StorageError: as `write_text`.
    """
    for name, text in texts.items():
        write_text(snakemake.output[name], text)

"""Which file of the configuration says what, for sentences that name one."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from workflow.support.configuration.mistakes import KeyPath
from workflow.support.configuration.reading import LOADER

FILES = "KKT_UNLEARNING_CONFIG"  # environment variable with the paths of the configuration files

BASE = ("config/claims.yaml", "config.yaml")  # always read, the last one below all others

COMMAND_LINE = "--config"  # origin of what no file says


def origin(path: KeyPath, config: Mapping[str, Any], files: Sequence[str | Path]) -> str:
    """File the mistake is in: the first that says what the merged configuration says there."""
    if not files:
        return "config.yaml"
    *on_top, base = files
    merged = at(path, config)
    for file in [*reversed(on_top), base]:
        found = at(path, _load(file))
        if found == merged or repr(found) == repr(merged):  # .nan equals nothing, not even itself
            return Path(file).name
    # A section may be merged from several files; a single value that no file has is from none.
    nowhere = len(path) == 1 or not isinstance(merged, Mapping | list)
    return COMMAND_LINE if nowhere else Path(base).name


def base_files(root: str | Path) -> list[Path]:
    """The files of the project that every other file goes on top of."""
    return [Path(root, name) for name in BASE]


def merged(root: str | Path, on_top: Sequence[str | Path] = ()) -> dict[str, Any]:
    """What Snakemake merges from the files of the project and those on top, a later one counting more."""
    from snakemake.utils import update_config

    config: dict[str, Any] = {}
    for file in [*base_files(root), *on_top]:
        update_config(config, _load(file) or {})
    return config


def announce(files: Sequence[str | Path]) -> None:
    """Let jobs know the configuration files, for the sentences in which they name one."""
    os.environ[FILES] = os.pathsep.join(str(Path(file).resolve()) for file in files)


def origin_of_section(section: str, config: Mapping[str, Any]) -> str:
    """File that a job's section ``a.b.c`` is from: the one on top that has it, else the one below.

    Args:
        section: key path.
        config: merged configuration; a value that no file has came from the command line.
    """
    path = tuple(section.split("."))
    merged = at(path, config)
    *on_top, base = os.environ.get(FILES, "config.yaml").split(os.pathsep)
    for file in [*reversed(on_top), base]:
        found = at(path, _load(file)) if Path(file).is_file() else None
        if found is not None and (isinstance(found, Mapping) or found == merged):
            return Path(file).name
    return COMMAND_LINE if Path(base).is_file() else Path(base).name


def _load(file: str | Path) -> Any:
    """As Snakemake does: first as JSON, of which YAML takes some numbers for text."""
    text = Path(file).read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, LOADER)


def at(path: KeyPath, config: Any) -> Any:
    """What stands at the end of a key path; None where it leads nowhere."""
    for key in path:
        try:
            config = config[key]
        except (KeyError, IndexError, TypeError):
            return None
    return config

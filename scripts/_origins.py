"""Which file of the configuration says what, for sentences that name one.

A job loads this only for such a sentence.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is there

FILES = "KKT_UNLEARNING_CONFIG"  # environment variable with the paths of the configuration files

COMMAND_LINE = "--config"  # origin of what no file says


def origin(
    path: Sequence[str | int], config: Mapping[str, Any], files: Sequence[str | Path] = ()
) -> str:
    """Name of the file that a section or value is from, as `source` finds it; of two of one name the path."""
    files = files or os.environ.get(FILES, "config.yaml").split(os.pathsep)
    found = source(path, config, files)
    if found is None:
        return COMMAND_LINE if os.path.isfile(files[-1]) else Path(files[-1]).name
    return named_among(found, files)


def named_among(file: str | Path, files: Sequence[str | Path]) -> str:
    """Name of a file; its absolute path where others of these files have the same name."""
    name = Path(file).name
    same = {os.path.abspath(other) for other in files if Path(other).name == name}
    return os.path.abspath(file) if len(same) > 1 else name


def source(
    path: Sequence[str | int], config: Mapping[str, Any], files: Sequence[str | Path]
) -> str | Path | None:
    """File that a section or value is from: the first on top that has the section, or this value.

    Args:
        path: keys that lead to it.
        config: merged from the files and the command line.
        files: as Snakemake lists them, those of its command line first, of which a later one counts
            more, the one that they lie on top of last.

    Returns:
        The file; None where no file says it, but the command line. A key that is missing is from the file
        that takes it away by null, if there is one.
    """
    readable = [*filter(os.path.isfile, (*reversed(files[:-1]), *files[-1:]))]
    if path and at(path, config) is None:
        for file in readable:
            section = at(path[:-1], read(file))
            if isinstance(section, Mapping) and section.get(path[-1], "") is None:
                return file
    while path and at(path, config) is None:  # a key that is missing is so in its section
        path = path[:-1]
    merged = at(path, config)
    for file in readable:
        found = at(path, read(file))
        if isinstance(found, Mapping) or found == merged or repr(found) == repr(merged):  # .nan
            return file
    return None


def read(file: str | Path) -> Any:
    """As Snakemake does: first as JSON, of which YAML takes some numbers for text."""
    text = Path(file).read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, LOADER)


def at(path: Sequence[str | int], config: Any) -> Any:
    """What stands at the end of a key path; None where it leads nowhere."""
    for key in path:
        try:
            config = config[key]
        except (KeyError, IndexError, TypeError):
            return None
    return config

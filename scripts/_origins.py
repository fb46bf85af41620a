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
    """File that a section or value is from: the first on top that has the section, or this value.

    Args:
        path: keys that lead to it.
        config: merged from the files and the command line.
        files: as Snakemake lists them, those of its command line first, of which a later one counts
            more, the one that they lie on top of last; without any, those of which jobs are told.
    """
    *on_top, base = files or os.environ.get(FILES, "config.yaml").split(os.pathsep)
    while path and at(path, config) is None:  # a key that is missing is so in its section
        path = path[:-1]
    merged = at(path, config)
    for file in filter(os.path.isfile, (*reversed(on_top), base)):
        found = at(path, read(file))
        if isinstance(found, Mapping) or found == merged or repr(found) == repr(merged):  # .nan
            return Path(file).name
    return COMMAND_LINE if os.path.isfile(base) else Path(base).name


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

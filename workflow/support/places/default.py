"""Which settings are not the default's, for whose sizes the thresholds of claims were stated.

``make schema`` writes down what the default is: ``config.yaml`` is there to be changed.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow.support.places.tables import own_tables

PATH = Path(__file__).parents[2] / "schemas" / "default.json"

_DIGITS = 12  # of a hash


def digests(config: Mapping[str, Any]) -> dict[str, str]:
    """A hash of each experiment, with what its names stand for, and of each section of its own."""
    sections = {name: config[name] for name in own_tables()} | {
        name: {"replicates": config["replicates"], **section}
        | {
            key: [config[key][chosen] for chosen in section[key]]
            for key in ("networks", "trainings")
        }
        for name, section in config["experiments"].items()
    }
    return {
        name: _digest(section)
        for name, section in (sections | {"resamples": config["resamples"]}).items()
    }


def changed(config: Mapping[str, Any]) -> list[str]:
    """Names of those that the default configuration has otherwise."""
    default, found = json.loads(PATH.read_text(encoding="utf-8")), digests(config)
    return [name for name, digest in default.items() if found.get(name) != digest]


def _digest(section: Any) -> str:
    text = json.dumps(section, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]

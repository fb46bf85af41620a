"""Which settings are not the default's, for whose sizes the thresholds of claims were stated.

``make schema`` writes down what the default is: ``config.yaml`` is there to be changed.
"""

import json
from pathlib import Path
from typing import Any

from scripts._hashes import digest

from workflow.support.places.places import Places
from workflow.support.places.tables import own_tables

PATH = Path(__file__).parents[2] / "schemas" / "default.json"

_DIGITS = 12  # of a hash


def digests(config: dict[str, Any]) -> dict[str, str]:
    """A hash of each experiment, with what its names stand for, and of each section of its own."""
    places, replicates = Places(config), {"replicates": config["replicates"]}
    sections = {name: config[name] for name in own_tables()}
    sections |= {name: replicates | places.section(name) for name in config["experiments"]}
    sections["resamples"] = config["resamples"]
    return {name: digest(section)[:_DIGITS] for name, section in sections.items()}


def changed(config: dict[str, Any]) -> list[str]:
    """Names of those that the default configuration has otherwise."""
    default, found = json.loads(PATH.read_text(encoding="utf-8")), digests(config)
    return [name for name, digest in default.items() if found.get(name) != digest]

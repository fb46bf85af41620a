"""``make schema``: the schema of the configuration as one file, and what the default configuration is.

From the schema editors complete keys: ``config.yaml`` and ``config/claims.yaml`` name it in their first
lines.
"""

import json
from pathlib import Path
from typing import Any

from workflow.support.configuration.files import merged
from workflow.support.configuration.schema import declared
from workflow.support.places import default

ROOT = Path(__file__).parents[1]
PATH = ROOT / "workflow" / "schemas" / "config.schema.json"


def for_editors() -> dict[str, Any]:
    """The schema of our own, without what only all files together have to have at the top."""
    return {key: value for key, value in declared().items() if key != "required"}


def text() -> str:
    """What stands in the file."""
    return json.dumps(for_editors(), indent=1, ensure_ascii=False) + "\n"


def default_text() -> str:
    """What stands in the file about the default."""
    return json.dumps(default.digests(merged(ROOT)), indent=1) + "\n"


if __name__ == "__main__":
    default.PATH.write_text(default_text(), encoding="utf-8")
    PATH.write_text(text(), encoding="utf-8")

"""The schema of the configuration as one file, from which editors complete keys: ``make schema``.

``config.yaml`` and ``config/claims.yaml`` name it in their first lines.
"""

import json
from pathlib import Path
from typing import Any

from workflow.support.configuration.schema import schema

PATH = Path(__file__).parent / "schemas" / "config.schema.json"


def for_editors() -> dict[str, Any]:
    """The schema without what only all files together have to have at the top."""
    return {key: value for key, value in schema().items() if key != "required"}


def text() -> str:
    """What stands in the file."""
    return json.dumps(for_editors(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")

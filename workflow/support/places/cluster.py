"""What jobs on a cluster need: resources that grow with the attempts, and the way to the project."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = "KKT_UNLEARNING_ROOT"  # environment variable with the folder of the project


def growing(amount: int) -> Callable[[Any, int], int]:
    """``amount`` times the number of the attempt, as the resource of a rule.

    A job that was ended for the time or the memory that it took would be ended again with the same.

    Args:
        amount: at the first attempt; megabytes of ``mem_mb`` or minutes of ``runtime``.
    """

    def resource(wildcards: Any, attempt: int) -> int:
        return amount * attempt

    return resource


def announce_root(root: str | Path) -> None:
    """Let the commands of a profile find the project from whatever folder the results go to."""
    os.environ[ROOT] = str(Path(root).resolve())

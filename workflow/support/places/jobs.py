"""What jobs are given besides their settings, on a cluster as well: resources, and an environment."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scripts._origins import FILES
from scripts._versions import versions


def growing(amount: int) -> Callable[[Any, int], int]:
    """``amount`` times the number of the attempt, as the resource of a rule.

    A job that was ended for the time or the memory that it took would be ended again with the same.

    Args:
        amount: at the first attempt; megabytes of ``mem_mb`` or minutes of ``runtime``.
    """

    def resource(wildcards: Any, attempt: int) -> int:
        return amount * attempt

    return resource


def announce(root: Path, files: Sequence[str | Path]) -> None:
    """Let jobs find the library of this checkout, and what they need not look up themselves.

    Args:
        root: folder that holds ``src/``.
        files: of the configuration, as Snakemake lists them.
    """
    others = os.environ.get("PYTHONPATH")
    # the library that the hashes of code are of, rather than an installed one
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root / "src"), others]))
    # for the commands of a profile, from whatever folder the results go to
    os.environ["KKT_UNLEARNING_ROOT"] = str(root.resolve())
    os.environ[FILES] = os.pathsep.join(str(Path(file).resolve()) for file in files)
    # figures go to files: whatever backend a user draws on screens with may not be in this environment
    os.environ["MPLBACKEND"] = "agg"
    known = {"prefix": sys.prefix, "versions": versions()}
    os.environ["KKT_UNLEARNING_VERSIONS"] = json.dumps(known)

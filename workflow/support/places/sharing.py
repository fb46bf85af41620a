"""Results that several clones share (``snakemake --cache``): what must hold before and after.

Snakemake moves such a result to the folder in ``SNAKEMAKE_OUTPUT_CACHE`` and leaves a link.
"""

import os
from pathlib import Path
from typing import Any

from scripts._errors import shared_by

LOCATION = "SNAKEMAKE_OUTPUT_CACHE"


def sharing(workflow: Any, results: Path) -> bool:
    """Whether this run shares results; links to results that are no longer shared are gone after it.

    Where a shared result was removed, the link to it stays, and Snakemake takes it for a file that
    another process deletes just now, and ends. Without the link it is a missing file, made again.

    Args:
        workflow: Snakemake's, with its settings.
        results: their folder.

    Raises:
        SystemExit: ``--cache`` is given and the folder is not; the message is one sentence.
    """
    asked = workflow.workflow_settings.cache is not None
    folder = os.environ.get(LOCATION, "")
    if asked and "://" not in folder and not os.access(folder, os.W_OK | os.X_OK):
        found = (
            f"is {folder}, which is no folder that can be written to" if folder else "is not set"
        )
        raise SystemExit(
            f"error: --cache: the environment variable {LOCATION} {found}: make a folder that all who share "
            f"can write to, and export {LOCATION}=/path/of/it."
        )
    if folder and workflow.is_main_process:  # not each job of a cluster again
        remove_broken_links(results)
    return asked


def remove_broken_links(results: Path) -> None:
    """Remove every link below ``results`` to a shared result that is gone."""
    for path in results.rglob("*"):
        if shared_by(path) and not path.exists():
            path.unlink(missing_ok=True)

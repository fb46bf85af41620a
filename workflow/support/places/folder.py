"""The folder that a run works in: it has to be writable, and what is the user's own in it is left as it is.

Results have a folder to themselves. Figures and pages lie beside files of a user: committed in a checkout,
where they are the project's, and in any other folder perhaps somebody else's of the same name.
"""

import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from scripts._hashes import SUFFIX, sha256, unsealed, written

from kkt_unlearning.studies.study import of_choice
from workflow.support.places.plan import PAGE_FILES, drawn

RESULTS = "results"

NOTES = Path(".snakemake")
_KNOWN = ("metadata", "incomplete")  # what Snakemake has made or begun


@of_choice
def beside() -> list[str]:
    """What jobs write beside the results."""
    return [path for path in (*drawn(), *PAGE_FILES) if not path.startswith(RESULTS)]


def refuse_read_only() -> None:
    """End the program if Snakemake could not keep its notes here, which a plan writes as well.

    Raises:
        SystemExit: it could not; the message is one sentence.
    """
    notes = ".snakemake" if os.path.isdir(".snakemake") else "."
    if not os.access(notes, os.W_OK | os.X_OK):
        raise SystemExit(
            f"error: {Path(notes).resolve()} cannot be written to, where snakemake keeps its notes: work "
            "in a folder of your own with --directory."
        )


def refuse_foreign(root: str | Path, notes: Path = NOTES) -> None:
    """End the program if a file that no run has made lies where this one would write it.

    Args:
        root: the checkout, in which figures and pages are the project's.
        notes: of Snakemake, in the folder that it works in.

    Raises:
        SystemExit: there is one; the message is one sentence.
    """
    if Path.cwd() == Path(root).resolve():
        return
    found = [name for name in beside() if os.path.lexists(name) and not _known(name, notes)]
    made = dict(_recorded()) if found else {}
    for name in found:
        if not os.path.isfile(name) or made.get(name) != sha256(name):
            raise SystemExit(
                f"error: {name} is there and no run has made it, but this one would overwrite it: move it "
                "away, or work in another folder with --directory."
            )


def is_ours(path: str) -> bool:
    """Whether a file of this name is one that jobs write: below the results, or one of `beside`."""
    below, inside = os.path.realpath(os.path.dirname(path)), os.path.realpath(RESULTS)
    return path in beside() or (
        path.startswith(f"{RESULTS}/") and os.path.commonpath([inside, below]) == inside
    )


def _known(name: str, notes: Path) -> bool:
    """Whether Snakemake remembers the file, by the name that it gives to what it notes of one."""
    note = urlsafe_b64encode(os.path.relpath(name, notes.parent).encode()).decode()
    return any((notes / kind / note).exists() for kind in _KNOWN)


def _recorded() -> Iterator[tuple[str, str]]:
    """Files that records of final results name, with their hashes, as seen from the working directory."""
    for part in ("*", "figures/*"):
        for record in filter(Path.is_file, Path(RESULTS).glob(f"{part}{SUFFIX}")):
            with suppress(OSError, ValueError):
                yield from written(record, unsealed(record.read_bytes())).items()

"""Scorecard, pages and numbers of figures once more, from tables and records of unknown origin."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import PurePath
from typing import Any, NamedTuple

from scripts._hashes import SUFFIX
from scripts._tables import columns

from kkt_unlearning.studies.study import figures
from workflow.support.places.asked import Asked, Place
from workflow.support.places.plan import PAGES
from workflow.support.places.templates import REPORT
from workflow.support.records.unpacking import ArchiveError, refuse_beyond_memory

# Of a column: the text that its numbers are read from, itself, and the rows that a claim chooses.
_COPIES, _CHARACTER = 3, 4  # bytes

_RESTS = {
    "scorecard": "the tables and the thresholds of the configuration",
    "findings": "the scorecard and the tables",
    "provenance": "the records and the configuration",
    "columns": "what the code says of them",
}


class Page(NamedTuple):
    """A file that follows from others.

    Attributes:
        path: in an archive.
        content: as the code here writes it.
        rests: what it follows from, in words.
        record: of the job that wrote it.
    """

    path: str
    content: bytes
    rests: str
    record: str


def pages(
    files: Mapping[str, bytes], records: Mapping[str, Mapping[str, Any]], asked: Asked
) -> Iterator[Page]:
    """Scorecard, pages and numbers of figures as the code here makes them, the scorecard first.

    Args:
        files: of an archive.
        records: those among them.
        asked: what its configuration asks for.

    Raises:
        ArchiveError: they cannot be made.
    """
    from _pages import contents

    table = reader(files)
    read = cache(lambda path: records[path] if path.endswith(SUFFIX) else table(path))
    for place, outputs in _written(asked):
        script, (first, *_) = place.rule.partition("_")[0], outputs.values()
        job, rests = asked.jobs()[place.record], _RESTS.get(script, "the tables")
        try:
            texts = import_module(script).pages(
                contents(asked.paths(place), read),
                job.given(),
                _templates(script),
            )
        except ArchiveError:
            raise
        except Exception as error:  # whatever is wrong with them, they are no results of ours
            raise ArchiveError(
                f"{first!r} cannot be made from {rests} ({type(error).__name__}: {error})."
            ) from error
        for name, path in outputs.items():
            yield Page(path, texts[name].encode(), rests, place.record)


def _written(asked: Asked) -> Iterator[tuple[Place, dict[str, str]]]:
    """Each job that writes texts for readers, and these by the name of the output."""
    drawn = [{"csv": f"paper_figures/{name}.csv"} for name in figures()]
    files = [asked.plan.own_files(name) for name in asked.plan.own_drawn()]
    own = [{name: made[name] for name in ("csv", "page")} for made in files]
    for outputs in (*PAGES.values(), *drawn, *own):
        place = asked.place(next(iter(outputs.values())))
        assert place is not None
        yield place, outputs


def reader(files: Mapping[str, bytes]) -> Callable[[str], dict[str, Any]]:
    """What the scripts' ``read_table`` makes of such a file; that asks for files with a place.

    A column takes as much for each cell as for its longest one. What is read raises an ArchiveError where all
    that was read takes more than the memory there is.
    """
    needed = 0

    def read(path: str) -> dict[str, Any]:
        nonlocal needed
        header, *rows = csv.reader(io.StringIO(files[path].decode(), newline=""))
        cells = sum(len(column) * max(map(len, column)) for column in zip(*rows, strict=False))
        needed += _COPIES * _CHARACTER * cells
        refuse_beyond_memory(needed, f"the table {PurePath(path).stem!r}")
        return columns(header, rows)

    return read


def _templates(script: str) -> dict[str, str]:
    names = {"markdown": f"{script}.md.j2", "html": f"{script}.html.j2", "style": "style.css"}
    found = {name: REPORT / file for name, file in names.items() if (REPORT / file).is_file()}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items()}

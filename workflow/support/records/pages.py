"""Scorecard, pages and numbers of figures once more, from tables and records of unknown origin."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import zip_longest
from pathlib import PurePath
from typing import Any

from scripts._hashes import SUFFIX
from scripts._tables import columns, parsed

from kkt_unlearning.studies.study import figures
from workflow.support.places.asked import Asked
from workflow.support.places.plan import PAGES
from workflow.support.records.unpacking import ArchiveError, refuse_beyond_memory

# Of a column: the text that its numbers are read from, itself, and the rows that a claim chooses.
_COPIES, _CHARACTER = 3, 4  # bytes

_RESTS = {
    "columns": "what the code says of them",
    "scorecard": "the tables and the thresholds of the configuration",
    "findings": "the scorecard and the tables",
    "provenance": "the records and the configuration",
}


def unlike_pages(
    files: Mapping[str, bytes], records: Mapping[str, Mapping[str, Any]], asked: Asked
) -> Iterator[str]:
    """Scorecard, pages and numbers of figures that are not as the code here makes them, the scorecard first.

    Args:
        files: of an archive.
        records: those among them.
        asked: what its configuration asks for.

    Raises:
        ArchiveError: what was read takes more than the memory there is.
    """
    from _pages import contents, templates

    table = reader(files)
    read = cache(lambda path: records[path] if path.endswith(SUFFIX) else table(path))
    for outputs in _written(asked):
        place = asked.place(next(iter(outputs.values())))
        assert place is not None
        script, name, job = place.rule.partition("_")[0], place.record, asked.jobs()[place.record]
        rests = _RESTS.get(script, "the tables")
        try:
            inputs = contents(asked.paths(place), read)
            texts = import_module(script).pages(inputs, job.given(), templates(script))
        except ArchiveError:
            raise
        except Exception as error:  # whatever is wrong with them, they are no results of ours
            (first, *_), found = outputs.values(), f"{type(error).__name__}: {error}"
            yield f"{first!r} cannot be made from {rests} ({found})."
            continue
        other = job.differing(records[name], ["code"])
        code = f"the code here{', which is not the code that made it' if other else ''}"
        for output, path in outputs.items():
            if line := first_difference(files[path], texts[output].encode()):
                yield f"{path}{line}: it does not follow from {rests} by {code}."


def _written(asked: Asked) -> list[dict[str, str]]:
    """Texts that each job writes for readers, by the name of the output, the scorecard first."""
    drawn = [{"csv": f"paper_figures/{name}.csv"} for name in figures()]
    files = [asked.plan.own_files(name) for name in asked.plan.own_drawn()]
    return [
        *PAGES.values(),
        *drawn,
        *({name: made[name] for name in ("csv", "page", "html")} for made in files),
    ]


def first_difference(archived: bytes, recomputed: bytes) -> str:
    """Where two texts differ; nothing where they are the same."""
    pairs = enumerate(zip_longest(archived.split(b"\n"), recomputed.split(b"\n")), 1)
    return next((f", line {n}" for n, (a, b) in pairs if a != b), "")


def reader(files: Mapping[str, bytes]) -> Callable[[str], dict[str, Any]]:
    """What the scripts' ``read_table`` makes of such a file; that asks for files with a place.

    A column takes as much for each cell as for its longest one. What is read raises an ArchiveError where all
    that was read takes more than the memory there is.
    """
    needed = 0

    def read(path: str) -> dict[str, Any]:
        nonlocal needed
        header, *rows = parsed(files[path])
        cells = sum(len(column) * max(map(len, column)) for column in zip(*rows, strict=False))
        needed += _COPIES * _CHARACTER * cells
        refuse_beyond_memory(needed, f"the table {PurePath(path).stem!r}")
        return columns(header, rows)

    return read

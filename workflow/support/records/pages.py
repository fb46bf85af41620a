"""Scorecard and pages once more, from tables and records of unknown origin."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from scripts._tables import columns

from workflow.support.places.plan import Plan
from workflow.support.places.templates import REPORT
from workflow.support.records.unpacking import ArchiveError, refuse_beyond_memory

TABLES, SCORECARD = "results/tables/", "results/scorecard.csv"

# Of a column: the text that its numbers are read from, itself, and the rows that a claim chooses.
_COPIES, _CHARACTER = 3, 4  # bytes


class Page(NamedTuple):
    """A file that follows from others.

    Attributes:
        path: in an archive.
        content: as the code here writes it.
        rests: what it follows from, in words.
        script: that writes it.
    """

    path: str
    content: bytes
    rests: str
    script: str


def pages(
    files: Mapping[str, bytes], records: Mapping[str, Mapping[str, Any]], plan: Plan
) -> Iterator[Page]:
    """Scorecard and pages as the code here makes them, the scorecard first.

    Args:
        files: of an archive.
        records: those among them.
        plan: of its configuration.

    Raises:
        ArchiveError: they cannot be made.
    """
    import explorer
    import findings
    import provenance
    import scorecard

    tables = cache(lambda: read_tables(files, plan.all_tables()))
    claims, origins = plan.config["claims"], plan.origins
    yield from _made(
        "scorecard",
        {
            "table": SCORECARD,
            "page": "paper_figures/scorecard.md",
            "html": "results/scorecard.html",
        },
        "the tables and the thresholds of the configuration",
        lambda: scorecard.pages(tables(), claims, _templates("scorecard")),
    )
    yield from _made(
        "findings",
        {"page": "docs/findings.md", "html": "results/findings.html"},
        "the scorecard and the tables",
        lambda: findings.pages(
            tables(),
            read_tables(files, [SCORECARD])[SCORECARD.removesuffix(".csv")],
            _templates("findings"),
        ),
    )
    yield from _made(
        "provenance",
        {"table": "results/provenance.csv", "html": "results/provenance.html"},
        "the records and the configuration",
        lambda: provenance.pages(
            [records[name] for name in origins.figures()],
            records,
            origins.settings(),
            plan.config["seed"],
            _templates("provenance"),
        ),
    )
    yield from _made(
        "explorer",
        {"html": "results/explorer.html"},
        "the tables",
        lambda: explorer.pages(read_tables(files, plan.explored_tables()), plan.explored(None)),
    )


def _made(
    script: str, paths: Mapping[str, str], rests: str, make: Callable[[], Mapping[str, str]]
) -> Iterator[Page]:
    try:
        texts = make()
    except ArchiveError:
        raise
    except Exception as error:  # whatever is wrong with them, they are no results of ours
        raise ArchiveError(
            f"{next(iter(paths.values()))!r} cannot be made from {rests} ({type(error).__name__}: {error})."
        ) from error
    for name, path in paths.items():
        yield Page(path, texts[name].encode(), rests, script)


def read_tables(files: Mapping[str, bytes], names: list[str]) -> dict[str, Any]:
    """What ``read_table`` makes of such files, by name; that asks for files of our own, with their place.

    A column takes as much for each cell as for its longest one.

    Raises:
        ArchiveError: they take more than the memory there is.
    """
    needed, found = 0, {}
    for path in names:
        name = path.removeprefix(TABLES).removesuffix(".csv")
        header, *rows = csv.reader(io.StringIO(files[path].decode(), newline=""))
        cells = sum(len(column) * max(map(len, column)) for column in zip(*rows, strict=False))
        needed += _COPIES * _CHARACTER * cells
        refuse_beyond_memory(needed, f"the table {name!r}")
        found[name] = columns(header, rows)
    return found


def _templates(script: str) -> dict[str, str]:
    names = {"markdown": f"{script}.md.j2", "html": f"{script}.html.j2", "style": "style.css"}
    found = {name: REPORT / file for name, file in names.items() if (REPORT / file).is_file()}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items()}

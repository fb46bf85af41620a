"""The rows of the scorecard by section and by whose claim it is, as a page shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from kkt_unlearning.studies.claim import KINDS
from kkt_unlearning.studies.pages.template import fill
from kkt_unlearning.studies.scorecard import VERDICTS, Score
from kkt_unlearning.studies.study import sections


@dataclass(frozen=True)
class Part:
    """One section of the scorecard.

    Attributes:
        name, title, page: its key, its heading and where its mathematics is.
        rows: its claims.
        counts: how many of them have each verdict, in the order of ``VERDICTS``.
    """

    name: str
    title: str
    page: str
    rows: list[Score]
    counts: list[int]


@dataclass(frozen=True)
class Tally:
    """What became of the claims of one kind of origin.

    Attributes:
        kind, title: ``Origin.kind``, and what a page calls it.
        claims: how many there are.
        counts: how many of them have each verdict, in the order of ``VERDICTS``.
    """

    kind: str
    title: str
    claims: int
    counts: list[int]


TITLES = {
    "paper": "the paper",
    "summary": "public summaries of it",
    "other paper": "other papers",
    "ours": "our hypotheses",
    "check": "checks of the code",
}


def page(template: str, scores: Sequence[Score], *, html: bool = False, **values: Any) -> str:
    """The template with ``tallies``, ``parts``, ``verdicts`` and ``values``."""
    values |= {"tallies": tallies(scores), "parts": parts(scores), "verdicts": VERDICTS}
    return fill(template, html=html, **values)


def tallies(scores: Sequence[Score]) -> list[Tally]:
    """Claims by whose they are, in the order of ``KINDS``; the checks of the code come last."""
    of = {kind: [row for row in scores if row["origin"] == kind] for kind in KINDS}
    return [Tally(kind, TITLES[kind], len(rows), counts(rows)) for kind, rows in of.items()]


def parts(scores: Iterable[Score]) -> list[Part]:
    """Sections in the order of the rows; a section without rows is left out."""
    return [_part(name, list(rows)) for name, rows in groupby(scores, lambda row: row["section"])]


def counts(scores: Iterable[Score]) -> list[int]:
    """How many rows have each verdict, in the order of ``VERDICTS``."""
    found = [row["verdict"] for row in scores]
    return [found.count(verdict) for verdict in VERDICTS]


def _part(name: str, rows: list[Score]) -> Part:
    section = sections()[name]
    return Part(name, section.title, section.page, rows, counts(rows))

"""What the page of findings may say: numbers of the scorecard and of result tables, never typed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kkt_unlearning.studies.claim import Tables
from kkt_unlearning.studies.pages.scorecard import Part, Tally, parts, tallies
from kkt_unlearning.studies.pages.template import fill, number
from kkt_unlearning.studies.scorecard import VERDICTS, Score
from kkt_unlearning.studies.summary import Table, median, rows, select


def page(
    template: str, scores: Sequence[Score], tables: Tables, changed: Sequence[str] = ()
) -> str:
    """The template filled with what :class:`Findings` offers, under the names of its methods.

    Args:
        changed: what is not as in the default configuration.
    """
    findings = Findings(list(scores), tables)
    names = ("measured", "median", "largest", "tally", "stated", "why", "because")
    return fill(template, changed=changed, **{name: getattr(findings, name) for name in names})


@dataclass(frozen=True)
class Findings:
    """Functions of the template.

    Attributes:
        scores: rows of the scorecard.
        tables: result tables by name.
        reasons: texts that :meth:`why` has collected, by claim and verdict.
    """

    scores: list[Score]
    tables: Tables
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)

    def measured(self, claim: str) -> str:
        """What was measured for a claim."""
        return number(self._row(claim)["measured"])

    def median(self, table: str, column: str, **where: object) -> str:
        """Median of a column over the rows in which other columns have the given values."""
        return number(median(self._column(table, column, where)))

    def largest(self, table: str, column: str, **where: object) -> str:
        """Largest value of a column, likewise."""
        values = self._column(table, column, where)
        return number(float(np.max(values, initial=-np.inf)) if values.size else float("nan"))

    def tally(self, origin: str) -> Tally:
        """What became of the claims of an origin (``Origin.kind``)."""
        return next(tally for tally in tallies(self.scores) if tally.kind == origin)

    def stated(self, origin: str) -> list[Part]:
        """All claims of an origin, section by section, whatever their verdict."""
        return parts(row for row in self.scores if row["origin"] == origin)

    def why(self, claim: str, verdict: str, caller: Callable[[], str]) -> str:
        """Keep the text between ``{% call %}`` and ``{% endcall %}`` for the claim under that verdict.

        Raises:
            ValueError: there is no such verdict.
            KeyError: there is no such claim.
        """
        if verdict not in VERDICTS:
            raise ValueError(f"{claim}: {verdict!r} is none of {', '.join(VERDICTS)}.")
        self._row(claim)
        self.reasons[claim, verdict] = " ".join(caller().split())
        return ""

    def because(self, row: Score) -> str:
        """The text kept for a claim under its verdict, after a blank and set apart, or nothing."""
        text = self.reasons.get((row["claim"], row["verdict"]), "")
        return f" *{text}*" if text else ""

    def _row(self, claim: str) -> Score:
        for row in self.scores:
            if row["claim"] == claim:
                return row
        raise KeyError(f"there is no claim {claim!r}.")

    def _column(self, table: str, column: str, where: dict[str, Any]) -> np.ndarray:
        """Values without nan; none where the table is not there."""
        found: Table = self.tables.get(table, {})
        if not found or not rows(found):
            return np.empty(0)
        values = np.asarray(select(found, **where)[column], float)
        return values[~np.isnan(values)]

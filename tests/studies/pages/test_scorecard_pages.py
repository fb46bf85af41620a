import re
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path

import pytest

from kkt_unlearning.studies import scorecard
from kkt_unlearning.studies.claim import CHECK, CHECKS, KINDS, claims
from kkt_unlearning.studies.pages.scorecard import counts, page, parts, tallies
from kkt_unlearning.studies.study import sections

REPORT = Path(__file__).parents[3] / "workflow/report"
MARKDOWN, HTML = (
    (REPORT / f"scorecard.{kind}.j2").read_text(encoding="utf-8") for kind in ("md", "html")
)
MISSED = {"verdict": "failed", "measured": 0.2, "by": 0.3}


def scores(**changes):
    """The whole scorecard, nothing tested, but for rows that are changed."""
    thresholds = {claim.name: {claim.comparison: 0.5, "round_off": 0.0} for claim in claims()}
    return [row | changes.get(row["claim"], {}) for row in scorecard.score({}, thresholds)]


def test_sections_hold_all_claims_in_the_order_of_the_sections():
    found = parts(scores())
    used = {claim.section for claim in claims()}
    assert [part.name for part in found] == [name for name in sections() if name in used]
    assert sum(len(part.rows) for part in found) == len(claims())
    assert all(sum(part.counts) == len(part.rows) for part in found)


def test_verdicts_are_counted():
    assert counts(scores(linear_cosine_rate=MISSED)) == [0, 1, 0, len(claims()) - 1]


def test_claims_are_tallied_by_whose_they_are():
    found = tallies(scores(linear_recovered=MISSED))
    assert [tally.kind for tally in found] == list(KINDS)
    assert [tally.claims for tally in found] == [
        sum(claim.origin.kind == kind for claim in claims()) for kind in KINDS
    ]
    assert found[0].counts == [0, 1, 0, found[0].claims - 1]


def test_checks_of_the_code_are_the_last_section_and_nothing_else_is_in_it():
    *others, last = parts(scores())
    assert last.name == CHECKS
    assert {row["origin"] for row in last.rows} == {CHECK.kind}
    assert CHECK.kind not in {row["origin"] for part in others for row in part.rows}


def test_the_markdown_names_every_claim_verdict_and_figure():
    text = page(MARKDOWN, scores(linear_cosine_rate=MISSED))
    assert [claim.name for claim in claims() if f"| `{claim.name}`: " not in text] == []
    assert all(f"({claim.figure}.png)" in text for claim in claims() if claim.figure)
    assert "| **failed** by 0.3 |" in text
    assert "none of them is blind" in text and "constants" in text


def test_the_tables_of_the_markdown_have_whole_rows():
    lines = page(MARKDOWN, scores()).replace("\\|", "").splitlines()
    tables = [list(block) for bar, block in groupby(lines, lambda line: line[:1] == "|") if bar]
    assert len(tables) == 2 + len(parts(scores()))
    assert all(len({line.count("|") for line in table}) == 1 for table in tables)


OPEN = {"low": 0.1, "high": 0.9, "replicates": 10, "agreement": 0.567, "verdict": "open"}


def test_an_open_claim_has_its_interval_the_share_that_agrees_and_what_would_decide_it():
    (line,) = [
        line
        for line in page(MARKDOWN, scores(linear_cosine_rate=OPEN)).splitlines()
        if "`linear_cosine_rate`" in line
    ]
    # Φ(0.1688) = 0.567 and Φ(1.6449) = 0.95: (1.6449 / 0.1688)² = 95.0
    assert "| 0.1 … 0.9 | ≥ 0.5 | open: 56 %, about 950 replicates |" in line
    html = page(HTML, scores(linear_cosine_rate=OPEN), html=True, style="")
    assert "0.1 … 0.9</td>" in html and "open</span>: 56 %, about 950 replicates</td>" in html


def test_the_summary_leads_to_every_section():
    text = page(MARKDOWN, scores())
    for part in parts(scores()):
        anchor = re.sub(r"[^\w\- ]", "", part.title.lower()).replace(" ", "-")
        assert f"| [{part.title}](#{anchor}) | {len(part.rows)} |" in text
        assert f"\n## {part.title}\n" in text


class Reader(HTMLParser):
    """Elements that are opened and closed in pairs, and the words of each row of a table."""

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.row = [], {}, []

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)
        if tag == "tr" and "id" in dict(attrs):
            self.row = self.rows.setdefault(dict(attrs)["id"], [])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "tbody" in self.open:
            self.row += data.split()


@pytest.fixture
def read():
    reader = Reader()
    rows = scores(linear_cosine_rate=MISSED | {"statement": "a < b & c"})
    reader.feed(page(HTML, rows, html=True, style=""))
    return reader


def test_the_html_is_well_formed(read):
    assert read.open == []


def test_the_html_has_a_row_for_every_claim_that_ends_with_the_verdict_in_words(read):
    assert list(read.rows) == [row["claim"] for row in scores()]
    assert read.rows["linear_cosine_rate"][-3:] == ["failed", "by", "0.3"]
    assert read.rows["linear_certificate"][-2:] == ["not", "tested"]


def test_text_is_escaped(read):
    assert read.rows["linear_cosine_rate"][:5] == ["a", "<", "b", "&", "c"]

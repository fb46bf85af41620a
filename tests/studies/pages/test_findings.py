import re
from itertools import groupby
from pathlib import Path

import jinja2
import numpy as np
import pytest

from kkt_unlearning.studies import scorecard
from kkt_unlearning.studies.claim import KINDS, claims
from kkt_unlearning.studies.pages.findings import Findings, page
from kkt_unlearning.studies.study import sections

ROOT = Path(__file__).parents[3]
TEMPLATE = (ROOT / "workflow/report/findings.md.j2").read_text(encoding="utf-8")
COMMITTED = (ROOT / "docs/findings.md").read_text(encoding="utf-8")

# Numbers that name a place in the paper and nothing that was measured.
PLACES = r"arXiv \d{4}\.\d{5}|(?:Theorem|Assumption|Section|section|Figure|Appendix) \d+(?:\.\d+)*"
WORDS = re.compile(r"[A-Za-z]{2,}")
MOST_WORDS = 15  # a claim; bars and numbers of the tables are none, nor what each number is


def row(claim, verdict="held", origin="paper", section="linear", measured=0.25):
    return {
        "section": section,
        "claim": claim,
        "statement": f"Statement of {claim}.",
        "source": "Theorem 3.1",
        "origin": origin,
        "statistic": "a median",
        "measured": measured,
        "low": 0.1,
        "high": 0.3,
        "replicates": 10,
        "agreement": 0.56,
        "comparison": "at_most",
        "threshold": 0.2,
        "verdict": verdict,
        "by": abs(measured - 0.2),
        "figure": "",
        "table": "dimension",
    }


def every(verdict):
    """All claims with one verdict."""
    thresholds = {claim.name: {claim.comparison: 0.0} for claim in claims()}
    found = scorecard.score(
        {}, {name: limit | {"round_off": 0} for name, limit in thresholds.items()}
    )
    known = {"verdict": verdict, "measured": 0.7, "by": 0.7, "agreement": 0.5}
    return [score | known for score in found]


def test_numbers_are_those_of_the_scorecard():
    assert page("{{ measured('a') }}", [row("a")], {}) == "0.25"


def test_medians_are_taken_over_the_rows_that_are_named():
    table = {"network": np.array(["x", "x", "y"]), "tau": np.array([1.0, 3.0, 9.0])}
    findings = Findings([], {"t": table})
    assert findings.median("t", "tau", network="x") == "2"
    assert findings.largest("t", "tau") == "9"
    assert findings.median("t", "tau", network="z") == "not measured"
    assert findings.median("absent", "tau") == "not measured"


@pytest.mark.parametrize(
    ("verdict", "text"),
    [("failed", "Statement of a. *of 0.25*"), ("held", "Statement of a.")],
)
def test_a_reason_is_printed_under_its_verdict_only(verdict, text):
    template = (
        "{% call why('a', 'failed') %}\nof {{ measured('a') }}\n{% endcall %}\n"
        "{% for row in stated('paper')[0].rows %}{{ row.statement }}{{ because(row) }}{% endfor %}"
    )
    assert page(template, [row("a", verdict)], {}).strip() == text


@pytest.mark.parametrize("wrong", ["why('a', 'true')", "why('b', 'held')", "why('a')"])
def test_a_reason_for_nothing_is_an_error(wrong):
    with pytest.raises((ValueError, KeyError, TypeError)):
        page("{% call " + wrong + " %}x{% endcall %}", [row("a")], {})


def missing(text, scores):
    """Claims that the page should state: those of others, and those of ours that did not hold."""
    stated = [row for row in scores if row["origin"] != "check"]
    stated = [row for row in stated if row["origin"] != "ours" or row["verdict"] != "held"]
    failed = [row for row in scores if row["origin"] == "check" and row["verdict"] != "held"]
    return [row["claim"] for row in stated + failed if row["statement"] not in text]


@pytest.mark.parametrize("verdict", scorecard.VERDICTS)
def test_the_page_states_every_claim_of_others_and_what_does_not_hold(verdict):
    scores = every(verdict)
    text = page(TEMPLATE, scores, {})
    assert missing(text, scores) == []
    ours = {row["section"] for row in scores if row["origin"] == "ours"}
    assert all(sections()[name].title in text for name in ours)


def test_a_row_of_the_page_has_number_interval_threshold_verdict_and_distance():
    scores = every("held")
    scores[0] |= {"low": 0.1, "high": 0.9, "replicates": 10, "agreement": 0.567, "verdict": "open"}
    scores[0] |= {"threshold": 0.5, "by": 0.2}
    text = page(TEMPLATE, scores, {})
    sign = {"at_most": "≤", "at_least": "≥"}[scores[0]["comparison"]]
    measured, verdict = f"0.7: {scores[0]['statistic']}", "open, 56 %, about 950 replicates"
    cells = f"| {measured} | 0.1 … 0.9 | {sign} 0.5 | {verdict} | 0.4 |"
    assert any(scores[0]["statement"] in line and cells in line for line in text.splitlines())


def test_no_claim_is_negated():
    assert "Not so" not in page(TEMPLATE, every("failed"), {})


def test_its_tables_have_whole_rows():
    lines = page(TEMPLATE, every("failed"), {}).replace("\\|", "").splitlines()
    tables = [list(part) for bar, part in groupby(lines, lambda line: line[:1] == "|") if bar]
    assert len(tables) == len(KINDS)
    assert {line.count("|") for table in tables for line in table} == {7}


def test_other_sizes_than_the_default_are_said_first():
    banner = page(TEMPLATE, every("held"), {}, ["step_size", "resamples"]).split("\n\n")[1]
    assert banner.startswith("**These are not the sizes of the default.** step_size, resamples: ")
    assert "not the sizes" not in page(TEMPLATE, every("held"), {})


def test_no_number_is_typed():
    text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", TEMPLATE, flags=re.DOTALL)
    assert re.findall(r"\S*\d\S*", re.sub(PLACES, "", text)) == []


def test_the_page_opens_with_five_sentences():
    first = page(TEMPLATE, every("held"), {}).split("\n\n")[1]
    assert re.findall(r"(?m)^(- )|\.(?=\s[A-Z])", first) == ["- "] * 5
    assert first.endswith(".")


def test_the_committed_page_is_this_template_filled():
    """What is outside expressions and blocks stands in it, in its order."""
    tree = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).parse(TEMPLATE)
    outputs = [node for node in tree.body if isinstance(node, jinja2.nodes.Output)]
    pieces = [piece for node in outputs for piece in node.nodes]
    texts = [piece.data.strip() for piece in pieces if isinstance(piece, jinja2.nodes.TemplateData)]
    assert any("Claims of the paper" in text for text in texts)
    position = 0
    for text in texts:
        position = COMMITTED.find(text, position)
        assert position >= 0, text


def test_the_committed_page_states_every_claim_of_the_paper():
    assert missing(COMMITTED, [row for row in every("held") if row["origin"] == "paper"]) == []


def test_the_committed_page_has_room_on_few_pages():
    text = COMMITTED
    for claim in claims():
        text = text.replace(f": {claim.statistic} |", " |")
    assert len(WORDS.findall(text)) <= MOST_WORDS * len(claims())

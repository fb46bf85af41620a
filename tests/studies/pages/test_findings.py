import re
from pathlib import Path

import jinja2
import numpy as np
import pytest

from kkt_unlearning.studies import scorecard
from kkt_unlearning.studies.claim import claims
from kkt_unlearning.studies.pages.findings import Findings, page
from kkt_unlearning.studies.study import sections

ROOT = Path(__file__).parents[3]
TEMPLATE = (ROOT / "workflow/report/findings.md.j2").read_text(encoding="utf-8")
COMMITTED = (ROOT / "docs/findings.md").read_text(encoding="utf-8")

# Numbers that name a place in the paper and nothing that was measured.
PLACES = r"arXiv \d{4}\.\d{5}|(?:Theorem|Assumption|Section|section|Figure|Appendix) \d+(?:\.\d+)*"
SENTENCE = "No other size of step is better"  # said only while the claims behind it hold


def row(claim, verdict="held", origin="paper", section="linear", measured=0.25):
    return {
        "section": section,
        "claim": claim,
        "statement": f"Statement of {claim}.",
        "source": "Theorem 3.1",
        "origin": origin,
        "statistic": "a median",
        "measured": measured,
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
    return [score | {"verdict": verdict, "measured": 0.7, "by": 0.7} for score in found]


def test_numbers_are_those_of_the_scorecard():
    text = page("{{ measured('a') }} {{ threshold('a') }} {{ missed('a') }}", [row("a")], {})
    assert text == "0.25 0.2 0.05"


def test_medians_are_taken_over_the_rows_that_are_named():
    table = {"network": np.array(["x", "x", "y"]), "tau": np.array([1.0, 3.0, 9.0])}
    findings = Findings([], {"t": table})
    assert findings.median("t", "tau", network="x") == "2"
    assert findings.largest("t", "tau") == "9"
    assert findings.median("t", "tau", network="z") == "not measured"
    assert findings.median("absent", "tau") == "not measured"


def test_a_claim_is_listed_where_its_verdict_is():
    findings = Findings([row("a"), row("b", "failed"), row("c", origin="ours")], {})
    for verdict, origin, name in (
        ("held", "paper", "a"),
        ("failed", "paper", "b"),
        ("held", "ours", "c"),
    ):
        (part,) = findings.listed(verdict, origin)
        assert [score["claim"] for score in part.rows] == [name]
        assert part.title == "The linear model"
    assert findings.listed("not tested", "paper") == []


def test_a_sentence_about_claims_needs_all_of_them():
    findings = Findings([row("a"), row("b", "not tested")], {})
    assert findings.held("a")
    assert not findings.held("a", "b")


@pytest.mark.parametrize(
    ("verdict", "text"),
    [("failed", "Statement of a. of 0.25"), ("held", "Statement of a.")],
)
def test_a_reason_is_printed_under_its_verdict_only(verdict, text):
    template = (
        "{% call why('a', 'failed') %}\nof {{ measured('a') }}\n{% endcall %}\n"
        f"{{% for row in listed('{verdict}', 'paper')[0].rows %}}"
        "{{ row.statement }}{{ because(row) }}{% endfor %}"
    )
    assert page(template, [row("a", verdict)], {}).strip() == text


@pytest.mark.parametrize("wrong", ["why('a', 'true')", "why('b', 'held')", "why('a')"])
def test_a_reason_for_nothing_is_an_error(wrong):
    with pytest.raises((ValueError, KeyError, TypeError)):
        page("{% call " + wrong + " %}x{% endcall %}", [row("a")], {})


def missing(text, scores):
    """Claims that the page should state: the paper's, and those of ours that do not hold."""
    stated = [row for row in scores if row["origin"] == "paper" or row["verdict"] == "failed"]
    return [row["claim"] for row in stated if row["statement"] not in text]


@pytest.mark.parametrize("verdict", scorecard.VERDICTS)
def test_the_page_states_every_claim_of_the_paper_and_what_does_not_hold(verdict):
    scores = every(verdict)
    text = page(TEMPLATE, scores, {})
    assert missing(text, scores) == []
    assert all(sections()[row["section"]].title in text for row in scores)


@pytest.mark.parametrize("verdict", scorecard.VERDICTS)
def test_the_page_says_that_a_claim_holds_only_where_it_does(verdict):
    assert (SENTENCE in page(TEMPLATE, every(verdict), {})) == (verdict == scorecard.HELD)


def test_no_number_is_typed():
    text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", TEMPLATE, flags=re.DOTALL)
    assert re.findall(r"\S*\d\S*", re.sub(PLACES, "", text)) == []


def test_the_committed_page_is_this_template_filled():
    """What is outside expressions and blocks stands in it, in its order."""
    tree = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).parse(TEMPLATE)
    outputs = [node for node in tree.body if isinstance(node, jinja2.nodes.Output)]
    pieces = [piece for node in outputs for piece in node.nodes]
    texts = [piece.data.strip() for piece in pieces if isinstance(piece, jinja2.nodes.TemplateData)]
    assert any("What is new" in text for text in texts)
    position = 0
    for text in texts:
        position = COMMITTED.find(text, position)
        assert position >= 0, text


def test_the_committed_page_states_every_claim_of_the_paper():
    assert missing(COMMITTED, every("held")) == []


def test_the_committed_page_has_room_on_two_pages():
    assert len(COMMITTED.split()) <= 1750

"""What a machine can tell of prose: short sentences, one term for one thing, one page of definitions."""

import argparse
import re
from pathlib import Path

import pytest

from kkt_unlearning.cli.arguments import parser
from kkt_unlearning.studies.claim import claims

ROOT = Path(__file__).parents[2]
FINDINGS = ROOT / "workflow/report/findings.md.j2"
MOST_WORDS = 40  # of a sentence

# The term, and what was once written for it.
RIVALS = {
    "step size": r"(sizes?|lengths?) of the step\b|step lengths?|whole step\b|fraction of the step\b",
    "a step of another size": r"another step than",
    "again, recomputed": r"anew\b",
    "trained weights": r"merely trained",
    "sample": r"(forgotten|retained|training|data|fresh|Gaussian) points?\b",
    "forget set, retain set, retained samples": r"forgotten set|retained set|retain(ed)? data\b",
    "multiplier": r"dual variables?\b",
}
PAGES = (
    *(
        ROOT / name
        for name in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md", "results/README.md")
    ),
    *sorted(
        path
        for path in (ROOT / "docs").rglob("*.md")
        if not path.is_relative_to(ROOT / "docs/generated")
    ),
)
# A run writes the first, from sentences that are tested below; the second is proofs; the third are messages.
NOT_BY_THE_WORD = {"findings.md", "theory.md", "bad-input.md"}
MADE = re.compile(r"(?s)<!-- (?:findings|table: \w+) -->.*?<!-- end of \w+ -->")


def texts():
    """Name -> what a reader reads: pages, captions, templates, comments of the configuration, claims."""
    captions = (ROOT / "workflow/report").glob("*.*")
    settings = (ROOT / "config.yaml", *(ROOT / "config").glob("*.yaml"))
    files = [path for path in (*PAGES, *captions, *settings) if path.name != "findings.md"]
    found = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}
    statements = "\n".join(claim.statement for claim in claims())
    return found | {"claims": statements, "help": "\n".join(helps())}


def helps():
    """The help of the command and of each verb."""
    top = parser()
    verbs = [found for found in top._actions if isinstance(found, argparse._SubParsersAction)]
    return [top.format_help(), *(verb.format_help() for verb in verbs[0].choices.values())]


def unquoted(text):
    """Without code, and without the words of others."""
    text = re.sub(r'```.*?```|`[^`]*`|"[^"]{20,}?"', "", MADE.sub("", text), flags=re.DOTALL)
    return " ".join(text.replace("\n# ", " ").split())


@pytest.mark.parametrize("term", RIVALS)
def test_one_thing_has_one_term(term):
    found = re.compile(rf"(?i)\b(?:{RIVALS[term]})")
    assert {
        name: m[0] for name, text in texts().items() if (m := found.search(unquoted(text)))
    } == {}


def blocks(text):
    """Paragraphs, entries of lists and cells of tables, each as one line; a formula is one word."""
    text = re.sub(r"(?s)```.*?```|<!--.*?-->", "\n\n", MADE.sub("", text))
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r'`[^`\n]*`|\$[^$]*\$|"[^"]{20,}?"', "X", text)
    for block in re.split(r"\n\s*\n|\n(?= *(?:[-*]|\d+\.) )|^#.*$", text, flags=re.MULTILINE):
        cells = re.split(r"[|\n]", block) if block.lstrip().startswith("|") else [block]
        yield from (" ".join(cell.split()) for cell in cells)


def sentences(text):
    for block in blocks(text):
        yield from re.split(r"(?<=[.!?:;])[\"*)]*\s+", block)


def words(sentence):
    return len(re.findall(r"\S*\w\S*", sentence))


def test_a_long_sentence_is_found():
    short, long = "A word. " * 50, "word " * (MOST_WORDS + 1)
    assert max(map(words, sentences(short))) == 2
    assert (
        max(map(words, sentences(f"# Title\n\n- an entry\n- {long}\n\n| cell |"))) == MOST_WORDS + 1
    )
    assert (
        max(
            map(
                words,
                sentences(f"```\n{long}\n```\n<!-- table: x -->\n{long}\n<!-- end of table -->"),
            )
        )
        == 0
    )


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name not in NOT_BY_THE_WORD], ids=str
)
def test_no_sentence_has_more_words_than_a_breath_carries(page):
    found = sentences(page.read_text(encoding="utf-8"))
    assert [sentence for sentence in found if words(sentence) > MOST_WORDS] == []


def test_no_claim_and_no_sentence_of_the_findings_has_either():
    template = re.sub(r"{{.*?}}", "1", FINDINGS.read_text(encoding="utf-8"))
    printed = re.sub(r"{%.*?%}|{#.*?#}", "\n\n", template, flags=re.DOTALL)
    found = [*sentences(printed), *(claim.statement for claim in claims())]
    assert [sentence for sentence in found if words(sentence) > MOST_WORDS] == []


def test_symbols_are_defined_on_one_page():
    """Elsewhere a certificate (ε, δ, τ) is named, with a link to what it means."""
    texts = {
        page.relative_to(ROOT).as_posix(): " ".join(page.read_text("utf-8").split())
        for page in PAGES
    }
    defining = {name for name, text in texts.items() if "(ε, δ, τ) says" in text.replace("**", "")}
    assert defining == {"docs/notation.md"}
    naming = {name for name, text in texts.items() if "(ε, δ, τ)" in text} - defining
    texts["docs/findings.md"] = FINDINGS.read_text("utf-8")  # the page is of the last run
    assert {name for name in naming if "notation.md" not in texts[name]} == set()

"""Code in the pages: what it prints is what the page says, and formulas have their functions."""

import re
from pathlib import Path

import numpy as np
import pytest

from kkt_unlearning import Linear, Problem, certify, kkt_point, unlearn

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)
THEORY = (DOCS / "theory.md").read_text(encoding="utf-8")
FORMULAS = (DOCS / "formulas.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["tutorial.md", "faq.md"])
def test_examples_print_what_the_page_says(page, capsys):
    examples = EXAMPLE.findall((DOCS / page).read_text(encoding="utf-8"))
    assert any(printed for _, printed in examples)
    names: dict[str, object] = {}
    for code, printed in examples:
        exec(code, names)
        assert capsys.readouterr().out == printed, code


def test_every_section_of_the_theory_has_its_functions():
    sections = re.findall(r"^## \d+ .*$", THEORY, re.MULTILINE)
    assert len(sections) > 9
    assert re.findall(r"^## .*$", FORMULAS, re.MULTILINE) == sections
    parts = re.split(r"^## ", FORMULAS, flags=re.MULTILINE)[1:]
    named = r"\]\(\.\./src/kkt_unlearning/[\w/]+\.py#\w+\)"  # test_documentation.py looks whether it exists
    assert [part.splitlines()[0] for part in parts if not re.search(named, part)] == []


def test_every_numbered_result_and_equation_of_the_theory_has_a_function():
    results = re.findall(r"\*\*(Proposition|Theorem|Lemma|Corollary) (\d+\.\d+)", THEORY)
    numbered = [f"{kind.lower()} {number}" for kind, number in results]
    numbered += [f"equation ({number})" for number in re.findall(r"\\tag\{(\d+)\}", THEORY)]
    assert len(numbered) > 25
    assert [name for name in numbered if name not in FORMULAS.lower()] == []


@pytest.mark.parametrize("m", [2, 10])
def test_doing_nothing_costs_what_the_page_on_notation_says(m):
    problem = Problem(Linear(), np.eye(m), np.resize([1.0, -1.0], m))
    point = kkt_point(problem, np.ones((1, m)))
    certificate = certify(unlearn(point, forget=[0], fraction=0.0, allow_idle=True))
    assert point.multipliers == pytest.approx(np.ones(m))
    assert certificate.epsilon == pytest.approx(1 / m**0.5)
    assert certificate.tau_star == pytest.approx(1 - (1 - 1 / m) ** 0.5)
    assert certificate.relative_delta == pytest.approx(0.0, abs=1e-12)

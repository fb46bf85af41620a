"""Tables in the docs are those of the campaigns that made them."""

from pathlib import Path

import pytest

from workflow.embed import embedded, quoted

ROOT = Path(__file__).parents[2]
PAGE = """# Faults

<!-- table: faults -->
anything
<!-- end of table -->

After it.
"""


def test_a_table_takes_the_place_between_its_marks(tmp_path):
    (tmp_path / "faults.csv").write_text("fault,went_on\nkill,5\ncancel,3\n")
    made = embedded(PAGE, tmp_path)
    assert made == (
        "# Faults\n\n<!-- table: faults -->\n\n| fault | went on |\n| --- | --- |\n| kill | 5 |\n"
        "| cancel | 3 |\n\n<!-- end of table -->\n\nAfter it.\n"
    )
    assert embedded(made, tmp_path) == made


def test_a_page_without_marks_stays_as_it_is(tmp_path):
    assert embedded("| a |\n", tmp_path) == "| a |\n"


def test_a_table_that_is_not_there_is_missed(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"faults\.csv"):
        embedded(PAGE, tmp_path)


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_pages_show_the_tables_that_are_committed(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert embedded(text, ROOT / "benchmarks" / "results") == text


def test_the_sentences_of_the_findings_are_quoted_with_links_that_lead_there():
    findings = (
        "# F\n\n**Small.**\n\n- One\nmore ([a](b.md)).\n- Two ([c](../d/e.png)).\n\nRest.\n\n- no\n"
    )
    page = "before\n<!-- findings -->\nold\n<!-- end of findings -->\nafter\n"
    made = quoted(page, findings)
    assert made == (
        "before\n<!-- findings -->\n\n- One\nmore ([a](docs/b.md)).\n- Two ([c](d/e.png)).\n\n"
        "<!-- end of findings -->\nafter\n"
    )
    assert quoted(made, findings) == made


def test_the_readme_quotes_the_committed_findings():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    findings = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
    assert "<!-- findings -->" in readme
    assert quoted(readme, findings) == readme

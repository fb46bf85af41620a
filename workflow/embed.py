"""Put the tables of benchmarks/results into the pages that show them: python -m workflow.embed.

A page says where: between ``<!-- table: NAME -->`` and ``<!-- end of table -->`` stands NAME.csv. The README
has the sentences that docs/findings.md begins with, between ``<!-- findings -->`` and
``<!-- end of findings -->``.
"""

import re
from pathlib import Path

from workflow.support.records.tables import markdown, read_csv

ROOT = Path(__file__).resolve().parents[1]
_PLACE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)
_QUOTED = re.compile(r"(<!-- findings -->\n).*?(<!-- end of findings -->)", re.DOTALL)


def embedded(page: str, tables: Path) -> str:
    """The page with each table as it is now.

    Args:
        page: Markdown.
        tables: folder of the CSV files.

    Raises:
        FileNotFoundError: the page asks for a table that is not there.
    """

    def table(place: re.Match[str]) -> str:
        begin, name, end = place.groups()
        return f"{begin}\n{markdown(read_csv(tables / f'{name}.csv'))}\n{end}"

    return _PLACE.sub(table, page)


def quoted(page: str, findings: str) -> str:
    """The page with the sentences that the findings begin with, as they are now.

    Args:
        page: Markdown, in the folder around ``docs``.
        findings: Markdown, in ``docs``.
    """
    (sentences,) = re.findall(r"^(?:- [^\n]+\n(?:[^\n#-][^\n]*\n)*)+", findings, re.MULTILINE)[:1]
    here = re.sub(r"\]\((?!\.\./)", "](docs/", sentences).replace("](../", "](")
    return _QUOTED.sub(lambda place: f"{place[1]}\n{here}\n{place[2]}", page)


def main() -> None:
    """Bring all pages in docs up to date, and the README."""
    readme = ROOT / "README.md"
    findings = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
    readme.write_text(quoted(readme.read_text(encoding="utf-8"), findings), encoding="utf-8")
    for path in sorted((ROOT / "docs").rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        made = embedded(page, ROOT / "benchmarks" / "results")
        if made != page:
            path.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()

"""What the pages of docs/howto say to write, written."""

import re
from collections.abc import Iterator
from pathlib import Path

BLOCKS = r"((?:```(?:python|diff|yaml|rst|md|toml)\n.*?```\n+)+)"
EDIT = re.compile(rf"^\*\*`([^`]+)`\*\*.*?\n\n{BLOCKS}", re.DOTALL | re.MULTILINE)


def edits(page: Path) -> Iterator[tuple[str, str, str]]:
    """File, language and code of every block that the page says to write."""
    for path, blocks in EDIT.findall(page.read_text(encoding="utf-8")):
        for language, code in re.findall(r"```(\w+)\n(.*?)```", blocks, re.DOTALL):
            yield path, language, code


def patched(text: str, difference: str) -> str:
    lines = difference.splitlines()
    old = "\n".join(line[1:] for line in lines if line[0] in " -")
    new = "\n".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(old) == 1, f"once, and no more, there must be: {old}"
    return text.replace(old, new)


def write(page: Path, project: Path) -> None:
    for path, language, code in edits(page):
        file = project / path
        assert file.exists() == (language == "diff"), path
        text = patched(file.read_text(encoding="utf-8"), code) if language == "diff" else code
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def lines(page: Path) -> int:
    """Lines to write, or to change."""
    every = [(line, kind) for _, kind, code in edits(page) for line in code.splitlines()]
    return sum(len(line) > 1 and (kind != "diff" or line[0] in "+-") for line, kind in every)

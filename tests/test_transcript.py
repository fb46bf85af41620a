"""Pages whose code and commands run: what they print is what the page says."""

from pathlib import Path

import pytest
from transcript import main, transcript

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", ["docs/audit.md"])
def test_what_a_page_prints_is_what_it_says(page, tmp_path):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert transcript(text, tmp_path) == text


def test_what_is_printed_takes_the_place_of_what_stood_there(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nx = 2\nprint(x)\n```\n\n```text\n3\n```\n\n```python\nx = 5\n```\n\n"
        "```console\n$ echo a\nb\n$ ls\n```\n\n```sh\n$ false\n```\n"
    )
    main([str(page)])
    assert page.read_text() == (
        "```python\nx = 2\nprint(x)\n```\n\n```text\n2\n```\n\n```python\nx = 5\n```\n\n"
        "```console\n$ echo a\na\n$ ls\n```\n\n```sh\n$ false\n```\n"
    )

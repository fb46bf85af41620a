"""What the scripts of pages share: their job, and what it reads, which an archive reads in the same way."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from _hashes import SUFFIX
from _job import results_among
from _storage import read_record, read_table, write_text

REPORT = Path(__file__).parents[1] / "workflow" / "report"

Inputs = Mapping[str, str | Sequence[str]]
Pages = Callable[[Mapping[str, Any], Mapping[str, Any], Mapping[str, str]], Mapping[str, str]]
"""What was read of the inputs, what the job was given, text of each template -> text of each output."""


def written_by(pages: Pages) -> Callable[[Any], None]:
    """The work of a job that writes each text of ``pages`` to the output of its name."""

    def main(snakemake: Any) -> None:
        params = snakemake.params
        given = {"settings": params.settings, "seed": params.get("seed")}
        read = contents(results_among(snakemake.input), _content)
        texts = pages(read, given, templates(snakemake.params.rule))
        for name, text in texts.items():
            write_text(snakemake.output[name], text)

    return main


def contents(inputs: Inputs, read: Callable[[str], Any]) -> dict[str, Any]:
    """What is read of each input; of several tables by name, as ``step_size.multipliers``."""
    return {
        name: read(paths)
        if isinstance(paths, str)
        else {path if path.endswith(SUFFIX) else Path(path).stem: read(path) for path in paths}
        for name, paths in inputs.items()
    }


def templates(script: str) -> dict[str, str]:
    """Text of each template of a page, of those that there are."""
    names = {"markdown": f"{script}.md.j2", "html": f"{script}.html.j2"}
    names |= {"page": "page.html.j2", "style": "style.css"}  # of all
    found = {name: REPORT / file for name, file in names.items() if (REPORT / file).is_file()}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items()}


def _content(path: str) -> Any:
    return read_record(path) if path.endswith(SUFFIX) else read_table(path)

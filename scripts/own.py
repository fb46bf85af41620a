"""Rule own: the step-size figure of an experiment that a user added, and a page on what was measured."""

from collections.abc import Mapping
from typing import Any

from _figures import load, numbers, save
from _job import job, results_among
from _pages import templates
from _storage import read_table, write_text

from kkt_unlearning.studies.drawing import load_matplotlib


def main(snakemake: Any) -> None:
    """Tables → the figure as pdf and png, the numbers in it as csv, and the page."""
    load()
    inputs = {name: read_table(path) for name, path in results_among(snakemake.input).items()}
    given = {"settings": snakemake.params.settings, "seed": snakemake.params.seed}
    shown, drawn = _drawn(inputs["certificates"])
    texts = {"csv": numbers(drawn), **_page(inputs, given, templates("own"))}
    save(shown, snakemake.output.pdf, snakemake.output.png)
    for name, text in texts.items():
        write_text(snakemake.output[name], text)


def pages(
    inputs: Mapping[str, Any], given: Mapping[str, Any], filled: Mapping[str, str]
) -> dict[str, str]:
    """Output -> its text, of those that are a text."""
    load_matplotlib()
    csv = numbers(_drawn(inputs["certificates"])[1])
    return {"csv": csv, **_page(inputs, given, filled)}


def _drawn(table: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    from kkt_unlearning.studies.own.measured import told_apart
    from kkt_unlearning.studies.steps import draw

    return draw(table, told_apart(table))


def _page(
    inputs: Mapping[str, Any], given: Mapping[str, Any], filled: Mapping[str, str]
) -> dict[str, str]:
    from kkt_unlearning.studies.own.page import page
    from kkt_unlearning.studies.pages.markdown import as_page

    settings = given["settings"]
    about = {name: settings[name] for name in ("data", "resamples")}
    tables = (inputs["certificates"], inputs["geometry"])
    text = page(filled["markdown"], settings["experiment"], *tables, about, given["seed"])
    return {"page": text, "html": as_page(text, settings["experiment"], filled)}


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821

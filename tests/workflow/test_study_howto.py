"""A study written as docs/howto/study.md says, in the real workflow: from question to figure and row."""

import csv
from pathlib import Path

import howto

PAGE = Path(__file__).parents[2] / "docs/howto/study.md"
TINY = {
    "dataset": {"samples": 4, "dimension": 40},
    "sweep": {"correlation": [0.0, 0.4]},
    "networks": ["two_layer"],
}


def test_a_new_study_gets_its_figure_and_its_row_and_nothing_else_is_computed_again(after):
    project = after()
    howto.write(PAGE, project.folder)
    arguments = project.on_top({"experiments": {"support": TINY}})
    assert (
        project.planned(*arguments)
        == {
            "measure_support": 2,  # at two correlations, where another experiment has trained the network
            "measure": 3,
            "figure_support": 1,
            "provenance": 1,
            "columns": 1,
            "scorecard": 1,
            "findings": 1,
            "all": 1,
        }
    )
    project.make(*arguments)
    assert (project.folder / "paper_figures/support.png").stat().st_size > 0
    with open(project.folder / "results/scorecard.csv", newline="", encoding="utf-8") as file:
        (row,) = (row for row in csv.DictReader(file) if row["claim"] == "support_whole")
    assert row["section"] == "support"
    assert row["verdict"] in {"held", "failed"}
    page = (project.folder / "paper_figures/scorecard.md").read_text(encoding="utf-8")
    assert "Samples that support the network" in page
    with open(project.folder / "results/columns.csv", newline="", encoding="utf-8") as file:
        described = [row["what"] for row in csv.DictReader(file) if row["table"] == "support"]
    assert described[-1] == "samples with a positive multiplier"
    assert project.planned(*arguments) == {}

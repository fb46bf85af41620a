"""An experiment written as docs/howto/experiment.md says, in the real workflow: from a CSV file to a page."""

import csv
from pathlib import Path

import howto
import numpy as np
import pytest
import yaml

from kkt_unlearning.studies.pages.template import number
from workflow.support.configuration.check import check_files, checked
from workflow.support.places.asked import Asked
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources
from workflow.support.places.tables import taken

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/howto/experiment.md"
TINY = {"experiments": {"mine": {"networks": ["two_layer"], "fractions": [0.5, 1.0]}}}


@pytest.fixture(scope="module")
def mine(project_of_file):
    """The project, and the folder in which the experiment was run."""
    folder = project_of_file.folder
    howto.write(PAGE, folder)
    rng = np.random.default_rng(3)
    X = rng.normal(size=(8, 100))
    rows = np.column_stack(
        [X / np.linalg.norm(X, axis=1, keepdims=True), 2 * (np.arange(8) % 2) - 1]
    )
    header = ",".join([*(f"x{i}" for i in range(100)), "class"])
    np.savetxt(folder / "measurements.csv", rows, delimiter=",", header=header, comments="")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    files = ("config/tiny.yaml", "mine.yaml", "tiny.yaml")
    project_of_file.make("--configfile", *files, "--directory", "mine", "--", "mine")
    return [folder / file for file in files], folder / "mine"


def rows_of(folder, name):
    with open(folder / f"results/tables/{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_its_name_is_a_target_with_tables_a_figure_and_a_page(mine):
    _, folder = mine
    own = {path.name for path in (folder / "results/own").iterdir()}
    assert own == {f"mine.{end}" for end in ("md", "html", "png", "pdf", "csv", "provenance.json")}
    tables = {path.name for path in (folder / "results/tables").glob("*.csv")}
    assert tables == {"mine.csv", "mine.dataset.csv", "mine.kkt.csv"}
    assert not (folder / "paper_figures").exists()  # nothing else was made


def test_the_page_has_the_medians_of_the_table(mine):
    _, folder = mine
    page = (folder / "results/own/mine.md").read_text(encoding="utf-8")
    cases = [
        row
        for row in rows_of(folder, "mine")
        if row["start"] == "exact" and float(row["fraction"]) == 1
    ]
    assert len(cases) == 4  # two replicates, two forget sets
    (line,) = (
        line for line in page.splitlines() if line.startswith("- **two-layer ReLU, from the exact")
    )
    for column in ("epsilon", "relative_delta", "tau"):
        assert number(np.median([float(row[column]) for row in cases])) in line
    assert "replication" in page and "scorecard" not in page


def test_the_report_has_its_figure_and_its_page(mine, project_of_file):
    files, folder = mine
    words = ("--configfile", *map(str, files), "--directory", "mine")
    project_of_file.make(*words, "--report", "report.html", "--", "mine")
    report = (folder / "report.html").read_text(encoding="utf-8")
    for name in ("own/mine.png", "own/mine.html"):
        assert f"results/{name}" in report
    shown = (folder / "results/own/mine.html").read_text(encoding="utf-8")
    assert "<h1>What was measured in the experiment <code>mine</code></h1>" in shown
    assert "<img" not in shown  # the figure is beside it


def test_whoever_judges_results_knows_its_job(mine, monkeypatch):
    files, folder = mine
    monkeypatch.chdir(folder)
    asked = Asked(Plan(check_files(ROOT, files), Sources(ROOT)))
    record = "results/own/mine.provenance.json"
    assert asked.place("results/own/mine.png").record == record
    job = asked.jobs()[record]
    assert set(job.inputs) == {"results/tables/mine.csv", "results/tables/mine.dataset.csv"}
    assert set(job.files) >= {
        f"results/own/mine.{end}" for end in ("md", "html", "png", "pdf", "csv")
    }


def test_no_rule_has_a_name_that_an_experiment_could_take(tiny_config):
    """Every rule of the Snakefile is known to the check of names."""
    plan = Plan(checked(tiny_config), Sources(ROOT))
    assert Asked(plan)._rules.keys() <= taken()

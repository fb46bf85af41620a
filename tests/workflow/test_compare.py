"""Finished runs in one comparison: files, what differs, and what is said of runs that cannot be compared."""

import re
from types import SimpleNamespace

import pytest
import result_tables as tables
from hostile import assert_one_sentence

from tests.own_runs import named, run
from workflow.compare import main


def table(epsilon: float):
    return named(
        tables.evaluation(
            fractions=(0.5, 1.0), seeds=4, epsilon=lambda case: epsilon + 0.001 * case["seed"]
        )
    )


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with two runs, of data of another dimension."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("workflow.compare.RESAMPLES", 50)
    for name, dimension, epsilon in (("a", 40, 0.1), ("b", 80, 0.3)):
        run(tmp_path / name, table(epsilon), dimension=dimension, samples=4)
    return tmp_path


def refused(*arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    text = str(caught.value)
    assert text.startswith("error: ")
    assert_one_sentence(text)
    return text


def test_two_runs_give_a_figure_its_numbers_and_a_page_of_what_differs(here, capsys):
    main(["a", "b/"])
    assert "comparison: results/comparison/mine.md" in capsys.readouterr().out
    made = {path.name for path in (here / "results/comparison").iterdir()}
    assert made == {f"mine.{ending}" for ending in ("md", "html", "png", "pdf", "csv")}
    page = (here / "results/comparison/mine.md").read_text(encoding="utf-8")
    assert "| dataset: dimension | 40 | 80 |" in page
    assert "samples" not in page.split("## What was measured")[0]  # the same in both
    (row,) = re.findall(r"\| linear model, from the exact KKT point \| ε at θ̃ \| .*", page)
    assert re.search(r"\| 0\.1\d+ \(.* … .*\) \| 0\.3\d+ \(.* … .*\) \| apart \|", row)
    assert "In 2 of 20 numbers" in page  # ε of both networks


def test_runs_without_a_difference_say_so(here):
    run(here / "c/a", table(0.1), dimension=40, samples=4)
    main(["a", "c/a", "--out", "out"])
    page = (here / "out/mine.md").read_text(encoding="utf-8")
    assert page.startswith("# The experiment `mine` in a, c/a\n")  # of one name: their paths
    assert "Nothing: settings, seed, code and versions are the same" in page


def test_what_cannot_be_compared_is_one_sentence_and_leaves_nothing(here):
    (here / "empty").mkdir()
    assert "RUNS has 1 of them" in refused("a")
    assert "RUNS has 0 of them" in refused()
    assert f"{here}/none is neither the folder of a run nor a configuration file" in refused(
        "a", "none"
    )
    assert f"{here}/empty has no table in results/tables: make its run" in refused("a", "empty")
    said = refused("a", "b", "--experiment", "yours")
    assert f"{here}/a has no table results/tables/yours.csv: make it with snakemake" in said
    assert "one of them twice" in refused("a", "a")
    run(here / "d", table(0.1), "yours")
    assert "a has mine; d has yours" in refused("a", "d")
    assert not (here / "results").exists()


def test_runs_of_configuration_files_are_made_first(here, monkeypatch):
    asked = []

    def snakemake(command, check):
        asked.append(command[command.index("--configfile") :])
        if "bad.yaml" not in command:
            run(here / command[command.index("--directory") + 1], table(0.2), "mine")
        return SimpleNamespace(returncode=int("bad.yaml" in command))

    monkeypatch.setattr("workflow.compare.subprocess.run", snakemake)
    for name in ("c.yaml", "d/c.yaml", "bad.yaml"):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text("seed: 1\n")
    main(["c.yaml", "d/c.yaml", "--experiment", "mine"])
    assert asked == [
        *[
            ["--configfile", file, "--directory", folder, "--", "results/tables/mine.csv"]
            for file, folder in (
                ("c.yaml", "results/compared/c.yaml"),
                ("d/c.yaml", "results/compared/d_c.yaml"),
            )
        ]
    ]
    page = (here / "results/comparison/mine.md").read_text(encoding="utf-8")
    assert page.startswith("# The experiment `mine` in c.yaml, d/c.yaml\n")
    assert f"the run of {here}/bad.yaml has failed: mend what is said above." in refused(
        "a", "bad.yaml"
    )


def test_a_table_that_is_not_what_its_job_wrote_is_not_compared(here):
    file = here / "b/results/tables/mine.csv"
    file.write_text(file.read_text().replace("0.3", "0.2"))
    assert "b/results/tables/mine.csv is not what its job wrote" in refused("a", "b")


def test_a_table_without_certificates_is_not_compared(here):
    for name in ("a", "b"):
        found = table(0.1)
        del found["nothing_tau"]
        run(here / name, found)
    assert "has no column nothing_tau" in refused("a", "b")


def test_of_several_experiments_one_has_to_be_named(here):
    for name in ("a", "b"):
        run(here / name, table(0.2), "yours")
    assert "experiments mine and yours in common: name one with EXPERIMENT=mine" in refused(
        "a", "b"
    )
    main(["a", "b", "--experiment", "yours"])
    for name in ("a", "b"):
        run(here / name, table(0.2), "step_size")
    main(["a", "b"])
    assert (here / "results/comparison/step_size.md").is_file()

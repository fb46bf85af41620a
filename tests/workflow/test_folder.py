"""What somebody has in a folder already is left as it is."""

import os
from base64 import urlsafe_b64encode

import pytest
from _hashes import sealed, sha256

from workflow.support.places.folder import beside, refuse_foreign, refuse_read_only

WHEN = 10**9


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of somebody's own, with a page and a figure."""
    monkeypatch.chdir(tmp_path)
    for name in ("docs/findings.md", "paper_figures/kinks.pdf", "docs/other.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine")
        os.utime(name, (WHEN, WHEN))
    return tmp_path


def record(name: str, output: str) -> None:
    path = f"results/{name}.provenance.json"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    outputs = {os.path.relpath(output, os.path.dirname(path)): sha256(output)}
    with open(path, "w") as file:
        file.write(sealed({"inputs": {}, "outputs": outputs}))


def refused(root) -> str:
    with pytest.raises(SystemExit) as caught:
        refuse_foreign(root)
    return str(caught.value)


def test_one_that_no_run_has_made_is_refused_wherever_a_run_would_write(folder):
    assert refused("/").startswith("error: paper_figures/kinks.pdf is there and no run has made it")
    os.unlink("paper_figures/kinks.pdf")
    assert refused("/").startswith("error: docs/findings.md is there")
    os.unlink("docs/findings.md")
    refuse_foreign("/")


def test_in_the_checkout_they_are_the_projects(folder):
    refuse_foreign(folder)


def test_what_a_record_vouches_for_was_made_and_another_version_of_it_was_not():
    record("figures/kinks", "paper_figures/kinks.pdf")
    record("findings", "docs/findings.md")
    refuse_foreign("/")
    with open("docs/findings.md", "a") as file:
        file.write(" changed")
    assert "docs/findings.md" in refused("/")


@pytest.mark.parametrize("kind", ["metadata", "incomplete"])
def test_what_snakemake_remembers_was_made_or_begun(folder, kind):
    notes = folder / ".snakemake" / kind
    notes.mkdir(parents=True)
    for name in ("docs/findings.md", "paper_figures/kinks.pdf"):
        (notes / urlsafe_b64encode(name.encode()).decode()).touch()
    refuse_foreign("/")


def test_a_finished_run_names_all_of_them_and_snakemake_remembers_them(finished, monkeypatch):
    monkeypatch.chdir(finished.folder)
    assert all(os.path.isfile(name) for name in beside())
    refuse_foreign("/")
    remembered = {path.name for path in (finished.folder / ".snakemake/metadata").iterdir()}
    assert {urlsafe_b64encode(name.encode()).decode() for name in beside()} <= remembered


@pytest.mark.parametrize("closed", [".", ".snakemake"])
def test_a_folder_that_cannot_be_written_to_is_refused_before_snakemake_tries(
    folder, monkeypatch, closed
):
    refuse_read_only()
    os.makedirs(closed, exist_ok=True)
    refuse_read_only()
    monkeypatch.setattr(os, "access", lambda path, mode: path != closed)
    with pytest.raises(
        SystemExit, match=r"^error: .* cannot be written to, .* with --directory\.$"
    ):
        refuse_read_only()


def test_without_a_home_snakemake_runs_and_under_other_profiles_xdg_cache_home_helps(
    project_of_file, tmp_path, monkeypatch
):
    """What docs/faq.md says: nothing of ours runs before Snakemake looks for its cache."""
    monkeypatch.setenv("HOME", "/proc/nowhere")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert "scorecard" in project_of_file.make("--list-rules")
    other = ("--list-rules", "--workflow-profile", "none")
    run = project_of_file.snakemake(*other)
    assert run.returncode == 1
    assert run.stderr.rstrip().splitlines()[-1].endswith("'/proc/nowhere'")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "scorecard" in project_of_file.make(*other)


def test_a_plan_in_a_folder_with_files_of_that_name_dates_none(project_of_file, folder):
    run = project_of_file.snakemake("--dry-run", "--directory", str(folder))
    assert run.returncode == 1
    assert "error: paper_figures/kinks.pdf is there and no run has made it" in run.stderr
    assert {os.stat(name).st_mtime for name in ("docs/findings.md", "paper_figures/kinks.pdf")} == {
        WHEN
    }

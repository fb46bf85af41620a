"""Results that clones share: computed once, never stale, and gone without harm."""

import json
import os
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.snakemake_runs import snakemake
from workflow.support.places.sharing import remove_broken_links

TARGET = "results/step_size/base/linear/normalised/kkt.csv"
RULES = ("dataset", "train", "duals")


def run_beside(project: Path, folder: Path, *arguments: str, **environment: str):
    """A run in a folder that shares with those beside it, as clones do."""
    config = () if "--configfile" in arguments else ("--configfile", "config/tiny.yaml")
    words = ["--cores", "1", *config, *arguments]
    words += ["--directory", str(folder), "--cache", *RULES, "--", TARGET]
    variables = {"SNAKEMAKE_OUTPUT_CACHE": str(folder.with_name("store"))} | environment
    for made in (folder, folder.with_name("store")):
        made.mkdir(exist_ok=True)
    return snakemake(words, project, variables)


@pytest.fixture(scope="module")
def one_run(project_of_file, tmp_path_factory) -> Path:
    """What each test begins with: a store, and the clone that filled it."""
    folder = tmp_path_factory.mktemp("clones")
    ended = run_beside(project_of_file.folder, folder / "first")
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture
def clones(one_run, tmp_path) -> Path:
    """A store and the first clone, to be changed."""
    folder = tmp_path / "clones"
    shutil.copytree(one_run, folder, symlinks=True)
    for link in filter(Path.is_symlink, list(folder.rglob("*"))):
        target, dated = os.readlink(link), link.lstat()
        link.unlink()
        link.symlink_to(target.replace(str(one_run), str(folder)))
        os.utime(link, ns=(dated.st_atime_ns, dated.st_mtime_ns), follow_symlinks=False)
    return folder


@pytest.fixture
def store(clones) -> Path:
    return clones / "store"


@pytest.fixture
def first(clones) -> Path:
    return clones / "first"


@pytest.fixture
def share(project, clones):
    """Runs of the project in further clones.

    One that must fail gives what is found of ``said``.
    """

    def run(name: str, *arguments: str, said: str = "", **environment: str) -> Path | str:
        ended = run_beside(project.folder, clones / name, *arguments, **environment)
        if said:
            assert ended.returncode == 1
            return re.search(said, ended.stderr)[1]
        assert ended.returncode == 0, ended.stderr
        return clones / name

    return run


def computed(folder: Path) -> set[str]:
    """Rules that computed in this folder: the log of a job that did says how long it took."""
    logs = (path.read_text() for path in (folder / "results/logs").rglob("*.log"))
    return {name for log in logs for name in re.findall(r"^(\w+): start ", log, re.MULTILINE)}


def results(folder: Path) -> dict[str, bytes]:
    paths = (path for path in (folder / "results/step_size").rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_a_second_clone_computes_nothing_and_has_the_same_bytes(first, share, project):
    second = share("second")
    assert computed(first) == set(RULES)
    assert computed(second) == set()
    alone = project.folder
    project.make(TARGET)
    assert computed(alone) == set(RULES)
    assert results(first) == results(second) == results(alone)
    assert len(results(alone)) == 10


def test_a_change_of_library_code_is_computed_anew(share, project):
    for name, rules in (("training/step", {"train", "duals"}), ("kkt/multipliers", {"duals"})):
        path = project.folder / f"src/kkt_unlearning/{name}.py"
        path.write_text(path.read_text() + "\n# changed\n")
        assert computed(share(path.stem)) == rules


def test_a_change_of_parameters_is_computed_anew(share, project):
    changes = (
        ({"duals": {"pivots": 7}}, {"duals"}),
        ({"trainings": {"normalised": {"steps": 1999}}}, {"train", "duals"}),
        ({"seed": 2}, set(RULES)),
    )
    for number, (change, rules) in enumerate(changes):
        assert computed(share(f"changed{number}", *project.on_top(change))) == rules


def test_another_version_of_a_package_computes_anew(share, tmp_path):
    """A package whose metadata lie first on the path says that it is another version."""
    metadata = tmp_path / "packages/numpy-0.0.0.dist-info/METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 0.0.0\n")
    second = share("second", PYTHONPATH=str(tmp_path / "packages"))
    assert computed(second) == set(RULES)
    found = json.loads(next(second.rglob("dataset.provenance.json")).read_text())
    assert found["versions"]["numpy"] == "0.0.0" != version("numpy")


def test_what_was_removed_is_made_again_wherever_it_is_linked(first, share, store):
    """Links to what is gone would end Snakemake with a sentence on concurrent processes."""
    before = results(first)
    next(store.glob("*_multipliers.csv")).unlink()
    second = share("second")
    assert computed(second) == {"duals"}
    for path in store.iterdir():
        path.unlink()
    assert results(first) == results(second) == {}
    share("second")
    assert computed(second) == set(RULES)
    assert results(second) == before


def test_a_damaged_shared_file_is_not_used_and_its_remedy_mends_it_for_all(first, share, store):
    before = results(first)
    next(store.glob("*_multipliers.csv")).unlink()  # so that somebody reads what was trained
    trained = next(store.glob("*_trained.npz"))
    trained.write_bytes(trained.read_bytes()[:-1] + b"?")
    remedy = share("second", said=r"trained\.npz is not what its job wrote.*\((rm .+)\) and run")
    subprocess.run(remedy, shell=True, cwd=store.parent / "second", check=True)
    assert results(share("second")) == before
    assert results(share("first")) == before


def test_a_shared_entry_in_the_place_of_another_is_noticed(first, share, store, project):
    """By the run that takes it, and by the job that reads it: it fits its own record, so no hash shows it."""

    def keys():
        return {path.name.split("_")[0] for path in store.glob("*_trained.npz")}

    before, whole = keys(), results(first)
    share("other", *project.on_top({"trainings": {"normalised": {"steps": 999}}}))
    (key,), (other,) = before, keys() - before
    for path in store.glob(f"{other}_*"):
        shutil.copyfile(path, store / path.name.replace(other, key))
    taken = share("second", said=r"(\S+) is of a result with other settings than the one that was")
    assert taken.endswith("/trained.provenance.json")
    for path in store.glob("*_multipliers.csv"):
        path.unlink()  # so that somebody reads what was trained
    remedy = share(
        "third", said=r"trained\.npz was made with other settings, .*\((rm .+)\) and run"
    )
    subprocess.run(remedy, shell=True, cwd=store.parent / "third", check=True)
    assert results(share("third")) == whole


def test_links_to_shared_results_alone_are_removed_and_only_broken_ones(tmp_path):
    folder, kept = tmp_path / "results/kinks", tmp_path / "kept.npz"
    folder.mkdir(parents=True)
    kept.touch()
    (folder / "file.npz").touch()
    (folder / "whole.npz").symlink_to(kept)
    (folder / "broken.npz").symlink_to(tmp_path / f"{'0a' * 32}_trained.npz")
    (folder / "own.npz").symlink_to(tmp_path / "gone.npz")
    remove_broken_links(tmp_path / "results")
    assert {path.name for path in folder.iterdir()} == {"file.npz", "whole.npz", "own.npz"}


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_sharing_without_a_folder_is_refused(project, monkeypatch, folder):
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", folder)
    run = project.snakemake("--cache", *RULES, "--", TARGET)
    assert run.returncode == 1
    assert "error: --cache: the environment variable SNAKEMAKE_OUTPUT_CACHE is" in run.stderr
    assert not (project.folder / "results").exists()

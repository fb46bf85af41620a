"""Paths of data in the configuration: where they lead, and how a message shows them."""

import os
from pathlib import Path

import numpy as np
import pytest
import yaml

from workflow.support.configuration.check import check_files
from workflow.support.configuration.files import located

ROOT = Path(__file__).parents[2]
OWN = {
    "sweep": {},
    "networks": ["linear"],
    "trainings": ["normalised"],
    "forget": [[0]],
    "fractions": [1.0],
    "starts": ["exact"],
    "measures": ["certificate"],
}


def write(file: Path, **paths: str) -> Path:
    """A configuration file with an experiment for each path."""
    file.parent.mkdir(parents=True, exist_ok=True)
    found = {
        name: OWN | {"dataset": {"source": "file", "path": path}} for name, path in paths.items()
    }
    file.write_text(yaml.safe_dump({"experiments": found}))
    return file


def save(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, X=np.eye(4), y=np.array([1.0, -1.0, 1.0, -1.0]))
    return file


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working directory beside the configuration files."""
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return tmp_path


def path_of(config: dict, name: str) -> str:
    return config["experiments"][name]["dataset"]["path"]


def test_a_path_begins_in_the_folder_of_the_file_that_names_it(here):
    """Of two configuration files of one name each finds its own data, not those in the folder of a run."""
    save(here / "run/data.npz")
    for name in ("a", "b"):
        save(here / name / "data.npz")
        write(here / name / "mine.yaml", **{name: "./data.npz"})
    config = check_files(ROOT, [here / "a/mine.yaml", here / "b/mine.yaml"])
    assert path_of(config, "a") == os.path.join("..", "a", "data.npz")
    assert path_of(config, "b") == os.path.join("..", "b", "data.npz")


def test_of_two_files_with_the_same_value_the_later_one_counts(here):
    files = [write(here / name / "mine.yaml", both="data.npz") for name in ("a", "b")]
    save(here / "b/data.npz")
    assert path_of(check_files(ROOT, files), "both") == os.path.join("..", "b", "data.npz")


def test_a_link_to_a_folder_leads_to_what_it_leads_to(here):
    """Names of folders are taken away by ``..`` only where no link is among them."""
    save(here / "deep/down/data.npz")
    write(here / "deep/down/mine.yaml", linked="data.npz")
    (here / "link").symlink_to(here / "deep/down")
    config = check_files(ROOT, [here / "link/mine.yaml"])
    assert Path(path_of(config, "linked")).samefile(here / "deep/down/data.npz")


def test_an_absolute_path_stays(here):
    file = save(here / "data.npz")
    config = check_files(ROOT, [write(here / "mine.yaml", there=f"/{here}//data.npz")])
    assert path_of(config, "there") == str(file)


def test_on_the_command_line_a_path_begins_in_the_working_directory(here):
    config = located(
        {"experiments": {"there": {"dataset": {"source": "file", "path": "data.npz"}}}}, []
    )
    assert path_of(config, "there") == "data.npz"


@pytest.mark.parametrize("experiments", [None, [], "x", {"a": None}, {"a": {"dataset": [1]}}])
def test_what_is_no_configuration_is_left_to_the_schema(experiments):
    assert located({"experiments": experiments}, []) == {"experiments": experiments}


def test_a_file_that_is_not_there_is_named_with_its_whole_path(here):
    files = [write(here / name / "mine.yaml", **{name: f"../{name}.npz"}) for name in ("a", "b")]
    save(here / "a.npz")
    with pytest.raises(SystemExit) as caught:
        check_files(ROOT, files)
    assert str(caught.value) == (
        f"error: {here}/b/mine.yaml, experiments.b.dataset.path: there is no file {here}/b.npz, or nothing "
        "in it: give the path of an .npz, .csv or .parquet."
    )

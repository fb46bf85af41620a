"""Snakemake itself on names and files that mean harm, and without a network."""

import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
import yaml
from hostile import PAYLOADS, assert_one_sentence

from tests.snakemake_runs import snakemake
from workflow.check import main
from workflow.support.configuration.experiment import _samples_in

X = np.eye(4)
Y = np.array([1.0, -1.0, 1.0, -1.0])
NAME = "my data; $(touch pwned) `touch pwned` & 'one\" | > pwned ключ 名前 🦋"


def from_file(path: str) -> dict:
    absent = dict.fromkeys(("classes", "samples", "fresh_samples"))
    dataset = {"source": "file", "path": path, **absent}
    return {"experiments": {"digits": {"dataset": dataset}}}


def errors(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("error: ")]


def test_files_and_folders_of_any_name_will_do(project):
    np.savez(project.folder / f"{NAME}.npz", X=X, y=Y)
    folder, target = project.folder / NAME, "results/digits/base/dataset.npz"
    changes = project.on_top(from_file(f".//{NAME}.npz"))
    (project.folder / NAME).mkdir()
    project.make(*changes, "--directory", str(folder), "--", target)
    assert (folder / target).is_file()
    assert not list(project.folder.rglob("pwned"))


@pytest.mark.parametrize(
    "changes",
    [
        from_file("{experiment}.npz"),
        from_file("n" * 300),
        {"experiments": {"$(touch pwned)": None, "x; touch pwned": {"dataset": {}}}},
        {"networks": {"../../pwned": {"kind": "linear", "initial_scale": 0.1}}},
    ],
)
def test_what_cannot_be_a_name_stops_snakemake_before_any_job(project, changes):
    np.savez(project.folder / "{experiment}.npz", X=X, y=Y)
    run = project.snakemake(*project.on_top(changes), "--dry-run")
    assert run.returncode != 0
    (sentence,) = errors(run.stderr)
    assert_one_sentence(sentence)
    assert project.files() == set()
    assert not list(project.folder.rglob("pwned*"))


BROKEN = {
    "a tag": "seed: !!python/object/apply:os.system ['touch pwned']\n",
    "a template": "__use_yte__: true\nseed: ?open('pwned', 'w')\n",
    "aliases of aliases": "a0: &a0 {x: 1}\n"
    + "".join(f"a{i + 1}: &a{i + 1} [*a{i}, *a{i}]\n" for i in range(40)),
    "broken": "seed: [\n",
    "no keys": "- seed\n",
    "nothing": "",
}


@pytest.mark.parametrize("mistake", ["a tag", "a template", "aliases of aliases", "broken"])
def test_the_configuration_itself_is_read_before_snakemake_reads_it(project, mistake):
    (project.folder / "config.yaml").write_text(BROKEN[mistake])
    run = snakemake(["--cores", "1", "--dry-run"], project.folder)
    assert run.returncode != 0
    (sentence,) = errors(run.stderr)
    assert_one_sentence(sentence)
    assert project.files() == set()
    assert not list(project.folder.rglob("pwned"))


@pytest.mark.parametrize("mistake", BROKEN)
def test_files_of_somebody_else_are_checked_without_running_them(tmp_path, monkeypatch, mistake):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "theirs.yaml").write_text(BROKEN[mistake])
    with pytest.raises(SystemExit) as caught:
        main(["theirs.yaml"])
    assert str(caught.value).startswith("error: theirs.yaml")
    assert_one_sentence(str(caught.value))
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.yaml"]


def test_files_of_somebody_else_that_are_good_pass(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "theirs.yaml").write_text(yaml.safe_dump({"seed": 3}))
    main(["theirs.yaml"])
    said = "theirs.yaml can be given to snakemake, with --configfile.\n"
    assert capsys.readouterr() == (said, "")


def test_a_header_that_only_says_how_long_it_is_is_not_read(tmp_path):
    """16 MB of blanks, packed to a thousandth: the job would say what is wrong with it."""
    with zipfile.ZipFile(tmp_path / "long.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        length = 2**24
        archive.writestr("y.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", length) + b" " * length)
    np.savez(tmp_path / "plain.npz", y=np.ones(7))
    tracemalloc.start()
    assert list(_samples_in(str(tmp_path / "long.npz"), None)) == []
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10**6
    assert list(_samples_in(str(tmp_path / "plain.npz"), None)) == [7]


@pytest.mark.parametrize("arguments", [[], [""]])
def test_a_check_of_no_file_says_how_to_name_one(arguments):
    with pytest.raises(SystemExit, match=r"^error: .* write make check CONFIG=theirs\.yaml\.$"):
        main(arguments)


@pytest.mark.parametrize("name", PAYLOADS)
def test_files_that_are_not_there(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main([name])
    assert_one_sentence(str(caught.value))


CONNECT = """
import socket
try:
    socket.create_connection(("127.0.0.1", 9))
except OSError:
    pass
"""


def test_a_connection_is_seen_also_if_its_refusal_is_swallowed(cut_off, tmp_path):
    hooks = type(cut_off)(tmp_path)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    subprocess.run([*hooks.prefix, sys.executable, "-c", CONNECT], env=environment, check=True)
    assert hooks.tried() == ["('127.0.0.1', 9)"]


def test_the_jobs_of_a_run_are_cut_off(project, cut_off, tmp_path):
    """What the full run rests on: jobs start with the same hooks as Snakemake."""
    alone = type(project)(project.folder, type(cut_off)(tmp_path / "hooks"))
    server = {"server": "http://127.0.0.1:9", "cache": "kept", "data_id": 1, "sha256": "0" * 64}
    dataset = {"source": "openml", "target": "t", "classes": ["a", "b"], **server}
    changes = alone.on_top({"experiments": {"digits": {"dataset": dataset}}})
    run = alone.snakemake(*changes, "--", "results/digits/base/dataset.npz")
    (sentence,) = errors(run.stderr)
    assert "a connection to ('127.0.0.1', 9) was tried" in sentence
    assert set(alone.cut_off.tried()) == {"('127.0.0.1', 9)"}


def test_no_job_of_the_whole_tiny_run_tries_a_connection(finished, cut_off):
    assert "results/scorecard.csv" in finished.files()  # it ran to its end without a network
    assert cut_off.tried() == []

"""What a job says when it ends well, and when it does not."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from _hashes import given
from _job import job
from _storage import StorageError, read_record, read_table, replacing, write_table
from snakemake.iocontainers import Namedlist

from kkt_unlearning.errors import BackendError, DataError

ROOT = Path(__file__).parents[2]


class Fields(SimpleNamespace):
    """Named values, as Snakemake hands them over."""

    def get(self, key, default=None):
        return getattr(self, key, default)

    def items(self):
        return vars(self).items()


@pytest.fixture
def snakemake(tmp_path):
    params = Fields(
        rule="train", settings={"steps": 3}, section="trainings.normalised", seed=7, code="c0de"
    )
    return SimpleNamespace(
        rule="train",
        wildcards=Fields(experiment="kinks"),
        params=params,
        config={"backend": "auto"},
        output=Fields(provenance=tmp_path / "trained.provenance.json"),
        log=[tmp_path / "train.log"],
    )


def raising(error):
    def main(_):
        print("step 1")
        raise error

    return main


def ended(main, snakemake) -> None:
    with pytest.raises(SystemExit) as caught:
        job(main, snakemake)
    assert caught.value.code == 1


def test_progress_goes_to_console_and_log(snakemake, capsys):
    job(lambda _: print("step 1"), snakemake)
    assert capsys.readouterr().err == "step 1\n"
    assert snakemake.log[0].read_text().startswith("step 1\n")


def test_how_long_it_took_is_the_last_line_of_the_log_and_nowhere_else(snakemake, capsys):
    job(lambda _: time.sleep(0.05), snakemake)
    assert capsys.readouterr().err == ""
    pattern = r"train: start \d+\.\d{4} s, computing (\d+\.\d{4}) s\n"
    line = re.fullmatch(pattern, snakemake.log[0].read_text())
    assert float(line[1]) >= 0.05  # at least what was slept
    assert "computing" not in snakemake.output.provenance.read_text()


def test_the_versions_are_those_of_the_environment_of_the_job(snakemake, monkeypatch):
    def written() -> dict:
        job(lambda _: None, snakemake)
        return json.loads(snakemake.output.provenance.read_text())["versions"]

    found = written()
    assert found["numpy"] == np.__version__
    known = {"prefix": sys.prefix, "versions": found | {"numpy": "0"}}
    monkeypatch.setenv("KKT_UNLEARNING_VERSIONS", json.dumps(known))
    assert written()["numpy"] == "0"
    other = json.dumps(known | {"prefix": "/elsewhere"})
    monkeypatch.setenv("KKT_UNLEARNING_VERSIONS", other)
    assert written() == found


@pytest.mark.parametrize("wrong", [False, True])
def test_a_job_of_a_module_works_and_records_as_one_that_was_started_in_its_folder(
    wrong, tmp_path, monkeypatch, capsys
):
    record, table = "results/trained.provenance.json", "results/history.csv"
    for folder in ("own", "theirs/kkt/results", "own/results"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)

    def main(snakemake):
        write_table(snakemake.output["table"], {"step": np.arange(3)})
        if wrong:
            raise DataError("it is empty: fill it.")

    def made(start, rule, folder):
        monkeypatch.chdir(tmp_path / start)
        place = f"{folder}/" if folder else ""
        outputs = {"provenance": f"{place}{record}", "table": f"{place}{table}"}
        params = Fields(rule="train", settings={}, section="duals", code="c0de", folder=folder)
        names = Namedlist(fromdict=outputs)
        namespace = SimpleNamespace(
            rule=rule,
            wildcards=Fields(),
            params=params,
            config={},
            input=Namedlist(),
            output=names,
            log=Namedlist(fromdict={"log": f"{place}results/train.log"}),
        )
        if wrong:
            ended(main, namespace)
            return capsys.readouterr().err
        job(main, namespace)
        return (tmp_path / start / place / record).read_bytes()

    own, moved = made("own", "train", ""), made("theirs", "kkt_train", "kkt")
    assert moved == (own.replace("error: ", "error: in kkt, ") if wrong else own)


def test_a_job_that_puts_text_together_does_without_numpy():
    code = "import sys, table; sys.exit('numpy' in sys.modules)"
    path = os.pathsep.join(str(ROOT / folder) for folder in ("scripts", "src"))
    run = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}, check=False
    )
    assert run.returncode == 0


def writing(number):
    """Work that writes two tables, of which one reads as another number."""

    def main(snakemake):
        for path in (snakemake.output.table, snakemake.output.history):
            write_table(path, {"x": [number]})

    return main


@pytest.fixture
def outputs(snakemake, tmp_path):
    """Tables beside the provenance."""
    snakemake.output.table = tmp_path / "trained.csv"
    snakemake.output.history = tmp_path / "history.csv"
    return snakemake.output


def test_a_job_writes_down_the_hash_of_each_output(snakemake, outputs):
    job(writing(3), snakemake)
    record = read_record(outputs.provenance)
    assert record["outputs"] == {
        path.name: hashlib.sha256(b"x\n3\n").hexdigest()
        for path in (outputs.table, outputs.history)
    }
    assert read_table(outputs.history)["x"] == 3


def test_a_job_writes_down_the_hash_of_what_it_read(snakemake, outputs, tmp_path):
    job(writing(3), snakemake)
    table, outputs.table = outputs.table, tmp_path / "next.csv"
    outputs.provenance = tmp_path / "next.provenance.json"

    def main(snakemake):
        write_table(snakemake.output.table, read_table(table))

    job(main, snakemake)
    assert read_record(outputs.provenance)["inputs"] == {
        str(table): hashlib.sha256(b"x\n3\n").hexdigest()
    }


@pytest.mark.parametrize("read", [read_table, read_record])
def test_a_job_works_on_no_result_of_other_settings_than_are_asked_for(
    snakemake, outputs, capsys, read
):
    """However well it fits its record: another may have been put in its place."""
    job(writing(3), snakemake)
    path = outputs.table if read is read_table else outputs.provenance
    asked = given(read_record(outputs.provenance))
    later = SimpleNamespace(**vars(snakemake) | {"params": Fields(**vars(snakemake.params))})
    later.output = Fields(provenance=path.with_name("next.provenance.json"))
    later.params.asks = {str(path): asked}
    job(lambda _: read(path) and None, later)
    snakemake.params.settings = {"steps": 4}
    job(writing(3), snakemake)
    ended(lambda _: read(path) and None, later)
    said = capsys.readouterr().err
    assert f"{path} was made with other settings, seed, code or versions than this run asks" in said
    assert f"delete it (rm {path}) and run snakemake again." in said


def test_a_job_leaves_nothing_but_its_outputs_and_takes_away_what_a_killed_one_left(
    snakemake, outputs, tmp_path
):
    killed = tmp_path / ".trained-0123456789abcdef.csv"
    killed.write_text("half")
    (tmp_path / ".trained.claim").write_text("of a killed job")
    job(writing(3), snakemake)
    assert {path.name for path in tmp_path.iterdir()} == {
        "history.csv",
        "train.log",
        "trained.csv",
        "trained.provenance.json",
    }


def test_a_job_whose_files_another_run_makes_now_writes_nothing(snakemake, outputs, capsys):
    """The job that was started last is in the middle of the one that a killed run left behind."""
    later = SimpleNamespace(**vars(snakemake))
    code = "import sys, time; from _claims import claimed\nwith claimed(sys.argv[1], []): time.sleep(3600)"

    def overtaken(snakemake):
        write_table(snakemake.output.table, {"x": [1]})
        path = os.pathsep.join([str(ROOT / "scripts"), str(ROOT / "src")])
        process = subprocess.Popen(
            [sys.executable, "-c", code, outputs.provenance], env=os.environ | {"PYTHONPATH": path}
        )
        claim = outputs.provenance.with_name(".trained.claim")
        before = claim.read_text()
        while claim.read_text() in ("", before):
            time.sleep(0.01)
        try:
            write_table(snakemake.output.history, {"x": [1]})
        finally:
            process.kill()
            process.wait()

    ended(overtaken, snakemake)
    said = capsys.readouterr().err
    assert said == (
        f"error: {outputs.history}: another run makes it now, so nothing was written: "
        "let that run end.\n"
    )
    assert not outputs.history.exists()
    assert not outputs.provenance.exists()
    with pytest.raises(StorageError, match="has no hash"):
        read_table(outputs.table)
    job(writing(2), later)
    assert read_table(outputs.table)["x"] == read_table(outputs.history)["x"] == 2


def test_a_half_line_is_said_at_the_end(snakemake, capsys):
    job(lambda _: sys.stderr.write("step 1") and None, snakemake)
    assert capsys.readouterr().err == "step 1\n"


def test_the_origin_is_written_and_always_the_same(snakemake):
    texts = []
    for _ in range(2):
        job(lambda _: {"backend": "cupy"}, snakemake)
        texts.append(snakemake.output.provenance.read_text())
    origin = json.loads(texts[0])
    assert texts[0] == texts[1]
    assert origin["settings"] == {"steps": 3}
    assert (origin["seed"], origin["backend"], origin["code"]) == (7, "cupy", "c0de")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DataError("bad\ndata"), "error: config.yaml, trainings.normalised: bad data\n"),
        (BackendError("no GPU"), "error: config.yaml, backend: no GPU\n"),
        (StorageError("a.npz: full"), "error: a.npz: full\n"),
    ],
)
def test_a_mistake_of_the_user_is_one_sentence(snakemake, capsys, error, sentence):
    ended(raising(error), snakemake)
    assert capsys.readouterr().err == f"step 1\n{sentence}"
    assert snakemake.log[0].read_text() == f"step 1\n{sentence}"
    assert not snakemake.output.provenance.exists()


@pytest.mark.parametrize("shape", [2**50, 2**62, (10**9, 10**10), (5, 2**63)])
def test_a_size_beyond_all_memory_names_its_section(snakemake, capsys, shape):
    ended(lambda _: np.empty(shape), snakemake)
    said = capsys.readouterr().err
    assert "trainings.normalised: the memory of this machine does not suffice" in said
    assert said.count("\n") == 1


def test_a_bug_is_one_line_and_a_traceback_in_the_log(snakemake, capsys):
    ended(raising(KeyError("W0")), snakemake)
    lines = capsys.readouterr().err.splitlines()
    assert lines[1].startswith("error: train failed with KeyError: 'W0', traceback in ")
    assert len(lines) == 2
    assert "Traceback (most recent call last)" in snakemake.log[0].read_text()


def test_names_that_would_change_what_a_terminal_shows_are_written_out(snakemake, capsys):
    ended(raising(DataError("server is \u202ehttp\x1b[2J\0: change it.")), snakemake)
    assert r"server is \u202ehttp\x1b[2J\x00: change it." in capsys.readouterr().err


def test_a_job_without_a_log_runs(snakemake, capsys):
    snakemake.log = []
    ended(raising(DataError("bad")), snakemake)
    assert "bad" in capsys.readouterr().err


def test_an_input_that_was_deleted_meanwhile_is_named(snakemake, capsys, tmp_path):
    gone = str(tmp_path / "template.md")
    snakemake.input = [gone]
    ended(lambda _: Path(gone).read_text(), snakemake)
    said = capsys.readouterr().err
    assert said == f"error: {gone} is gone, which was there when the run began: put it back.\n"


LOADING = """
import os, signal
snakemake = None
import _job
os.kill(os.getpid(), signal.SIGINT)
import time
time.sleep(60)
"""


def test_ctrl_c_while_libraries_load_ends_a_job_without_a_traceback():
    path = os.pathsep.join(str(ROOT / folder) for folder in ("src", "scripts"))
    environment = os.environ | {"PYTHONPATH": path}
    command = [sys.executable, "-c", LOADING]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


def test_ctrl_c_later_leaves_nothing_half_written(snakemake, capsys, tmp_path):
    def main(_):
        with replacing(tmp_path / "trained.npz") as temporary:
            temporary.write_text("half")
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)

    with pytest.raises(SystemExit) as caught:
        job(main, snakemake)
    assert caught.value.code == 130
    assert capsys.readouterr().err == ""
    assert [path.name for path in tmp_path.iterdir()] == ["train.log"]

"""Faults of the program, and of what it writes to; ``test_streams.py`` has every stream with every verb."""

import json
import os
import signal
import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import numpy
import pytest

import kkt_unlearning
from kkt_unlearning.cli import verbs, versions
from kkt_unlearning.cli.files import New
from kkt_unlearning.cli.main import main

WORDS = ["kkt", "--data", "D.npz", "--weights", "W.npz"]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (ZeroDivisionError("of ours"), 3),
        (RecursionError(), 3),
        (MemoryError(), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_a_fault_of_the_program_is_no_verdict(failure, status, monkeypatch, capsys):
    def fails(*_):
        raise failure

    monkeypatch.setattr(verbs, "kkt", fails)
    assert main(WORDS) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert ("Traceback" in said.err) == (status == 3)
    assert ("a fault of the program and no verdict: please report it" in said.err) == (status == 3)


@pytest.mark.parametrize("status", [3, 130])
def test_nothing_is_imported_before_an_error_can_be_said(status, tmp_path):
    """An import of the verbs that fails, or is interrupted."""
    failure = "KeyboardInterrupt" if status == 130 else "OSError"
    script = (
        "import sys, builtins\n"
        "from kkt_unlearning.cli.main import main\n"
        "real = builtins.__import__\n"
        "def fails(name, *rest):\n"
        f"    if name == 'kkt_unlearning.cli' and rest[2] and 'verbs' in rest[2]: raise {failure}\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = fails\n"
        f"sys.exit(main({WORDS!r}))\n"
    )
    path = f"import sys; sys.path[:] = {sys.path!r}\n"
    done = subprocess.run([sys.executable, "-c", path + script], capture_output=True, text=True)
    assert done.returncode == status
    assert done.stdout == ""


def test_sigterm_leaves_no_half_file(tmp_path, monkeypatch):
    out = tmp_path / "out"

    def killed(*_):
        os.kill(os.getpid(), signal.SIGTERM)

    answer = verbs.Answer(record={}, page="", status=0, new=(New(str(out), b"whole", ()),))
    monkeypatch.setattr(verbs, "kkt", lambda *_: answer)
    monkeypatch.setattr("kkt_unlearning.cli.streams.answer", killed)
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(SystemExit) as ended:
        main(["kkt", "--data", "D", "--weights", "W"])

    assert ended.value.code == 128 + signal.SIGTERM
    assert not list(tmp_path.iterdir())
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("words", [["--version", "--json"], ["--json", "--version"]])
def test_what_a_report_of_a_fault_needs_is_one_object(words, capsys):
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["kkt-unlearning"] == kkt_unlearning.__version__
    assert said["python"] == ".".join(map(str, sys.version_info[:3]))
    assert said["packages"]["numpy"] == numpy.__version__
    assert said["packages"]["cupy-cuda12x"] is None
    assert "kkt-unlearning" not in said["packages"]


def test_a_folder_that_was_not_installed_has_a_version_too(monkeypatch, capsys):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(versions, "requires", missing)
    assert main(["--version", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["kkt-unlearning"] == kkt_unlearning.__version__ and said["packages"] == {}


@pytest.mark.parametrize(
    "loaded", ["kkt_unlearning.cli.main", "kkt_unlearning.cli.arguments", "numpy", "numpy.linalg"]
)
def test_ctrl_c_while_it_loads_ends_it_as_a_signal_does(loaded, tmp_path):
    """Whatever it loads just then: the import of one module sends the signal."""
    text = (
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {loaded!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from kkt_unlearning.cli.start import main\n"
        "sys.argv = ['kkt-unlearning', 'kkt', '--data', 'D.npz', '--weights', 'W.npz']\n"
        "sys.exit(main())\n"
    )
    command = [sys.executable, "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")

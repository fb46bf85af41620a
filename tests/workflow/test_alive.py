"""A silent command gives signs of life, and keeps its exit status and its words."""

import re
import subprocess
import sys
from pathlib import Path

from workflow import alive

ROOT = Path(__file__).parents[2]
SLOW = [sys.executable, "-c", "import time; time.sleep(0.5); raise SystemExit(3)"]


def test_a_silent_command_gives_signs_of_life(capfd):
    assert alive.run(SLOW, every=0.1) == 3
    lines = capfd.readouterr().out.splitlines()
    assert lines and all(re.fullmatch(r"… \d+ s", line) for line in lines)


def test_nobody_waits_ten_seconds_for_a_sign():
    assert alive.EVERY < 10


def test_a_quick_command_says_what_it_says_itself():
    command = [sys.executable, "-c", "print('a b'); raise SystemExit(2)"]
    script = [sys.executable, ROOT / "workflow/alive.py"]
    said = subprocess.run([*script, *command], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (2, "a b\n", "")


def test_what_takes_long_and_is_quiet_is_run_so():
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    quiet = [line for line in lines if line.startswith("\t") and "pip install --quiet" in line]
    short = ("--no-deps",)
    assert [
        line for line in quiet if "$(ALIVE)" not in line and not any(s in line for s in short)
    ] == []
    assert [line for line in lines if "-m sphinx" in line and "$(ALIVE)" not in line] == []

"""Runs of Snakemake in a folder of their own, to be disturbed, and what they leave."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.limits import HANG

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
TARGETS = (
    "results/tables/step_size.csv",
    "results/tables/step_size.multipliers.csv",
)
RECOVERY = "snakemake --unlock && snakemake --cores all"  # as docs/running.md says
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

_REMEDY = re.compile(r"delete it \((rm .+)\) and run snakemake again\.$", re.MULTILINE)


@dataclass(frozen=True)
class Ended:
    """How a run of Snakemake ended, and what it said."""

    code: int
    said: str

    @property
    def remedies(self) -> list[str]:
        """Commands that the run asked for."""
        return list(dict.fromkeys(_REMEDY.findall(self.said)))


class Run:
    """A run of Snakemake that goes on beside the test."""

    def __init__(self, command: list[str]) -> None:
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  no pipe: orphans would hold it
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | ONE_THREAD,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
        )

    def running(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL to Snakemake alone; its jobs go on."""
        self.process.kill()
        self.process.wait()
        self._said.close()

    def end(self) -> Ended:
        """Wait for the end."""
        code = self.process.wait(HANG)
        self._said.seek(0)
        with self._said:
            return Ended(code, self._said.read())


@dataclass(frozen=True)
class Folder:
    """A folder with results, and the configuration files on top of the tiny one."""

    path: Path
    on_top: tuple[str, ...] = ("small.yaml",)

    def start(self) -> Run:
        """Start a run."""
        return self._start("--cores", "2", "--", *TARGETS)

    def run(self) -> Ended:
        """A whole run."""
        return self.start().end()

    def unlock(self) -> Ended:
        """The first half of `RECOVERY`."""
        return self._start("--cores", "2", "--unlock", "--", *TARGETS).end()

    def recover(self) -> Ended:
        """`RECOVERY`, the one line of docs/running.md, with the options of this folder."""
        unlocked = self.unlock()
        return self.run() if unlocked.code == 0 else unlocked

    def recover_as_told(self) -> list[Ended]:
        """`RECOVERY`, and as long as a run stops and says what to delete, that and `RECOVERY` again."""
        runs = [self.recover()]
        while runs[-1].code and runs[-1].remedies and len(runs) < 9:
            for remedy in runs[-1].remedies:
                subprocess.run(shlex.split(remedy), cwd=self.path, check=True)
            runs.append(self.recover())
        return runs

    def files(self) -> dict[str, bytes]:
        """All results, byte for byte; logs hold times."""
        found = [path for name in ("results", "paper_figures") for path in self._below(name)]
        names = {path.relative_to(self.path).as_posix(): path for path in found}
        return {n: p.read_bytes() for n, p in names.items() if not n.startswith("results/logs/")}

    def jobs(self) -> list[int]:
        """Processes of scripts that run in this folder."""
        return [pid for pid, line in _processes() if f"{self.path}/.snakemake/scripts/" in line]

    def wait_for_job(self, run: Run, number: int = 0) -> int | None:
        """Process of the script that is started after ``number`` others; None if there is none."""
        seen: dict[int, None] = {}
        while run.running():
            seen.update(dict.fromkeys(self.jobs()))
            if len(seen) > number:
                return list(seen)[number]
            time.sleep(0.01)
        return None

    def wait_for_orphans(self) -> None:
        """Until no script of this folder runs any more."""
        until = time.monotonic() + HANG
        while self.jobs():
            assert time.monotonic() < until, "a job of a killed run does not end"
            time.sleep(0.05)

    def copy(self, path: Path, *on_top: str) -> "Folder":
        """The same results elsewhere, with their times."""
        if path.exists():
            shutil.rmtree(path)
        shutil.copytree(self.path, path, symlinks=True)
        return Folder(path, on_top or self.on_top)

    def _below(self, name: str) -> Iterator[Path]:
        return (path for path in (self.path / name).rglob("*") if path.is_file())

    def _start(self, *arguments: str) -> Run:
        files = [str(ROOT / "config" / "tiny.yaml"), *(str(HERE / name) for name in self.on_top)]
        command = [sys.executable, "-m", "snakemake", "--directory", str(self.path)]
        return Run([*command, "--configfile", *files, *arguments])


def send(process: int | None, number: int) -> None:
    """A signal to a process, if it is still there."""
    if process is not None:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _processes() -> Iterator[tuple[int, str]]:
    """Processes that run, and their command lines."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if "python" in line.split(" ", 1)[0]:  # not the shell that waits for it
                yield int(folder.name), line

"""A Slurm of our own: a controller and two virtual nodes on this machine, with all their files in one folder.

Every daemon is a child of this process, in the foreground, and is ended by its own process id.
"""

import getpass
import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from tests.limits import HANG

HERE = Path(__file__).parent
NODES = ("n1", "n2")
PROGRAMS = (
    "munged",
    "slurmctld",
    "slurmd",
    "sbatch",
    "squeue",
    "scancel",
    "scontrol",
    "sinfo",
    "srun",
)
# The plugin for Slurm takes SLURM_* from the environment of the srun in its jobs, and with it our slurm.conf.
SRUN = '#!/bin/sh\nSLURM_CONF="{conf}" exec {srun} "$@"\n'


def missing() -> list[str]:
    """Programs of Slurm and munge that this machine does not have."""
    return [name for name in PROGRAMS if _program(name) is None]


class Slurm:
    """A running Slurm, as a context.

    Args:
        folder: empty, open to all as munge demands it, with a short path as sockets do.
        cores: of each node, whatever this machine has.
    """

    def __init__(self, folder: Path, cores: int) -> None:
        self.folder = folder
        self.cores = cores
        self._conf = folder / "slurm.conf"
        self._daemons: dict[str, subprocess.Popen] = {}

    @property
    def environment(self) -> dict[str, str]:
        """Environment in which Slurm's commands speak to this one."""
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        return {**os.environ, "PATH": path, "SLURM_CONF": str(self._conf)}

    def __enter__(self) -> "Slurm":
        with ExitStack() as on_failure:
            on_failure.callback(self._end_daemons)
            self._write_files()
            self._start("munged", "--foreground", "--force", *self._munge_files())
            _wait(lambda: (self.folder / "munge.socket").exists(), "munged to start")
            self.start_controller()
            for node in NODES:
                self._start("slurmd", "-D", "-N", node, name=node)
            _wait(self._nodes_idle, "two nodes to be idle")
            on_failure.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self.jobs():
                self.command("scancel", *self.jobs())
                self.wait_for_end()
        finally:
            self._end_daemons()

    def command(self, *words: str) -> str:
        """What a command of Slurm prints.

        Raises:
            subprocess.CalledProcessError: it fails.
        """
        run = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=True, timeout=HANG
        )
        return run.stdout

    def jobs(self, folder: Path | None = None, state: str = "PENDING,RUNNING") -> list[str]:
        """Ids of the jobs that are in a state, of all or of those that were submitted in one folder."""
        listed = self.command("squeue", "--noheader", "--states", state, "--format", "%i %Z")
        rows = [line.split(maxsplit=1) for line in listed.splitlines()]
        return [job for job, where in rows if folder is None or Path(where) == folder]

    def wait_for_end(self, folder: Path | None = None) -> None:
        """Wait until no job waits or runs any more."""
        _wait(lambda: not self.jobs(folder, "PENDING,RUNNING,COMPLETING"), "the last jobs to end")

    def start_controller(self) -> None:
        """Start the controller, with whatever an earlier one knew."""
        self._start("slurmctld", "-D", "-f", str(self._conf))
        _wait(self._answers, "the controller to answer")

    def kill_controller(self) -> None:
        """End the controller as a crash does."""
        daemon = self._daemons.pop("slurmctld")
        daemon.kill()
        daemon.wait()

    def resume_nodes(self) -> None:
        """Let all nodes take jobs again."""
        drained = self.command(
            "sinfo", "--noheader", "--Node", "--states", "drain", "--format", "%N"
        )
        for node in drained.split():
            self.command("scontrol", "update", f"NodeName={node}", "State=RESUME")

    def _nodes_idle(self) -> bool:
        nodes = self.command("sinfo", "--noheader", "--states", "idle", "--format", "%D").split()
        return nodes == [str(len(NODES))]

    def _answers(self) -> bool:
        asked = subprocess.run(
            ["scontrol", "ping"], env=self.environment, capture_output=True, text=True, check=False
        )
        return " is UP" in asked.stdout

    def _write_files(self) -> None:
        for name in ("state", "spool", "log", "run", "bin"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        ports = dict(zip(("controller_port", "n1_port", "n2_port"), _free_ports(3), strict=True))
        template = (HERE / "slurm.conf").read_text(encoding="utf-8")
        names = {"host": socket.gethostname(), "user": getpass.getuser(), "folder": self.folder}
        filled = template.format(**names, **ports, cores=self.cores)
        self._conf.write_text(filled, encoding="utf-8")
        srun = self.folder / "bin" / "srun"
        srun.write_text(SRUN.format(conf=self._conf, srun=_program("srun")), encoding="utf-8")
        srun.chmod(0o755)

    def _munge_files(self) -> list[str]:
        files = {
            "socket": "socket",
            "key-file": "key",
            "pid-file": "pid",
            "log-file": "log",
            "seed-file": "seed",
        }
        return [f"--{option}={self.folder}/munge.{suffix}" for option, suffix in files.items()]

    def _start(self, program: str, *options: str, name: str | None = None) -> None:
        with open(self.folder / "log" / f"{name or program}.out", "ab") as log:
            self._daemons[name or program] = subprocess.Popen(
                [str(_program(program)), *options],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _end_daemons(self) -> None:
        while self._daemons:
            _, daemon = self._daemons.popitem()
            daemon.terminate()
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"]))


def _free_ports(number: int) -> list[int]:
    with ExitStack() as open_at_once:
        sockets = [open_at_once.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait(reached, what: str) -> None:
    end = time.monotonic() + HANG
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {HANG} s for {what}")
        time.sleep(0.1)

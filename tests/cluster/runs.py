"""Runs of the tiny replication, on this machine or through a profile on a Slurm, and what they leave."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.slurm import Slurm
from tests.limits import HANG

ROOT = Path(__file__).parents[2]
PROFILES = ("slurm-generic", "slurm")
MADE = ("results", "paper_figures", "docs")
# The plugin asks after this time and, while no job has ended, 10 s later each time: with the 10 s of the
# profile, a bundle of half a minute is waited for a whole one.
PATIENCE = {"slurm": ("--slurm-init-seconds-before-status-checks", "1")}
NOT_OURS = ("PYTHONPATH", "SNAKEMAKE_PROFILE", "SNAKEMAKE_OUTPUT_CACHE")


@dataclass(frozen=True)
class Run:
    """One folder of results and how they are made.

    Attributes:
        folder: working directory; the project stays where it is.
        targets: files or rules to make; none means all.
        profile: name in ``workflow/profiles``, or None for this machine's own two cores.
        slurm: cluster that a profile submits to.
        config: file on top of the tiny configuration.
        variables: of the environment, on top of the caller's.
    """

    folder: Path
    targets: tuple[str, ...] = ()
    profile: str | None = None
    slurm: Slurm | None = None
    config: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    def start(self, *options: str) -> subprocess.Popen:
        """Snakemake, started; what it says goes to ``snakemake.log`` in the folder."""
        self.folder.mkdir(exist_ok=True)
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                self._command(*options),
                cwd=self.folder,
                env=self._environment(),
                stdout=log,
                stderr=log,
            )

    def finish(self, *options: str) -> int:
        """Exit code of a run from its start to its end."""
        process = self.start(*options)
        try:
            return process.wait(timeout=HANG)
        finally:
            process.kill()  # of no effect on one that has ended

    def recover(self) -> int:
        """What docs/cluster.md tells to do after a run was killed: cancel, unlock, the same command again."""
        if self.slurm:
            for job in self.slurm.jobs(self.folder):
                self.slurm.command("scancel", job)
            self.slurm.wait_for_end(self.folder)
        return self.finish("--unlock") or self.finish()

    def files(self) -> dict[str, bytes]:
        """Content of all results, without logs."""
        found = (
            path for name in MADE for path in (self.folder / name).rglob("*") if path.is_file()
        )
        named = {path.relative_to(self.folder).as_posix(): path for path in found}
        return {
            name: path.read_bytes()
            for name, path in named.items()
            if not name.startswith("results/logs/")
        }

    @property
    def log(self) -> Path:
        return self.folder / "snakemake.log"

    def _command(self, *options: str) -> list[str]:
        how = ["--cores", "2"]
        if self.profile:
            profile = str(ROOT / "workflow/profiles" / self.profile)
            how = ["--workflow-profile", profile, *PATIENCE.get(self.profile, ())]
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *how]
        files = filter(None, (ROOT / "config/tiny.yaml", self.config))
        config = ["--configfile", *map(str, files)]
        return [*command, *config, *options, "--", *self.targets]

    def _environment(self) -> dict[str, str]:
        environment = self.slurm.environment if self.slurm else os.environ
        own = {key: value for key, value in environment.items() if key not in NOT_OURS}
        # as an activated environment has it: its own python3 first, which the profiles' scripts start with
        path = os.pathsep.join([os.path.dirname(sys.executable), own["PATH"]])
        return own | {"PATH": path} | dict(self.variables)

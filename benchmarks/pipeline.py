"""The default replication on 2 cores: its wall time against the computing in it, a rerun, and a plan.

The first run takes ``wall`` seconds on ``cores`` cores, which is ``cores·wall`` core-seconds. They are

    computing           Σ over jobs of the time inside a script's ``main``
    starting the jobs   Σ over jobs of the processor time before it: interpreter, preamble, imports
    Snakemake           the processor time of all processes that is neither of the two
    idle                the rest: cores without a job, or taken by other programs

and the overhead is ``cores·wall / computing``, 1 for a pipeline that costs nothing. What each job took is the
last line of its log; nothing else that a run leaves holds a time.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[1]
CORES = 2
SETTINGS = 5000  # of the sweep that is planned
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_TOOK = re.compile(r"^(\w+): start ([\d.]+) s, computing ([\d.]+) s$", re.MULTILINE)


class Job(NamedTuple):
    """What the log of a job says: seconds of its start and of its computing."""

    rule: str
    start: float
    computing: float


class Run(NamedTuple):
    """Seconds of a run of Snakemake: on the wall, and of processor time with all of its jobs."""

    wall: float
    processor: float


def measure(*arguments: str) -> list[dict]:
    """Where the time of a first run goes; then a run with nothing to do, and the plan of a sweep.

    Args:
        arguments: further ones for Snakemake, such as ``--configfile config/tiny.yaml``.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        ignored = shutil.ignore_patterns(".git", ".venv", ".snakemake", "results", "*cache*")
        shutil.copytree(ROOT, copy, ignore=ignored)
        first = _run(copy, *arguments)
        jobs = list(read_jobs(copy / "results" / "logs"))
        second = _run(copy, *arguments)
        plan = _run(copy, "--dry-run", "--configfile", str(_sweep(copy)))
    for line in profile(jobs):
        print(line)
    rows = [_row("second run, nothing to do", second.wall)]
    rows.append(_row(f"plan of {SETTINGS} more settings (dry run)", plan.wall))
    return [*division(first, jobs), *rows]


def division(first: Run, jobs: list[Job]) -> list[dict]:
    """How the core-seconds ``cores·wall`` of the first run divide."""
    total = CORES * first.wall
    computing, start = sum(job.computing for job in jobs), sum(job.start for job in jobs)
    parts = {
        "computing": computing,
        "starting the jobs": start,
        "Snakemake": first.processor - computing - start,
        "idle": total - first.processor,
    }
    rows = [_row("first run", first.wall, jobs=len(jobs), overhead=total / computing)]
    for name, seconds in parts.items():
        rows.append(_row(f"first run: {name}", core_seconds=seconds, share=seconds / total))
    return rows


def profile(jobs: list[Job]) -> Iterator[str]:
    """A line for each rule: jobs, seconds of start and of computing in one, and in all of them."""
    rules = defaultdict(list)
    for job in jobs:
        rules[job.rule].append(job)
    yield f"{'rule':22}{'jobs':>5}{'start':>9}{'computing':>11}{'all starts':>12}{'all computing':>15}"
    for rule, those in sorted(rules.items()):
        start, computing = sum(job.start for job in those), sum(job.computing for job in those)
        n = len(those)
        yield f"{rule:22}{n:5}{start / n:9.3f}{computing / n:11.3f}{start:12.2f}{computing:15.2f}"


def read_jobs(logs: Path) -> Iterator[Job]:
    """The jobs whose logs lie in a folder."""
    for path in logs.rglob("*.log"):
        for rule, start, computing in _TOOK.findall(path.read_text(encoding="utf-8")):
            yield Job(rule, float(start), float(computing))


def _row(
    measured: str,
    wall: float = float("nan"),
    *,
    jobs: int | str = "",
    overhead: float = float("nan"),
    core_seconds: float = float("nan"),
    share: float = float("nan"),
) -> dict:
    return {
        "measured": measured,
        "jobs": jobs,
        "wall_seconds": wall,
        "core_seconds": core_seconds,
        "share_of_core_seconds": share,
        "overhead": overhead,
    }


def _run(folder: Path, *arguments: str) -> Run:
    command = [sys.executable, "-m", "snakemake", "--cores", str(CORES), *arguments]
    begun, before = time.perf_counter(), _processor()
    subprocess.run(
        [*command, "--quiet", "all"],
        cwd=folder,
        check=True,
        env=os.environ | dict.fromkeys(THREADS, "1"),
        stdout=subprocess.DEVNULL,
    )
    return Run(time.perf_counter() - begun, _processor() - before)


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _sweep(folder: Path) -> Path:
    """A configuration with one more experiment, of `SETTINGS` dimensions and one network."""
    path = folder / "sweep.yaml"
    experiment = {
        "dataset": {"source": "gaussian", "samples": 4, "dimension": 40, "fresh_samples": 0},
        "sweep": {"dimension": list(range(40, 40 + SETTINGS))},
        "networks": ["two_layer"],
        "trainings": ["normalised"],
        "forget": [[0]],
        "fractions": [1.0],
        "starts": ["exact"],
        "measures": ["certificate"],
    }
    path.write_text(yaml.safe_dump({"experiments": {"wide": experiment}}), encoding="utf-8")
    return path

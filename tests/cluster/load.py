"""A sweep of many settings through Slurm: what each costs beside its computing, and whether all are there.

    python -m tests.cluster.load --settings 2000

writes benchmarks/results/load_slurm.csv, and load_slurm_plan.csv, what a larger sweep would ask for.
Every setting is a data set of its own dimension, on which tiny networks are trained from 10 seeds, and the
exact KKT points of these.
"""

import argparse
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import Popen

import yaml

from tests.cluster import plan
from tests.cluster.runs import Run
from tests.cluster.slurm import NODES, Slurm
from workflow.support.records.tables import markdown, read_csv, write_csv

SEEDS = 10
BUNDLE = 100  # settings
RULES = ("dataset", "train", "duals")
TARGETS = ("results/tables/load.dataset.csv", "results/tables/load.kkt.csv")
COMPUTING = re.compile(r"computing ([\d.]+) s")
CORES = 2  # of a virtual node


def main() -> None:
    """Run the sweep that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--settings", type=int, default=2000)
    settings = parser.parse_args().settings
    folder = Path(tempfile.mkdtemp(prefix="load-"))
    folder.chmod(0o755)
    (folder / "slurm").mkdir()
    (folder / "load.yaml").write_text(yaml.safe_dump(configuration(settings)))
    with Slurm(folder / "slurm", CORES) as slurm:
        run = Run(folder / "run", TARGETS, "slurm-generic", slurm, folder / "load.yaml")
        row = measured(run, settings)
    rows = [{"quantity": name, "value": value} for name, value in row.items()]
    print(markdown(rows))
    write_csv(plan.MEASURED, rows)
    plan.main()
    shutil.rmtree(folder)


def configuration(settings: int) -> dict:
    """What lies on top of the tiny configuration."""
    return {
        "replicates": SEEDS,
        # With 8 neurons a sample may activate none of a network, which then does not converge.
        "networks": {"two_layer": {"width": 64}},
        "experiments": {
            "load": {
                "dataset": {
                    "source": "gaussian",
                    "samples": 4,
                    "dimension": 40,
                    "fresh_samples": 0,
                },
                "sweep": {"dimension": list(range(40, 40 + settings))},
                "networks": ["two_layer"],
                "trainings": ["brief"],
                "measures": ["multipliers"],
            }
        },
    }


def measured(run: Run, settings: int) -> dict[str, object]:
    """Sizes, times and memory of the run.

    *computing* is what the jobs of a setting themselves took, *lent* the time of the bundles in Slurm times
    their cores, starts and waiting included, *planning* from the start to the first submission.

    Raises:
        RuntimeError: the run fails.
    """
    begun, clock = time.monotonic(), datetime.now()
    limits = [f"{rule}:runtime=1" for rule in RULES]
    process = run.start(*("--set-resources", *limits, "--group-components", f"setting={BUNDLE}"))
    memory = list(resident(process))
    seconds = time.monotonic() - begun
    if process.returncode != 0:
        raise RuntimeError(run.log.read_text()[-5000:])
    logs = [path.read_text() for path in (run.folder / "results/logs").rglob("*.log")]
    computing = sum(float(match) for text in logs for match in COMPUTING.findall(text))
    made = rows(run.folder / TARGETS[1])
    jobs = submissions(run.slurm.command("scontrol", "-o", "show", "job"), run.folder)
    first = min(job.submitted for job in jobs)
    return {
        "settings": settings,
        "seeds": SEEDS,
        "cores": CORES * len(NODES),
        "cores_per_bundle": max(job.cores for job in jobs),
        "jobs": settings * len(RULES) + len(TARGETS),
        "submissions": len(jobs),
        "seconds": f"{seconds:.0f}",
        "computing_per_setting_s": f"{computing / settings:.3f}",
        "lent_per_setting_s": f"{sum(job.cores * job.seconds for job in jobs) / settings:.3f}",
        "seconds_per_setting": f"{seconds / settings:.3f}",
        "planning_s": f"{(first - clock).total_seconds():.0f}",
        "memory_quarter_mb": f"{memory[len(memory) // 4]:.0f}",
        "memory_half_mb": f"{memory[len(memory) // 2]:.0f}",
        "memory_end_mb": f"{memory[-1]:.0f}",
        "files": sum(path.is_file() for path in run.folder.rglob("*")),
        "rows": made,
        "lost": settings * SEEDS - made,
    }


@dataclass(frozen=True)
class Submission:
    """What Slurm knows of a job that has ended."""

    submitted: datetime
    seconds: float
    cores: int


def submissions(shown: str, folder: Path) -> list[Submission]:
    """Jobs of a folder, from what ``scontrol -o show job`` says, a line each."""
    found = []
    for line in shown.splitlines():
        if re.search(rf" WorkDir={re.escape(str(folder))}(?: |$)", line):
            fields = dict(re.findall(r"(\w+)=(\S+)", line))
            times = (f"{name}Time" for name in ("Submit", "Start", "End"))
            submitted, begun, ended = (datetime.fromisoformat(fields[time]) for time in times)
            seconds = (ended - begun).total_seconds()
            found.append(Submission(submitted, seconds, int(fields["NumCPUs"])))
    return found


def resident(process: Popen) -> Iterator[float]:
    """Megabytes that a process holds, second by second until it ends."""
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
        if found:
            yield int(found[1]) / 1024
        time.sleep(1.0)


def rows(table: Path) -> int:
    """Different settings and seeds in a table."""
    return len({(row["dimension"], row["seed"]) for row in read_csv(table)})


if __name__ == "__main__":
    main()

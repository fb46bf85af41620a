"""The whole default replication in a copy of the project: a first run, and one that has nothing to do."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORES = 2


def measure() -> list[dict]:
    """Seconds of the first run and of the no-op rerun, and the largest process of either."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        ignored = shutil.ignore_patterns(".git", ".venv", ".snakemake", "results", "*cache*")
        shutil.copytree(ROOT, copy, ignore=ignored)
        return [_run(copy, name) for name in ("first run", "second run, nothing to do")]


def _run(folder: Path, name: str) -> dict:
    command = [sys.executable, "-m", "snakemake", "--cores", str(CORES), "--quiet", "all"]
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    return {
        "run": name,
        "cores": CORES,
        "seconds": time.perf_counter() - begun,
        "largest_process_MiB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }

"""Run the benchmarks: ``python -m benchmarks.run [NAME ...] [--quick] [--resume]`` (default: all).

Each runs in a process of its own and writes its own table and figure, so that one that fails or runs out of
memory costs the others nothing. The page with all of them and the machine are written at the end.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # also as `python benchmarks/run.py`
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
os.environ |= ONE_THREAD  # before NumPy: every contestant gets one thread

from benchmarks.page import BENCHMARKS, page  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
LONGEST = 1800.0  # seconds for one benchmark, should a peer never come back
SLOW = ("pipeline",)  # has no quick run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmarks", nargs="*", default=list(BENCHMARKS), metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does everything run?")
    parser.add_argument("--resume", action="store_true", help="only those without a table yet")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where tables and figures go")
    wanted = parser.parse_args()
    unknown = [name for name in wanted.benchmarks if name not in BENCHMARKS]
    if unknown:
        parser.error(f"NAME = {unknown[0]}: there are {', '.join(BENCHMARKS)}; choose from them.")
    wanted.results.mkdir(parents=True, exist_ok=True)
    names = [name for name in wanted.benchmarks if not (wanted.quick and name in SLOW)]
    for name in set(wanted.benchmarks) - set(names):
        print(f"{name}: has no quick run, left out", flush=True)
    there = {path.stem for path in wanted.results.glob("*.csv")} if wanted.resume else set()
    failed = [name for name in names if not _run(name, wanted)]
    _write_page(wanted.results, set(names) - set(failed) - there)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}; the others are written.")


def _run(name: str, wanted: argparse.Namespace) -> bool:
    """One benchmark in its own process; whether it ended well."""
    if wanted.resume and (wanted.results / f"{name}.csv").exists():
        print(f"{name}: there already", flush=True)
        return True
    print(f"{name}: {BENCHMARKS[name]} ...", flush=True)
    begun = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.measure", name, str(wanted.results)]
    quick = ["--quick"] if wanted.quick else []
    try:
        subprocess.run([*command, *quick], cwd=ROOT, check=True, timeout=LONGEST)
        problem = ""
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        problem = f"FAILED ({error}) "
    print(f"{name}: {problem or 'done '}in {time.perf_counter() - begun:.0f} s", flush=True)
    return not problem


def _write_page(results: Path, measured: Collection[str]) -> None:
    """All tables there are, each with the machine that measured it."""
    from benchmarks.machine import describe

    path, here = results / "machine.json", describe()
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    there = [name for name in BENCHMARKS if (results / f"{name}.csv").exists()]
    machines = {name: here if name in measured else known.get(name, here) for name in there}
    path.write_text(json.dumps(machines, indent=2) + "\n", encoding="utf-8")
    (results / "README.md").write_text(page(results, machines), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Compute one configuration several times under settings that must not matter, and say what differs.

``python -m workflow.reproduce --configfile config/tiny.yaml`` (``make reproduce``): two equal runs, one with
two BLAS threads, one with each kernel of OpenBLAS that the processor can run, and one with CuPy where a GPU
answers, each from nothing in a folder of its own, each compared with the first.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from workflow.support.configuration.backend import missing
from workflow.support.records.comparison import FILES, TABLES, Comparison, Difference, compare
from workflow.support.records.tables import markdown, write_csv

ROOT = Path(__file__).resolve().parents[1]
FIRST = "plain"
_BLAS = ("numpy", "scipy")  # each comes with an OpenBLAS of its own


class Variant(NamedTuple):
    """One way to run the workflow.

    Attributes:
        name: of its folder and its row.
        environment: variables on top of the caller's.
        threads: of BLAS in each job, which Snakemake sets.
        needs: flags of the processor without which it cannot run.
        backend: who trains, in the place of what the configuration says.
    """

    name: str
    environment: Mapping[str, str] = {}
    threads: int = 1
    needs: frozenset[str] = frozenset()
    backend: str = ""


def _kernel(name: str, *needs: str) -> Variant:
    return Variant(name.lower(), {"OPENBLAS_CORETYPE": name}, needs=frozenset(needs))


VARIANTS = (
    Variant(FIRST),
    Variant("again"),
    Variant("two_threads", threads=2),
    _kernel("Nehalem", "sse4_2"),
    _kernel("Sandybridge", "avx"),
    _kernel("Haswell", "avx2", "fma"),
    _kernel("SkylakeX", "avx512f", "avx512vl", "avx512dq", "avx512bw"),
    Variant("cupy", backend="cupy"),
)


class Outcome(NamedTuple):
    """A variant beside the first run; no comparison where the processor cannot run it.

    Attributes:
        variant: how it ran.
        kernels: which OpenBLAS took, as it says itself.
        comparison: with the first run.
    """

    variant: Variant
    kernels: str
    comparison: Comparison | None


def obstacle(variant: Variant, flags: Iterable[str]) -> str:
    """Why a processor with these flags, or this machine, cannot run the variant; empty if it can."""
    lacking = sorted(variant.needs - set(flags))
    if lacking:
        return f"this processor lacks {', '.join(lacking)}"
    return missing(variant.backend).partition(";")[0] if variant.backend else ""


def processor_flags() -> set[str]:
    """What Linux says of this processor; nothing elsewhere, so that no kernel is forced there."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {flag for line in lines if line.startswith("flags") for flag in line.split()}


def run(
    variant: Variant, configfile: Path, folder: Path, cores: str, targets: Sequence[str] = ()
) -> None:
    """Make ``targets``, or everything, from nothing in ``folder``.

    Raises:
        SystemExit: Snakemake failed, which has said why, or the folder has files that no run made.
    """
    _empty(folder)
    command = [*_snakemake(), "--cores", cores, "--directory", str(folder)]
    command += ["--configfile", str(configfile), "--quiet", "rules", "progress"]
    if variant.threads > 1:  # a job has the threads of its rule, whatever the environment says
        command += ["--set-threads", *(f"{rule}={variant.threads}" for rule in _rules(configfile))]
    if variant.backend:
        command += ["--config", f"backend={variant.backend}"]
    ended = subprocess.run(
        [*command, "--", *targets], cwd=ROOT, env=_environment(variant), check=False
    )
    if ended.returncode:
        raise SystemExit(f"error: the run {variant.name} failed: see what snakemake says above.")


def _empty(folder: Path) -> None:
    """An empty folder in the place of an earlier run; whatever else is there is somebody's own."""
    if folder.exists() and any(folder.iterdir()) and not (folder / ".snakemake").is_dir():
        raise SystemExit(
            f"error: {folder} has files that no run made: name another place with --folder."
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def kernels(variant: Variant) -> str:
    """Kernel and version of each OpenBLAS, asked in a process with the variant's environment."""
    code = (
        "import json, numpy.linalg, scipy.linalg, threadpoolctl as t; "
        "print(json.dumps([f\"{x['architecture']} {x['version']}\" for x in t.threadpool_info()"
        " if x['internal_api'] == 'openblas']))"
    )
    command = [sys.executable, "-c", code]
    asked = subprocess.run(
        command, env=_environment(variant), capture_output=True, text=True, check=True
    )
    return ", ".join(sorted(set(json.loads(asked.stdout))))


def rows(outcomes: Sequence[Outcome]) -> list[dict[str, str | int]]:
    """One row for each variant: how many of each kind were compared, how many differ."""
    return [_row(outcome) for outcome in outcomes]


def _row(outcome: Outcome) -> dict[str, str | int]:
    variant, comparison = outcome.variant, outcome.comparison
    row: dict[str, str | int] = {
        "run": variant.name,
        "threads": variant.threads,
        "kernels": outcome.kernels,
    }
    if comparison is None:
        return row | {name: "" for name in _COUNTS}
    counts = (_cells(comparison, kind) for kind in TABLES)
    files = (len(comparison.of(kind)) for kind in FILES)
    verdicts = [d for d in comparison.of("scorecard") if d.column == "verdict"]
    largest = [d.largest for kind in TABLES for d in comparison.of(kind)]
    values: list[str | int] = [comparison.cells, *counts, sum(d.cells for d in verdicts)]
    values += [f"{max(largest, default=0):.1g}", *files]
    return row | dict(zip(_COUNTS, values, strict=True))


_COUNTS = (
    "cells compared",
    *(f"{kind}: cells that differ" for kind in TABLES),
    "verdicts that differ",
    "largest relative difference",
    *(f"{kind} that differ" for kind in FILES),
)


def _cells(comparison: Comparison, kind: str) -> int:
    return sum(difference.cells for difference in comparison.of(kind))


def details(outcomes: Sequence[Outcome]) -> list[dict[str, str | int]]:
    """One row for each column of a table that differs."""
    return [
        {
            "run": outcome.variant.name,
            "file": difference.file,
            "column": difference.column or "(all)",
            "cells that differ": difference.cells,
            "largest relative difference": f"{difference.largest:.1g}",
        }
        for outcome in outcomes
        if outcome.comparison
        for difference in outcome.comparison.differences
        if difference.kind in TABLES
    ]


def promised(outcomes: Sequence[Outcome]) -> list[Difference]:
    """Differences that must not be: of any table or verdict, and for equal settings of any file."""
    return [
        difference
        for outcome in outcomes
        if outcome.comparison
        for difference in outcome.comparison.differences
        if difference.kind in TABLES or outcome.variant.name == "again"
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the variants, print and write the tables; 1 if something differs that must not."""
    options = _parser().parse_args(arguments)
    chosen = [variant for variant in VARIANTS if variant.name in {FIRST, *options.runs}]
    flags, folders = processor_flags(), Path(options.folder).resolve()
    configfile = Path(options.configfile).resolve()
    outcomes = []
    for variant in chosen:
        reason = obstacle(variant, flags)
        if reason:
            outcomes.append(Outcome(variant, f"not run: {reason}", None))
            continue
        print(f"run {variant.name}", flush=True)
        run(variant, configfile, folders / variant.name, options.cores, options.targets)
        beside = compare(folders / FIRST, folders / variant.name)
        outcomes.append(Outcome(variant, kernels(variant), beside))
    _report(outcomes, " ".join([options.configfile, *options.targets]), Path(options.report))
    return bool(promised(outcomes))


def _report(outcomes: Sequence[Outcome], computed: str, folder: Path) -> None:
    """Summary and details, shown and kept, with the configuration and targets that were computed."""
    tables = (("reproduction", rows(outcomes)), ("reproduction_differences", details(outcomes)))
    for name, table in tables:
        told = [{"computed": computed, **row} for row in table]
        print(f"\n{markdown(told)}")
        write_csv(folder / f"{name}.csv", told, header=["computed"])


def _snakemake() -> list[str]:
    return [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]


def _rules(configfile: Path) -> list[str]:
    command = [*_snakemake(), "--configfile", str(configfile), "--list-rules"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def _environment(variant: Variant) -> dict[str, str]:
    """The caller's, without what would choose kernel or library in the variant's place."""
    own = ("OPENBLAS_CORETYPE", "PYTHONPATH")
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    return inherited | dict(variant.environment)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configfile", default="config/tiny.yaml")
    parser.add_argument("--folder", default="build/reproduce", help="where the runs are made")
    parser.add_argument(
        "--report", default="benchmarks/results", help="where the tables are written"
    )
    parser.add_argument("--cores", default="all")
    parser.add_argument("--targets", nargs="*", default=[], help="instead of everything")
    names = [variant.name for variant in VARIANTS]
    parser.add_argument("--runs", nargs="*", default=names, choices=names)
    return parser


if __name__ == "__main__":
    sys.exit(main())

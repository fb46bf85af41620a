"""Runs of one experiment beside one another, for ``make compare RUNS="a b"``.

A run is the folder that ``snakemake --directory`` worked in, or a configuration file, whose run is then made
first. Only tables with the hashes that their jobs wrote down are compared.
"""

import argparse
import os
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts._errors import printable

from kkt_unlearning.studies.drawing import load_matplotlib
from workflow.support.configuration.mistakes import listed
from workflow.support.places.tables import own_tables
from workflow.support.records.behind import chosen, differing

ROOT = Path(__file__).resolve().parents[1]
TABLES = "results/tables"
MADE = Path("results/compared")  # runs of configuration files

RESAMPLES, SEED = 500, 0  # behind the intervals
_PREFERRED = "step_size"
_CONFIGURATIONS = {".yaml", ".yml", ".json"}

# measure -> what a reader sees
NAMES = {
    "epsilon": "ε at θ̃",
    "relative_delta": "relative δ at θ̃",
    "tau": "τ at θ̃",
    "epsilon_given": "ε at θ̃ for a relative δ of 0.1",
    "epsilon_itself": "ε at θ′ itself",
    "tau_star": "τ* at an exact KKT point",
    "nothing_epsilon": "ε for a relative δ of 0.1, if nothing is done",
    "nothing_tau": "τ, if nothing is done",
    "share": "share of cases with all three small",
    "nothing_share": "the same, if nothing is done",
}


class ComparisonError(Exception):
    """Runs cannot be compared; the message is one sentence."""


def compare(named: Mapping[str, Path], experiment: str | None, out: Path) -> list[Path]:
    """Write figure, numbers and page of a comparison.

    Args:
        named: folder of each run, by the name that a reader sees; two or more.
        experiment: that is compared; by default the one that all runs have, or step_size.
        out: folder for the files.

    Returns:
        The files, the page first.

    Raises:
        ComparisonError: they cannot be compared.
        StorageError: a table is not what its job wrote, or a file cannot be written.
    """
    load_matplotlib()
    from _figures import numbers, save
    from _pages import templates
    from _storage import read_table, write_text

    from kkt_unlearning.studies.own.beside import differences, draw, sweeps
    from kkt_unlearning.studies.own.measured import COLUMNS
    from kkt_unlearning.studies.pages.markdown import as_page
    from kkt_unlearning.studies.pages.template import fill

    experiment = _experiment(named, experiment)
    table = f"{TABLES}/{experiment}.csv"
    runs = {name: read_table(folder / table) for name, folder in named.items()}
    for name, columns in runs.items():
        for column in COLUMNS:
            if column not in columns:
                raise ComparisonError(
                    f"{_shown(named[name] / table)} has no column {column}: compare an experiment with "
                    "certificates, from a run of this version."
                )
    found = list(differences(runs, RESAMPLES, SEED))
    choices = differing({name: chosen(folder, table) for name, folder in named.items()})
    figure, drawn = draw(runs)
    filled = templates("compare")
    page = fill(
        filled["markdown"],
        experiment=experiment,
        runs=list(runs),
        differences=found,
        names=NAMES,
        choices=choices,
        pooled=sweeps(runs),
        resamples=RESAMPLES,
        apart=sum(bool(one.apart) for one in found),
    )
    out.mkdir(parents=True, exist_ok=True)
    files = [out / f"{experiment}.{ending}" for ending in ("md", "html", "png", "pdf", "csv")]
    markdown, html, png, pdf, csv = files
    save(figure, pdf, png)
    write_text(csv, numbers(drawn))
    write_text(html, as_page(page, experiment, filled, {png.name: png.read_bytes()}))
    write_text(markdown, page)
    return files


def _experiment(named: Mapping[str, Path], wanted: str | None) -> str:
    having = {name: _experiments(folder) for name, folder in named.items()}
    for name, folder in named.items():
        if wanted and wanted not in having[name]:
            raise ComparisonError(
                f"{_shown(folder)} has no table {TABLES}/{wanted}.csv: make it with "
                f"snakemake --cores all --directory {shlex.quote(str(folder))} -- {wanted}."
            )
        if not having[name]:
            raise ComparisonError(
                f"{_shown(folder)} has no table in {TABLES}: make its run with "
                f"snakemake --cores all --directory {shlex.quote(str(folder))}."
            )
    shared = [
        name for name in next(iter(having.values())) if all(name in h for h in having.values())
    ]
    if wanted:
        return wanted
    if _PREFERRED in shared or len(shared) == 1:
        return _PREFERRED if len(shared) > 1 else shared[0]
    if not shared:
        raise ComparisonError(
            "these runs have no experiment in common, but "
            f"{'; '.join(f'{run} has {listed(names)}' for run, names in having.items())}: "
            "run an experiment of one name in all of them."
        )
    raise ComparisonError(
        f"these runs have the experiments {listed(shared)} in common: name one with EXPERIMENT={shared[0]}."
    )


def _experiments(folder: Path) -> list[str]:
    """Experiments of which a run has certificates, which are the tables without a second name."""
    found = sorted(path.stem for path in (folder / TABLES).glob("*.csv"))
    return [name for name in found if "." not in name and name not in own_tables()]


def folders(runs: Sequence[str], experiment: str | None) -> dict[str, Path]:
    """Folder of each run by the name that a reader sees; runs of configuration files are made.

    Raises:
        ComparisonError: there are too few or too many, or one is neither folder nor file.
    """
    from kkt_unlearning.studies.own.beside import MOST_RUNS

    if not 2 <= len(runs) <= MOST_RUNS:
        raise ComparisonError(
            f"RUNS has {len(runs)} of them, but two to {MOST_RUNS} can be compared: "
            'write make compare RUNS="a b", with the folders of the runs.'
        )
    for run in runs:
        if not os.path.isdir(run) and not (
            os.path.isfile(run) and Path(run).suffix in _CONFIGURATIONS
        ):
            raise ComparisonError(
                f"{_shown(run)} is neither the folder of a run nor a configuration file: "
                "make the run with snakemake --directory, or name a .yaml file."
            )
    short = Counter(Path(os.path.abspath(run)).stem for run in runs)
    names = {
        run: name if short[name := Path(os.path.abspath(run)).stem] == 1 else run for run in runs
    }
    if len(names) < len(runs):
        raise ComparisonError(f"RUNS names {listed(runs)}, one of them twice: name each once.")
    return {
        name: Path(run) if os.path.isdir(run) else _made(Path(run), name, experiment or _PREFERRED)
        for run, name in names.items()
    }


def _made(file: Path, name: str, experiment: str) -> Path:
    """The folder of the run of a configuration file, once its table is there."""
    folder = MADE / name.replace(os.sep, "_")
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", "all", "--configfile", str(file), "--directory", str(folder)]
    target = f"{TABLES}/{experiment}.csv"
    if subprocess.run([*command, "--", target], check=False).returncode:
        raise ComparisonError(f"the run of {_shown(file)} has failed: mend what is said above.")
    return folder


def _shown(path: str | Path) -> str:
    return printable(os.path.abspath(path))


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare, and say where the files are; a mistake is one sentence and exit code 1."""
    from _storage import StorageError

    options = _parser().parse_args(arguments)
    try:
        named = folders(options.runs, options.experiment)
        page, *others = compare(named, options.experiment, options.out)
    except (ComparisonError, StorageError, OSError) as error:
        raise SystemExit(f"error: {error}") from None
    print(f"comparison: {page}, with {listed([path.name for path in others])}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Runs of one experiment beside one another.")
    parser.add_argument("runs", nargs="*", help="folders of runs, or configuration files")
    parser.add_argument("--experiment", help="that is compared, where the runs have several")
    parser.add_argument("--out", type=Path, default=Path("results/comparison"))
    return parser


if __name__ == "__main__":
    sys.path.append(str(ROOT / "scripts"))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

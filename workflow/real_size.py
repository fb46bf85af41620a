"""What the run of config/real-size.yaml came to, as tables for the pages: ``make real-size``.

``python -m workflow.real_size FOLDER`` reads the tables of a run that is there, in the folder that
``snakemake --directory`` worked in.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scripts._tables import columns, parsed

from workflow.support.records.tables import Rows, write_csv

ROOT = Path(__file__).resolve().parents[1]
THRESHOLDS = ROOT / "config" / "claims.yaml"
RESULTS = ROOT / "benchmarks" / "results"
STUDY = "growth"
ALL = "natural_all"  # the experiment with all digits

# of the table of the figure -> what a reader sees
_QUANTITIES = {
    "support": "support",
    "distance_trained": "1 − cosine to trained",
    "crossed": "flips",
    "separates": "separating",
    "relative_delta": "δ / mean λ at θ̃",
    "epsilon": "ε at θ̃",
    "tau": "τ",
}
_WHOLE = 1e6  # to which a count is written out

Columns = dict[str, np.ndarray]


def growth(tables: Mapping[str, Columns], figure: Columns) -> Rows:
    """A row for each data set and number of samples: medians that the figure shows, and cells visited."""
    keys = dict.fromkeys(zip(figure["data"].tolist(), figure["samples"].tolist(), strict=True))
    rows = []
    for data, samples in keys:
        here = (figure["data"] == data) & (figure["samples"] == samples)
        median = dict(zip(figure["quantity"][here], figure["median"][here], strict=True))
        points = tables[f"growth_{data}.kkt"]
        cells = points["cells"][points["samples"] == samples]
        rows.append(
            {"data": data, "m": samples, "cells": int(np.median(cells))}
            | {name: _short(median.get(key, np.nan)) for key, name in _QUANTITIES.items()}
        )
    return rows


def claims(tables: Mapping[str, Columns], thresholds: Mapping[str, Any]) -> Rows:
    """The claims on growth, with the thresholds of the default run."""
    from kkt_unlearning.studies.scorecard import score

    return [
        {
            "claim": row["claim"],
            "measured": _short(row["measured"]),
            "threshold": f"{row['comparison'].replace('_', ' ')} {row['threshold']:g}",
            "verdict": row["verdict"],
        }
        for row in score(tables, thresholds)
        if row["section"] == STUDY
    ]


def natural(tables: Mapping[str, Columns]) -> Rows:
    """A row for each mixing of all digits, from the data as they are to nearly orthogonal ones."""
    from kkt_unlearning.studies.natural.assumption import at, finding
    from kkt_unlearning.studies.summary import select, support_vectors

    table, dataset, exact = (tables[f"{ALL}{part}"] for part in ("", ".dataset", ".multipliers"))
    verdict = finding(table, dataset, exact).verdict
    rows = []
    for mixing in sorted(set(dataset["mixing"].tolist()), reverse=True):
        crowded, cost = at(mixing, table, dataset, exact)
        multipliers = select(exact, mixing=mixing)["exact"]
        rows.append(
            {
                "mixing": f"{mixing:g}",
                "m": len(multipliers),
                "support": int(support_vectors(multipliers).sum()),
                "crowding": _short(crowded),
                "cost": _short(cost),
                "verdict": verdict,
            }
        )
    return rows


def _short(value: float) -> str:
    """To 3 digits; nothing where there is no number."""
    if np.isnan(value):
        return ""
    return f"{value:.0f}" if value == round(value) and abs(value) < _WHOLE else f"{value:.3g}"


def read(folder: Path) -> tuple[dict[str, Columns], Columns]:
    """Tables of the run by name, and the numbers in its figure.

    Raises:
        StorageError: one is not what its job wrote, or not there.
    """
    from _storage import read_table

    from kkt_unlearning.studies.growth.study import DATA

    names = [f"growth_{data}.{part}" for data in DATA for part in ("growth", "kkt")]
    names += [ALL, f"{ALL}.dataset", f"{ALL}.multipliers"]
    tables = {name: read_table(folder / "results" / "tables" / f"{name}.csv") for name in names}
    header, *rows = parsed((folder / "paper_figures" / f"{STUDY}.csv").read_bytes())
    return tables, columns(header, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the three tables; a mistake is one sentence and exit code 1."""
    import yaml
    from _storage import StorageError

    parser = argparse.ArgumentParser(description="Tables of the run of config/real-size.yaml.")
    parser.add_argument("folder", type=Path, help="that snakemake --directory worked in")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the tables go")
    options = parser.parse_args(arguments)
    try:
        tables, figure = read(options.folder)
    except (StorageError, OSError) as error:
        raise SystemExit(f"error: {error}") from None
    thresholds = yaml.safe_load(THRESHOLDS.read_text(encoding="utf-8"))["claims"]
    write_csv(options.results / "real_size_growth.csv", growth(tables, figure))
    write_csv(options.results / "real_size_claims.csv", claims(tables, thresholds))
    write_csv(options.results / "real_size_natural.csv", natural(tables))


if __name__ == "__main__":
    sys.path.append(str(ROOT / "scripts"))
    main()

"""A large sweep on paper: what it asks of a cluster, from the constants of a smaller one that was measured.

    python -m tests.cluster.plan

writes benchmarks/results/load_slurm_plan.csv from load_slurm.csv, as if everything grew in proportion to the
settings. Each node has one run at a time, with all of its cores.
"""

import math
from collections.abc import Mapping
from pathlib import Path

from workflow.support.records.tables import markdown, read_csv, write_csv

MEASURED = Path(__file__).parents[2] / "benchmarks" / "results" / "load_slurm.csv"
SETTINGS = 10**6
RUN = 10**4  # settings of one run of Snakemake
NODES = 100
NODE_CORES = 32
BUNDLE_SECONDS = 1800.0  # that a submission is to take


def plan(measured: Mapping[str, str | float]) -> list[dict[str, object]]:
    """hours = planning + waiting + a S / C for a run of S settings, and B = T c / a settings per bundle.

    Here a is `lent_per_setting_s`, the core seconds that the cluster lends for a setting, C and c are the
    cores of a node and of a bundle, T the time that a bundle is to take; what Snakemake took to plan and
    what cores waited for it (seconds − planning_s − a settings / cores) grow with S.

    Args:
        measured: quantities and values of load_slurm.csv.

    Returns:
        Rows with a quantity for one run and for all of them, and how it follows.

    Raises:
        KeyError: it lacks a column that this needs.
    """
    sweep = {name: float(value) for name, value in measured.items()}
    settings, lent = sweep["settings"], sweep["lent_per_setting_s"]
    scale, runs = RUN / settings, math.ceil(SETTINGS / RUN)
    bundle = min(RUN, max(1, int(BUNDLE_SECONDS * sweep["cores_per_bundle"] / lent)))
    submissions, files = math.ceil(RUN / bundle), round(sweep["files"] * scale)
    planning = sweep["planning_s"] * scale
    waiting = max(0.0, sweep["seconds"] * scale - planning - lent * RUN / sweep["cores"])
    seconds = planning + waiting + lent * RUN / NODE_CORES
    rounds = math.ceil(runs / NODES)
    starting = lent - sweep["computing_per_setting_s"]
    rows = [
        ("settings", RUN, SETTINGS, "chosen"),
        ("cores of a node", NODE_CORES, NODE_CORES * NODES, "chosen"),
        ("settings per bundle", bundle, "", f"{BUNDLE_SECONDS / 60:.0f} minutes on its cores"),
        ("core seconds per bundle", round(lent * bundle), "", "lent per setting"),
        ("of these to start and wait", round(starting * bundle), "", "lent − computing"),
        ("submissions", submissions, submissions * runs, "settings / settings per bundle"),
        ("files", files, files * runs, "files per setting"),
        ("memory of Snakemake, MB", round(sweep["memory_end_mb"] * scale), "", "memory / settings"),
        ("seconds to plan", round(planning), "", "planning per setting"),
        ("seconds that cores wait", round(waiting), "", "seconds without planning and work"),
        ("hours", f"{seconds / 3600:.2f}", f"{rounds * seconds / 3600:.2f}", "sum of the three"),
        ("files made per second", f"{files / seconds:.2f}", _rate(files, runs, seconds), "hours"),
    ]
    return [dict(zip(("quantity", "one_run", "all_runs", "by"), row, strict=True)) for row in rows]


def _rate(files: int, runs: int, seconds: float) -> str:
    """Files a second of all runs that go on at once."""
    return f"{files * min(runs, NODES) / seconds:.0f}"


def main() -> None:
    """Write and show the plan for what was measured last."""
    rows = plan({row["quantity"]: row["value"] for row in read_csv(MEASURED)})
    print(markdown(rows))
    write_csv(MEASURED.with_name("load_slurm_plan.csv"), rows)


if __name__ == "__main__":
    main()

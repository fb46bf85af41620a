"""Results that runs on a cluster share (docs/reproducibility.md): the second run computes none of them."""

import re

import pytest

from tests.cluster.runs import PROFILES, Run

SHARED = {"dataset", "train", "duals"}
TARGET = "kinks"


def computed(run: Run) -> set[str]:
    """Rules that computed in this run: the log of a job that did says how long it took."""
    logs = (path.read_text() for path in (run.folder / "results/logs").rglob("*.log"))
    return {name for log in logs for name in re.findall(r"^(\w+): start ", log, re.MULTILINE)}


@pytest.mark.parametrize("profile", PROFILES)
def test_jobs_take_what_another_run_has_computed(profile, slurm, undisturbed, tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    variables = {"SNAKEMAKE_OUTPUT_CACHE": str(store)}
    for number, rules in enumerate((SHARED | {"measure_stationarity"}, {"measure_stationarity"})):
        run = Run(tmp_path / str(number), (TARGET,), profile, slurm, variables=variables)
        assert run.finish("--cache", *sorted(SHARED)) == 0, run.log.read_text()
        assert computed(run) & (SHARED | {"measure_stationarity"}) == rules
        assert run.files() == undisturbed(TARGET).files()

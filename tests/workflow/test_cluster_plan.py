"""What a large sweep would ask of a cluster, from numbers that are easy to follow."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.cluster.load import Submission, submissions
from tests.cluster.plan import plan

# 1000 settings on 4 cores: 500 s of work, 60 s to plan, 40 s in which cores wait.
MEASURED = {
    "settings": "1000",
    "cores": "4",
    "cores_per_bundle": "2",
    "seconds": "600",
    "planning_s": "60",
    "computing_per_setting_s": "0.5",
    "lent_per_setting_s": "2.0",
    "memory_end_mb": "150",
    "files": "20000",
}
SHOWN = (
    "JobId=7 JobName=a NumCPUs=2 SubmitTime=2026-01-01T10:00:00 StartTime=2026-01-01T10:01:00 "
    "EndTime=2026-01-01T10:03:30 WorkDir={0} StdErr={0}/x\n"
    "JobId=8 JobName=b NumCPUs=1 SubmitTime=2026-01-01T10:00:01 StartTime=2026-01-01T10:01:00 "
    "EndTime=2026-01-01T10:01:01 WorkDir={0}-other StdErr=/x\n"
)


def quantities(measured):
    return {row["quantity"]: (row["one_run"], row["all_runs"]) for row in plan(measured)}


def test_the_plan_follows_from_the_measurements():
    found = quantities(MEASURED)
    assert found["settings"] == (10_000, 1_000_000)
    assert found["settings per bundle"] == (1800, "")  # 30 minutes on 2 cores at 2 core seconds
    assert found["core seconds per bundle"] == (3600, "")
    assert found["of these to start and wait"] == (2700, "")
    assert found["submissions"] == (6, 600)
    assert found["files"] == (200_000, 20_000_000)
    assert found["memory of Snakemake, MB"] == (1500, "")
    assert found["seconds to plan"] == (600, "")
    assert found["seconds that cores wait"] == (400, "")
    # 600 + 400 + 2 · 10⁴ / 32 seconds; a hundred runs on a hundred nodes take as long as one.
    assert found["hours"] == ("0.45", "0.45")
    assert found["files made per second"] == ("123.08", "12308")


def test_a_bundle_is_neither_empty_nor_larger_than_a_run():
    assert quantities({**MEASURED, "lent_per_setting_s": "9999"})["settings per bundle"][0] == 1
    small = quantities({**MEASURED, "lent_per_setting_s": "0.01"})
    assert (small["settings per bundle"][0], small["submissions"]) == (10_000, (1, 100))


def test_cores_that_never_wait_do_not_wait_less_than_nothing():
    assert quantities({**MEASURED, "lent_per_setting_s": "3.0"})["seconds that cores wait"][0] == 0


def test_a_table_of_before_is_refused():
    with pytest.raises(KeyError, match="lent_per_setting_s"):
        plan({key: value for key, value in MEASURED.items() if not key.startswith("lent")})


def test_submissions_are_those_of_the_folder():
    assert submissions(SHOWN.format("/scratch/a+b"), Path("/scratch/a+b")) == [
        Submission(datetime(2026, 1, 1, 10), 150.0, 2)
    ]

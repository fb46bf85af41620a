"""The limit of jobs a second: Snakemake's own goes on one machine, one that was asked for stays."""

from types import SimpleNamespace

import pytest
from snakemake.cli import get_argument_parser
from snakemake.scheduling.job_scheduler import JobRateLimiter
from snakemake.settings.types import MaxJobsPerTimespan

from workflow.support.places.pacing import lift_unasked_limit

UNASKED = get_argument_parser().get_default("max_jobs_per_timespan")


def limiter_after(limiter: JobRateLimiter | None, local: bool = True) -> JobRateLimiter | None:
    scheduler = SimpleNamespace(job_rate_limiter=limiter)
    lift_unasked_limit(SimpleNamespace(scheduler=scheduler, local_exec=local))
    return scheduler.job_rate_limiter


def limiter(limit: str) -> JobRateLimiter:
    return JobRateLimiter(MaxJobsPerTimespan.parse_choice(limit))


def test_the_limit_that_nobody_asked_for_goes():
    assert limiter_after(limiter(UNASKED)) is None
    assert limiter_after(None) is None


@pytest.mark.parametrize("limit", ["10/1s", "100/1m"])
def test_a_limit_that_was_asked_for_stays(limit):
    asked = limiter(limit)
    assert limiter_after(asked) is asked


def test_on_a_cluster_it_stays():
    unasked = limiter(UNASKED)
    assert limiter_after(unasked, local=False) is unasked

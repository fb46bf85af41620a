"""How often Snakemake looks for jobs to start."""

from typing import Any

UNASKED = (100, 1)  # jobs and seconds of Snakemake's own --max-jobs-per-timespan


def lift_unasked_limit(workflow: Any) -> None:
    """Take away the limit of jobs started in a second on this machine, unless a user has set one.

    For its sake Snakemake looks for jobs again a second after each look that found one ready, beside the
    look that the end of a job asks for. So the looks of a second grow with the jobs that have ended, and in a
    run of hundreds of jobs they take as long as the costliest rule. How many jobs run at once is
    limited by ``--cores``.

    Args:
        workflow: Snakemake's, once it has a scheduler (``onstart``).
    """
    limiter = getattr(
        workflow.scheduler, "job_rate_limiter", None
    )  # of Snakemake 9.27; others may have none
    asked = limiter is None or (limiter.max_jobs, limiter.timespan) != UNASKED
    if workflow.local_exec and not asked:
        workflow.scheduler.job_rate_limiter = None

#!/usr/bin/env python3
"""What has become of a Slurm job, in the one word that cluster-generic asks for: status.py JOB.

A controller that does not answer has not said that a job failed: the job counts as running, and is asked
for again. A job that the controller does not know any more counts as failed, and is made again. So does one
that Slurm has put on hold of itself, which no user releases: it is cancelled.
"""

import re
import subprocess
import sys

# States that a job does not leave; the others (PENDING, COMPLETING, SUSPENDED, REQUEUED, …) it does.
FAILED = {
    "BOOT_FAIL",
    "CANCELLED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "REVOKED",
    "TIMEOUT",
}
# Why Slurm itself holds a job for good: a node would not start it, after a crash of the controller say.
STUCK = {"launch_failed_requeued_held", "JobHoldMaxRequeue"}
UNKNOWN = "Invalid job id"
SECONDS = 30  # to wait for an answer


def verdict(answer: str, complaint: str) -> str:
    """``running``, ``success`` or ``failed``, from what ``scontrol -o show job`` says.

    Args:
        answer: its standard output, with ``JobState=…`` if the controller knows the job.
        complaint: its standard error.
    """
    state = re.search(r"\bJobState=(\w+)", answer)
    if state is None:
        return "failed" if UNKNOWN in complaint else "running"
    if state[1] == "COMPLETED":
        return "success"
    return "failed" if state[1] in FAILED or is_stuck(answer) else "running"


def is_stuck(answer: str) -> bool:
    """Whether the job waits, and will for ever."""
    reason = re.search(r"\bReason=(\w+)", answer)
    return "JobState=PENDING" in answer and reason is not None and reason[1] in STUCK


def ask(job: str) -> tuple[str, str]:
    """What ``scontrol`` says of the job: both streams, empty if it does not end in time.

    Args:
        job: as ``sbatch --parsable`` answers, JOB or, where there are several, JOB;CLUSTER.
    """
    return _answer("scontrol", "-o", *_cluster(job), "show", "job", _number(job))


def cancel(job: str) -> None:
    """So that nobody who releases the job later starts it beside its next attempt."""
    _answer("scancel", *_cluster(job), _number(job))


def _number(job: str) -> str:
    return job.partition(";")[0]


def _cluster(job: str) -> list[str]:
    name = job.partition(";")[2]
    return [f"--clusters={name}"] if name else []


def _answer(*command: str) -> tuple[str, str]:
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "", ""
    return asked.stdout, asked.stderr


def main(job: str) -> None:
    """Print the word for this job."""
    answer, complaint = ask(job)
    if is_stuck(answer):
        cancel(job)
    print(verdict(answer, complaint))


if __name__ == "__main__":
    main(sys.argv[1])

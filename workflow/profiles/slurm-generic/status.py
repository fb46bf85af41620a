#!/usr/bin/env python3
"""What has become of a Slurm job, in the one word that cluster-generic asks for: status.py JOB.

A controller that does not answer has not said that a job failed: the job counts as running, and is asked
for again. A job that the controller does not know any more counts as failed, and is made again.
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
    return "failed" if state[1] in FAILED else "running"


def ask(job: str) -> tuple[str, str]:
    """What ``scontrol`` says of the job: both streams, empty if it does not end in time.

    Args:
        job: as ``sbatch --parsable`` answers, JOB or, where there are several, JOB;CLUSTER.
    """
    number, _, cluster = job.partition(";")
    where = [f"--clusters={cluster}"] if cluster else []
    command = ["scontrol", "-o", *where, "show", "job", number]
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "", ""
    return asked.stdout, asked.stderr


if __name__ == "__main__":
    print(verdict(*ask(sys.argv[1])))

#!/usr/bin/env python3
"""sbatch, asked again for as long as no controller answers: submit.py [options] SCRIPT prints the job's id.

Snakemake takes a submission that does not succeed for an attempt of the job, and all of these would be
used up within seconds.
"""

import os
import subprocess
import sys
import time

AWAY = "Unable to contact slurm controller"  # the job cannot have been taken; after other errors it may
PATIENCE = 3600.0  # seconds
PAUSE = 5.0
LOGS = "results/logs/slurm"  # one file a submission, named after the job and its id


def submit(options: list[str], patience: float = PATIENCE, pause: float = PAUSE) -> int:
    """Exit code of ``sbatch``, whose words go to this program's streams.

    Args:
        options: of ``sbatch``, and the script.
        patience: how many seconds a controller may be away.
        pause: seconds between two attempts.
    """
    os.makedirs(LOGS, exist_ok=True)
    command = ["sbatch", "--parsable", f"--output={LOGS}/%x.%j.log", *options]
    end = time.monotonic() + patience
    while True:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        if AWAY not in asked.stderr or time.monotonic() >= end:
            sys.stdout.write(asked.stdout)
            sys.stderr.write(asked.stderr)
            return asked.returncode
        time.sleep(pause)


if __name__ == "__main__":
    sys.exit(submit(sys.argv[1:]))

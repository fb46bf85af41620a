"""A backend that this machine does not have is refused before the first job, not in it."""

import subprocess
import sys
from typing import Any

from scripts._origins import origin

TRAINING = {"train", "retrain", "shadows"}  # rules that compute with the backend


def refuse_missing_backend(workflow: Any, config: dict[str, Any]) -> None:
    """End the program if jobs that are about to run here train with CuPy, and CuPy cannot.

    A plan (dry run) may be made anywhere; on a cluster, or with conda, the jobs run in another place.

    Args:
        workflow: Snakemake's, once it knows its jobs (``onstart``).
        config: checked configuration.

    Raises:
        SystemExit: there is no usable GPU; the message is one sentence.
    """
    elsewhere = not workflow.local_exec or workflow.deployment_settings.deployment_method
    if config["backend"] != "cupy" or elsewhere:
        return
    if TRAINING.isdisjoint(job.rule.name for job in workflow.dag.needrun_jobs()):
        return
    obstacle = missing(config["backend"])
    if obstacle:
        raise SystemExit(f"error: {origin(['backend'], config)}, backend: {obstacle}")


def missing(backend: str) -> str:
    """What the library says against the backend, asked in a process of its own as a job would be."""
    code = (
        "from kkt_unlearning.backends import backend_namespace\n"
        "from kkt_unlearning.errors import BackendError\n"
        "try: backend_namespace({!r})\n"
        "except BackendError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code.format(backend)]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    return " ".join(asked.stdout.split())  # anything but a BackendError is left to the job to say

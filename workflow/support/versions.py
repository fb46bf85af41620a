"""Versions of the packages behind a result, looked up once a run instead of once a job.

The look-up takes longer than the work of a small job, so Snakemake's own process does it and hands the
answer down. A job in another environment (conda, the node of a cluster) looks for itself.
"""

import json
import os
import sys
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("numpy", "scipy", "cvxpy", "clarabel", "kkt-unlearning", "snakemake")

KNOWN = "KKT_UNLEARNING_VERSIONS"  # environment variable: the environment asked, and its answer


def versions() -> dict[str, str | None]:
    """Version of each of `PACKAGES` in this environment; None where it is not installed."""
    return {package: _version(package) for package in PACKAGES}


def announce_versions() -> None:
    """Let jobs know the versions of this environment."""
    os.environ[KNOWN] = json.dumps({"prefix": sys.prefix, "versions": versions()})


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

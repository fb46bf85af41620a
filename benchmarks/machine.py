"""What the measurements ran on."""

import os
import platform
from pathlib import Path

from kkt_unlearning.installed import installed

PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "cvxpy",
    "clarabel",
    "qpsolvers",
    "daqp",
    "piqp",
    "quadprog",
)


def describe() -> dict[str, str]:
    """Processor, cores, threads and package versions; no host name, no paths."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "threads": os.environ.get("OMP_NUM_THREADS", "unset"),
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
        "python": platform.python_version(),
        **{package: installed(package) or "not installed" for package in PACKAGES},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = (
        [line for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    return names[0].split(":", 1)[1].strip() if names else platform.machine()

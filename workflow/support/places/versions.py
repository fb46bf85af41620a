"""Versions of the packages behind a result, looked up once a run instead of once a job.

The look-up takes longer than the work of a small job, so Snakemake's own process does it and hands the
answer down. A job in another environment (conda, the node of a cluster) looks for itself.
"""

import json
import os
import platform
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version

# What computes a data set, trains and solves; a result of other versions is another result.
COMPUTING = (
    "numpy",
    "scipy",
    "cvxpy",
    "clarabel",
    "array-api-compat",
    "scikit-learn",
    "cupy-cuda12x",
    "sentence-transformers",
)
# What draws and writes, and what runs the jobs.
PRESENTING = ("matplotlib", "seaborn", "plotly", "pandas", "jinja2", "snakemake", "kkt-unlearning")

PACKAGES = (*COMPUTING, *PRESENTING)

KNOWN = "KKT_UNLEARNING_VERSIONS"  # environment variable: the environment asked, and its answer


def versions() -> dict[str, str | None]:
    """Version of Python and of each of `PACKAGES` in this environment; None where it is not installed."""
    return {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES}


def announce_versions() -> None:
    """Let jobs know the versions of this environment."""
    os.environ[KNOWN] = json.dumps({"prefix": sys.prefix, "versions": versions()})


@cache
def computing(*libraries: str) -> dict[str, str]:
    """Versions of what computes, with all that it needs in turn, of Python and of ``libraries``.

    A parameter of the rules whose results several clones share: other versions, another result.

    Args:
        libraries: packages by the name that is imported, whose texts are a data set.
    """
    distributions = packages_distributions() if libraries else {}
    named = [name for library in libraries for name in distributions.get(library, [])]
    found = {"python": platform.python_version()}
    pending = [*COMPUTING, *named]
    while pending:
        name = _normalised(pending.pop())
        number = _version(name)
        if name not in found and number is not None:
            found[name] = number
            pending.extend(_needed(name))
    return dict(sorted(found.items()))


def _needed(package: str) -> list[str]:
    """What a package declares that it needs, without its extras."""
    declared = [text for text in requires(package) or [] if "extra ==" not in text]
    return [re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in declared]


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

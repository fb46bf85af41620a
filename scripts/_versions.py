"""Versions of the packages behind a result.

To look them up takes longer than the work of a small job, so Snakemake's own process does it and hands the
answer down. A job in another environment (conda, the node of a cluster) looks for itself.
"""

import platform

from kkt_unlearning.installed import installed

# What a record names: what computes, what draws and writes, and what runs the jobs. Rules rest on all that
# their code imports: workflow/support/places/versions.py.
NAMED = (
    "numpy",
    "scipy",
    "cvxpy",
    "clarabel",
    "array-api-compat",
    "scikit-learn",
    "mlxtend",
    "cupy-cuda12x",
    "sentence-transformers",
    "matplotlib",
    "seaborn",
    "plotly",
    "pandas",
    "jinja2",
    "snakemake",
    "kkt-unlearning",
)


def versions() -> dict[str, str | None]:
    """Version of Python and of each package in this environment; None where it is not installed."""
    found = {"python": platform.python_version()}
    return found | {name: installed(name) for name in NAMED}

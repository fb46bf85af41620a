"""Sources of data, one per file, each a batch of replicates ``(S, m, d)`` with labels ±1."""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from kkt_unlearning.extensions import Registry

# The modules load only when asked for: a job on Gaussian data neither waits for scikit-learn nor
# depends on it.
_OWN = {
    "gaussian": "kkt_unlearning.datasets.gaussian",
    "equicorrelated": "kkt_unlearning.datasets.equicorrelated",
    "blocks": "kkt_unlearning.datasets.blocks",
    "mixture": "kkt_unlearning.datasets.mixture",
    "digits": "kkt_unlearning.datasets.digits",
    "mnist": "kkt_unlearning.datasets.mnist",
    "tabular": "kkt_unlearning.datasets.tabular",
    "docstrings": "kkt_unlearning.datasets.docstrings",
    "embeddings": "kkt_unlearning.datasets.embeddings",
    "openml": "kkt_unlearning.datasets.openml",
    "file": "kkt_unlearning.formats.replicated",  # of a floor above, and so only a name here
}


def _fits(found: Any) -> bool:
    return callable(getattr(found, "generate", None)) and isinstance(
        getattr(found, "OPTIONS", None), Mapping
    )


SOURCES = Registry(
    "datasets",
    "source",
    _OWN,
    "a module with a function generate and a mapping OPTIONS of the schemas of its keys",
    _fits,
)

_EXPORTS = {"Dataset": "dataset", "check_data": "dataset", "describe": "geometry"}
__all__ = ["SOURCES", "Dataset", "check_data", "describe", "source"]


def source(name: str) -> ModuleType:
    """Module of a source: it has ``generate``, the one of ``"file"`` has ``read_dataset``.

    Raises:
        DataError: no source has that name; the message lists those there are.
        ExtensionError: it is of another package, and cannot be used.
    """
    module: ModuleType = SOURCES.load(name)
    return module


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)

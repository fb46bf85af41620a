"""Provable unlearning by gradient ascent: training, exact KKT points, the ascent step, certificates.

Names are loaded when they are first used, so that importing one module of the library costs only that
module.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Certificate": "certificates.certificate",
    "Descent": "training",
    "KKTPoint": "kkt.point",
    "Linear": "networks.linear",
    "Problem": "problem",
    "TwoLayer": "networks.two_layer",
    "Unlearned": "unlearning.ascent",
    "UserError": "errors",
    "ascend": "unlearning.ascent",
    "certify": "certificates.certificate",
    "certify_all": "certificates.certificate",
    "certify_each": "certificates.each",
    "initialise": "studies.replicates",
    "kkt_point": "kkt.point",
    "kkt_points": "kkt.point",
    "kkt_residuals": "kkt.residuals",
    "span_coordinates": "training.span",
    "train": "training",
    "unlearn": "unlearning.ascent",
    "unlearn_all": "unlearning.ascent",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])

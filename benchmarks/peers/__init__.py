"""The contestants, one family a file, each written as a user of that tool would write it."""

from functools import cache
from importlib import import_module

LIBRARIES = ("torch", "cvxpy", "clarabel", "qpsolvers", "daqp", "piqp", "quadprog", "sklearn.svm")


@cache
def load() -> tuple[str, ...]:
    """Import every peer once, so that no measurement pays for an import; the missing ones."""
    missing = []
    for library in LIBRARIES:
        try:
            import_module(library)
        except ImportError:
            missing.append(library)
    if "torch" not in missing:
        _first_step()
    return tuple(missing)


def _first_step() -> None:
    """PyTorch loads a second or two of itself when the first optimiser makes its first step."""
    import torch

    W = torch.ones(2, requires_grad=True)
    W.sum().backward()
    torch.optim.SGD([W], lr=0.1).step()

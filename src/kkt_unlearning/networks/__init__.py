"""The two models of the paper, both 1-homogeneous in the weights that are trained.

Paper: Section 2 (setting); ``docs/theory.md``, section 1.
"""

from collections.abc import Callable

from kkt_unlearning.networks.linear import Linear
from kkt_unlearning.networks.two_layer import TwoLayer

__all__ = ["Linear", "TwoLayer", "build"]


def build(kind: str, width: int = 1) -> Linear | TwoLayer:
    """The network of a ``kind``: ``linear`` (the width is 1) or ``two_layer`` with ``width`` neurons.

    Raises:
        KeyError: an unknown kind.
    """
    kinds: dict[str, Callable[[], Linear | TwoLayer]] = {
        "linear": lambda: Linear(),
        "two_layer": lambda: TwoLayer(width),
    }
    return kinds[kind]()

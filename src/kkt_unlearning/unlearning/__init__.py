"""Unlearning methods, one a file."""

from kkt_unlearning.unlearning.ascent import Unlearned, ascend, unlearn

__all__ = ["Unlearned", "ascend", "unlearn"]

"""Unlearning methods, one a file."""

from kkt_unlearning.unlearning.ascent import Steps, Unlearned, ascend, unlearn, unlearn_all

__all__ = ["Steps", "Unlearned", "ascend", "unlearn", "unlearn_all"]

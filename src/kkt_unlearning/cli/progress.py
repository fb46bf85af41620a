"""What is being computed, on standard error."""

import sys
import time
from collections.abc import Callable

from kkt_unlearning.cli import streams

_PAUSE = 60.0  # seconds between the lines in a log


def progress(quiet: bool) -> Callable[[str], None] | None:
    """Lines ``[  1.2 s] exact KKT point``; where nobody watches a terminal, one a minute at most.

    So a log tells what takes long, and of what is done within a minute it says nothing.
    """
    if quiet:
        return None
    often = sys.stderr.isatty()
    start = last = time.monotonic()

    def report(line: str) -> None:
        nonlocal last
        now = time.monotonic()
        if often or now - last >= _PAUSE:
            last = now
            streams.say(f"[{now - start:7.1f} s] {line}")

    return report

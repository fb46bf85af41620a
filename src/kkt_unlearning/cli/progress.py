"""What is being computed, on standard error."""

import sys
import time
from collections.abc import Callable


def progress(quiet: bool) -> Callable[[str], None] | None:
    """Lines ``[  1.2 s] exact KKT point``; nothing where nobody watches a terminal."""
    if quiet or not sys.stderr.isatty():
        return None
    start = time.monotonic()

    def report(line: str) -> None:
        print(f"[{time.monotonic() - start:7.1f} s] {line}", file=sys.stderr, flush=True)

    return report

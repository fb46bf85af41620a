"""Run a silent command with a sign of life every few seconds: python workflow/alive.py COMMAND …

Any Python will do: the environment of the project may be what the command makes.
"""

import subprocess
import sys
import time

EVERY = 8.0  # seconds between two signs; nobody should wait for ten without one


def run(command: list[str], every: float = EVERY) -> int:
    """The exit status of the command, which has the terminal to itself but for the signs."""
    begun = time.monotonic()
    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait(every)
            except subprocess.TimeoutExpired:
                print(f"… {time.monotonic() - begun:.0f} s", flush=True)
            except KeyboardInterrupt:  # the command got it as well, and ends as it likes
                return process.wait() or 130


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))

"""Snakemake in processes of their own that find it loaded: loading it takes half the time of a dry run.

    python -m tests.snakemake_runs

loads Snakemake and what it loads, nothing of this project, and forks for every line of JSON that it reads.
"""

import atexit
import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from tests.limits import HANG

# Beside what ``snakemake.cli`` loads on its own, what it loads while it plans.
LOADED = ("snakemake.storage", "pandas", "requests", "nbformat", "smart_open", "jsonschema")


def snakemake(
    arguments: Sequence[str],
    folder: Path,
    variables: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """What ``python -m snakemake`` says and returns in a folder.

    Args:
        variables: of its environment, on top of the caller's without ``PYTHONPATH``. With one
            of that name, or with a ``prefix``, it is started from scratch.
        prefix: words before the command.
    """
    environment = _environment() | dict(variables or {})
    if not prefix and "PYTHONPATH" not in environment:
        return _forked(arguments, folder, environment)
    return subprocess.run(
        [*prefix, sys.executable, "-m", "snakemake", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


def _forked(
    arguments: Sequence[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as place:
        streams = [Path(place, name) for name in ("stdout", "stderr")]
        asked = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": environment,
            "streams": list(map(str, streams)),
        }
        server = _server()
        print(json.dumps(asked), file=server.stdin, flush=True)
        code = int(server.stdout.readline())
        said = (path.read_text(encoding="utf-8") for path in streams)
        return subprocess.CompletedProcess(["snakemake", *arguments], code, *said)


@cache
def _server() -> subprocess.Popen[str]:
    """The process that forks, one for each process that runs tests."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.snakemake_runs"],
        cwd=Path(__file__).parents[1],
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(server.communicate)  # ends it: there is nothing more to read
    return server


def _serve() -> None:
    """Fork for every line, and write the exit code of the process; it is the fork that returns."""
    import_module("snakemake.cli").get_argument_parser()  # looks for plugins
    for name in LOADED:
        import_module(name)
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(**json.loads(line))
            return
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.exit()


def _become(
    arguments: list[str], folder: str, environment: dict[str, str], streams: list[str]
) -> None:
    """All that a process is given when it starts."""
    for number, path in enumerate((os.devnull, *streams)):
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[0] = folder
    sys.argv = ["snakemake", *arguments]
    signal.alarm(HANG)


if __name__ == "__main__":
    _serve()
    runpy.run_module("snakemake", run_name="__main__", alter_sys=True)

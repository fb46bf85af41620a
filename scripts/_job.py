"""What scripts do around their own work: a log, errors in one sentence, provenance."""

import io
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TextIO

from _storage import StorageError, replacing

from kkt_unlearning.errors import BackendError, NotSeparableError, SolverError, UserError

PACKAGES = ("numpy", "scipy", "cvxpy", "clarabel", "kkt-unlearning", "snakemake")

# Backend and solver are chosen once for all experiments, wherever the job's own settings stand.
_SECTIONS = {BackendError: "backend", SolverError: "duals"}

Main = Callable[[Any], Mapping[str, Any] | None]


def job(main: Main, snakemake: Any) -> None:
    """Run ``main(snakemake)`` as the job of a rule.

    What ``main`` prints goes to the console and to the rule's log, a traceback to the log only. A
    mistake that a user can mend ends the job with one sentence and exit code 1; Snakemake then
    removes the job's outputs.

    Args:
        main: reads ``snakemake.input`` and ``snakemake.params``, writes ``snakemake.output``; may
            return facts for the provenance that only the run knows, such as ``{"backend":
            "numpy"}``.
        snakemake: the object that Snakemake hands to a script.
    """
    with _logged(snakemake.log) as log:
        try:
            _write_provenance(snakemake, main(snakemake) or {})
        except Exception as error:
            if not isinstance(error, UserError | StorageError):
                _append(log, traceback.format_exc())
            print(_sentence(error, snakemake, log), file=sys.stderr)
            sys.exit(1)


def _sentence(error: Exception, snakemake: Any, log: TextIO | None) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, StorageError):
        return f"error: {text}"
    if isinstance(error, UserError):
        section = _SECTIONS.get(type(error), snakemake.params.section)
        if isinstance(
            error, NotSeparableError
        ):  # whatever the job, it is the data that must change
            section = f"experiments.{snakemake.wildcards.experiment}.dataset"
        return f"error: {_origin(section, snakemake)}, {section}: {text}"
    where = f", traceback in {log.name}" if log else ""
    return f"error: {snakemake.rule} failed with {type(error).__name__}: {text}{where}"


def _origin(section: str, snakemake: Any) -> str:
    """File of the configuration that the section is from."""
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    from workflow.support.configuration import origin_of_section  # only an error needs it

    return origin_of_section(section, snakemake.config)


class _Tee(io.TextIOBase):
    """A stream of whole lines to the console, where jobs run side by side, and to a log."""

    def __init__(self, console: TextIO, log: TextIO) -> None:
        self._console, self._log, self._line = console, log, ""

    def write(self, text: str) -> int:
        *whole, self._line = (self._line + text).split("\n")
        if whole:
            self._emit("".join(f"{line}\n" for line in whole))
        return len(text)

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        if self._line:
            self._emit(f"{self._line}\n")
            self._line = ""
        super().close()

    def _emit(self, text: str) -> None:
        _append(self._log, text)
        self._console.write(text)
        self._console.flush()


@contextmanager
def _logged(paths: Any) -> Iterator[TextIO | None]:
    """Send both streams to the console and to the log, if there is one and the disk has room."""
    try:
        log = _open(paths[0]) if paths else None
    except OSError:
        log = None
    if log is None:
        yield None
        return
    tee = _Tee(sys.stderr, log)
    try:
        with tee, redirect_stdout(tee), redirect_stderr(tee):
            yield log
    finally:
        with suppress(OSError):  # a full disk must not hide the sentence that says so
            log.close()


def _open(path: str) -> TextIO:
    return open(path, "w", encoding="utf-8", buffering=1)  # line by line, to be read meanwhile


def _append(log: TextIO | None, text: str) -> None:
    if log is not None:
        with suppress(OSError):
            log.write(text)


def _write_provenance(snakemake: Any, facts: Mapping[str, Any]) -> None:
    path = snakemake.output.get("provenance")
    if path is None:
        return
    content = json.dumps(_provenance(snakemake, facts), indent=2, sort_keys=True) + "\n"
    with replacing(path) as temporary:
        temporary.write_text(content, encoding="utf-8")


def _provenance(snakemake: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Where a result is from; without time, host or folder the same run gives the same file."""
    params = snakemake.params
    return {
        "rule": snakemake.rule,
        "wildcards": dict(snakemake.wildcards.items()),
        "section": params.section,
        "settings": params.settings,
        "seed": params.get("seed"),
        "backend": params.get("backend", "numpy"),
        "dtype": "float64",
        "code": params.code,
        "versions": {package: _version(package) for package in PACKAGES},
        **facts,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

"""What scripts do around their own work: a log, errors in one sentence, provenance.

A small job takes less time than some imports: what only an error or an odd environment needs is loaded
there and then.
"""

import gc
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import partial
from typing import Any, TextIO

from _claims import Claim, claimed
from _errors import in_folder, printable
from _hashes import basis, named, sealed
from _storage import StorageError, replacing

from kkt_unlearning.errors import BackendError, NotSeparableError, SolverError, UserError

# Imports make many objects and no garbage. Looking for some after every 700 objects takes a third of the time
# that a figure's libraries take to load.
gc.set_threshold(100_000)

# Ctrl-C reaches every job of a run. While libraries load it ends one as a signal does, without a traceback.
if hasattr(sys.modules["__main__"], "snakemake"):
    signal.signal(signal.SIGINT, signal.SIG_DFL)

_INTERRUPTED = 130

# Backend and solver are chosen once for all experiments, wherever the job's own settings stand.
_SECTIONS: dict[type[Exception], str] = {BackendError: "backend", SolverError: "duals"}

# What NumPy says, as a ValueError, of an array that would need more bytes than there are addresses.
_NO_ADDRESS = ("array is too big", "Maximum allowed dimension exceeded", "iterator is too large")

Main = Callable[[Any], Mapping[str, Any] | None]


def job(main: Main, snakemake: Any) -> None:
    """Run ``main(snakemake)`` as the job of a rule.

    What ``main`` prints goes to the console and to the rule's log, a traceback and how long it took
    to the log only: two equal runs differ in nothing else. A mistake that a user can mend ends the
    job with one sentence and exit code 1; Snakemake then removes the job's outputs.

    Args:
        main: reads ``snakemake.input`` and ``snakemake.params``, writes ``snakemake.output``; may
            return facts for the provenance that only the run knows, such as ``{"backend":
            "numpy"}``.
        snakemake: the object that Snakemake hands to a script.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what is half written is removed
    folder = snakemake.params.get("folder", "")
    if folder:
        _enter(folder, snakemake)
    gc.freeze()  # the end of the process looks for garbage as well, but not among these
    with _logged(snakemake.log) as log:
        try:
            _run(main, snakemake, log)
        except KeyboardInterrupt:
            sys.exit(_INTERRUPTED)
        except Exception as error:
            if not isinstance(error, UserError | StorageError):
                _append(log, _traceback())
            print(in_folder(_sentence(error, snakemake, log), folder), file=sys.stderr)
            sys.exit(1)


def _enter(folder: str, snakemake: Any) -> None:
    """Work where the results of a module lie: job and record are those of a run that was started there."""
    for name in ("input", "output", "log"):
        paths = getattr(snakemake, name)
        seen = partial(os.path.relpath, start=folder)
        setattr(snakemake, name, type(paths)(toclone=paths, custom_map=seen))
    os.chdir(folder)


def _run(main: Main, snakemake: Any, log: TextIO | None) -> None:
    """The work, while the outputs are this job's own, and the record of it."""
    provenance = snakemake.output.get("provenance")
    if provenance is None:
        _timed(main, snakemake, log)
        return
    outputs = [path for _, path in snakemake.output.items()]
    with claimed(provenance, outputs, snakemake.params.get("asks")) as claim:
        facts = _timed(main, snakemake, log) or {}
        with replacing(provenance) as temporary:
            temporary.write_text(sealed(_provenance(snakemake, facts, claim)), encoding="utf-8")


def _timed(main: Main, snakemake: Any, log: TextIO | None) -> Mapping[str, Any] | None:
    """Run ``main``; the last line of the log says how long it took, and what starting it had cost.

    The start (interpreter, Snakemake's preamble, imports) is processor time, the only clock that a
    process finds running; the computing is time on the wall.
    """
    started, begun = time.process_time(), time.perf_counter()
    facts = main(snakemake)
    seconds = time.perf_counter() - begun
    _append(log, f"{snakemake.rule}: start {started:.4f} s, computing {seconds:.4f} s\n")
    return facts


def _sentence(error: Exception, snakemake: Any, log: TextIO | None) -> str:
    text = printable(" ".join(str(error).split()))  # names of others may have what a terminal obeys
    if isinstance(error, StorageError):
        return f"error: {text}"
    if isinstance(error, FileNotFoundError) and str(error.filename) in map(str, snakemake.input):
        return f"error: {printable(error.filename)} is gone, which was there when the run began: put it back."
    too_large = _is_too_large(error)
    if too_large:
        asked = text if isinstance(error, MemoryError) else "an array beyond all addresses"
        text = f"the memory of this machine does not suffice ({asked}): make the numbers in it smaller."
    if isinstance(error, UserError) or too_large:
        section = _SECTIONS.get(type(error), snakemake.params.section)
        if isinstance(
            error, NotSeparableError
        ):  # whatever the job, it is the data that must change
            section = f"experiments.{snakemake.wildcards.experiment}.dataset"
        from _origins import origin

        return f"error: {origin(section.split('.'), snakemake.config)}, {section}: {text}"
    where = f", traceback in {log.name}" if log else ""
    return f"error: {snakemake.rule} failed with {type(error).__name__}: {text}{where}"


def _is_too_large(error: Exception) -> bool:
    """Whether it is an absurd size, which only the machine can tell from a large one."""
    return isinstance(error, MemoryError) or (
        isinstance(error, ValueError) and str(error).startswith(_NO_ADDRESS)
    )


def _traceback() -> str:
    import traceback

    return traceback.format_exc()


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


def _provenance(snakemake: Any, facts: Mapping[str, Any], claim: Claim) -> dict[str, Any]:
    """Where a result is from; without time, host or folder the same run gives the same file."""
    params, provenance = snakemake.params, snakemake.output.provenance
    return {
        "rule": params.rule,
        "wildcards": dict(snakemake.wildcards.items()),
        "section": params.section,
        "settings": params.settings,
        "seed": params.get("seed"),
        "backend": params.get("backend", "numpy"),
        "dtype": "float64",
        "code": params.code,
        "packages": params.get("packages"),
        "basis": basis(params.get("asks", {})),
        "versions": _versions(),
        "inputs": claim.read,
        "outputs": {named(path, provenance): digest for path, digest in claim.written.items()},
        **facts,
    }


def _versions() -> dict[str, str | None]:
    """Versions that Snakemake's process found, if this one has the same environment; else its own."""
    known = json.loads(os.environ.get("KKT_UNLEARNING_VERSIONS", "{}"))
    if known.get("prefix") == sys.prefix:
        found: dict[str, str | None] = known["versions"]
        return found
    from _versions import versions

    return versions()

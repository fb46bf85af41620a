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
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import partial
from typing import Any, TextIO

from _claims import Claim, claimed
from _errors import in_folder, printable
from _hashes import RECORDS, basis, named, sealed
from _storage import StorageError, write_text

from kkt_unlearning.errors import BackendError, NotSeparableError, SolverError, UserError

# Imports make many objects and no garbage. Looking for some after every 700 objects takes a third of the time
# that a figure's libraries take to load.
gc.set_threshold(100_000)

# Ctrl-C reaches every job of a run. While libraries load it ends one as a signal does, without a traceback.
if hasattr(sys.modules["__main__"], "snakemake"):
    signal.signal(signal.SIGINT, signal.SIG_DFL)

# Backend and solver are chosen once for all experiments, wherever the job's own settings stand; and where the
# data do not separate, it is they that must change, whatever the job.
_SECTIONS: dict[type[Exception], str] = {
    BackendError: "backend",
    SolverError: "duals",
    NotSeparableError: "experiments.{experiment}.dataset",
}

# What NumPy says, as a ValueError, of an array that would need more bytes than there are addresses.
_NO_ADDRESS = ("array is too big", "Maximum allowed dimension exceeded", "iterator is too large")

Main = Callable[[Any], Mapping[str, Any] | None]


class _Tee(io.TextIOBase):
    """A stream of whole lines to the console, where jobs run side by side, and to the log.

    Args:
        console: where people look.
        log: path of the log, if there is one; it is left out where the disk has no room.
    """

    def __init__(self, console: TextIO, log: Sequence[str]) -> None:
        self._console, self._line, self.name = console, "", ""
        self._log: TextIO = io.StringIO()
        with suppress(OSError, IndexError):  # line by line, to be read meanwhile
            self._log = open(log[0], "w", encoding="utf-8", buffering=1)  # noqa: SIM115
            self.name = log[0]

    def write(self, text: str) -> int:
        *whole, self._line = (self._line + text).split("\n")
        for line in whole:
            self.note(f"{line}\n")
            self._console.write(f"{line}\n")
        return len(text)

    def note(self, text: str) -> None:
        """Write to the log alone; a full disk must not hide the sentence that says so."""
        with suppress(OSError):
            self._log.write(text)

    def close(self) -> None:
        if self._line:
            self.write("\n")
        with suppress(OSError):
            self._log.close()
        super().close()


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
    with _Tee(sys.stderr, snakemake.log) as tee, redirect_stdout(tee), redirect_stderr(tee):
        try:
            _run(main, snakemake, tee)
        except KeyboardInterrupt:
            sys.exit(130)
        except Exception as error:
            if not isinstance(error, UserError | StorageError):
                import traceback

                tee.note(traceback.format_exc())
            print(in_folder(_sentence(error, snakemake, tee.name), folder))
            sys.exit(1)


def results_among(inputs: Any) -> dict[str, Any]:
    """Inputs of a job that it reads, by name: all but the records that a storage has to bring with them."""
    return {name: paths for name, paths in inputs.items() if name != RECORDS}


def _enter(folder: str, snakemake: Any) -> None:
    """Work where the results of a module lie: job and record are those of a run that was started there."""
    for name in ("input", "output", "log"):
        paths = getattr(snakemake, name)
        seen = partial(os.path.relpath, start=folder)
        setattr(snakemake, name, type(paths)(toclone=paths, custom_map=seen))
    os.chdir(folder)


def _run(main: Main, snakemake: Any, tee: _Tee) -> None:
    """The work, while the outputs are this job's own, and the record of it.

    The last line of the log says how long the work took, and what starting it had cost. The start
    (interpreter, Snakemake's preamble, imports) is processor time, the only clock that a process finds
    running; the computing is time on the wall.
    """
    output = dict(snakemake.output.items())
    started, begun = time.process_time(), time.perf_counter()
    with claimed(output["provenance"], output.values(), snakemake.params.get("asks")) as claim:
        facts = main(snakemake) or {}
        seconds = time.perf_counter() - begun
        write_text(output["provenance"], sealed(_provenance(snakemake, facts, claim)))
    tee.note(f"{snakemake.rule}: start {started:.4f} s, computing {seconds:.4f} s\n")


def _sentence(error: Exception, snakemake: Any, log: str) -> str:
    text = printable(" ".join(str(error).split()))  # names of others may have what a terminal obeys
    if isinstance(error, StorageError):
        return f"error: {text}"
    if isinstance(error, FileNotFoundError) and str(error.filename) in map(str, snakemake.input):
        return f"error: {printable(error.filename)} is gone, which was there when the run began: put it back."
    # an absurd size, which only the machine can tell from a large one
    no_address = isinstance(error, ValueError) and str(error).startswith(_NO_ADDRESS)
    too_large = isinstance(error, MemoryError) or no_address
    if too_large:
        asked = text if isinstance(error, MemoryError) else "an array beyond all addresses"
        text = f"the memory of this machine does not suffice ({asked}): make the numbers in it smaller."
    if isinstance(error, UserError) or too_large:
        section = _SECTIONS.get(type(error), snakemake.params.section)
        section = section.format(**dict(snakemake.wildcards.items()))
        from _origins import origin

        return f"error: {origin(section.split('.'), snakemake.config)}, {section}: {text}"
    where = f", traceback in {log}" if log else ""
    return f"error: {snakemake.rule} failed with {type(error).__name__}: {text}{where}"


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

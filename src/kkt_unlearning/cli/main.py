"""The command ``kkt-unlearning``."""

import json
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from kkt_unlearning.cli import streams
from kkt_unlearning.cli.arguments import parser
from kkt_unlearning.cli.progress import progress
from kkt_unlearning.cli.status import DONE, FAULT, INTERRUPTED, UNUSABLE
from kkt_unlearning.errors import UserError

_MEMORY = "the network and data need more memory than there is; use fewer samples or neurons."
_FAULT = (
    "this is a fault of the program and no verdict: please report it, with the lines above and what "
    "kkt-unlearning --version --json prints."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb, print what it found, write its files; the exit status is as ``--help`` says.

    A status of 2 or more says that nothing was written.
    """
    streams.prepare()
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = " ".join(["kkt-unlearning", *words[:1]])
    try:
        with _ended_by_sigterm():
            return _run(words)
    except UserError as error:
        streams.say(f"{name}: error: {error}")
        return UNUSABLE
    except MemoryError:
        streams.say(f"{name}: error: {_MEMORY}")
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        streams.say(f"{traceback.format_exc()}{name}: error: {_FAULT}")
        return FAULT


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM is an exception, which leaves no file half written."""

    def stopped(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    if threading.current_thread() is not threading.main_thread():  # handlers are the main thread's
        yield
        return
    before = signal.signal(signal.SIGTERM, stopped)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(words: list[str]) -> int:
    if sorted(words) == ["--json", "--version"]:
        from kkt_unlearning.cli.versions import versions

        streams.answer(f"{json.dumps(versions(), indent=2)}\n")
        return DONE
    asked = parser().parse_args(words)
    from kkt_unlearning.cli import files, verbs  # what --help does not wait for

    found = getattr(verbs, asked.verb)(asked, progress(asked.quiet))
    with files.written(found.new):
        streams.answer(f"{json.dumps(found.record) if asked.json else found.page}\n")
    return found.status

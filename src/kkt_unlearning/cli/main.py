"""The command ``kkt-unlearning``."""

import json
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

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
        with _handled(signal.SIGTERM, _stopped):  # an exception, which leaves no file half written
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


def _stopped(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


@contextmanager
def _handled(number: int, handler: Any) -> Iterator[None]:
    """What a signal does within this block, unless nobody handles it here, or it is to be ignored."""
    elsewhere = threading.current_thread() is not threading.main_thread()
    if elsewhere or signal.getsignal(number) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def _run(words: list[str]) -> int:
    if sorted(words) == ["--json", "--version"]:
        from kkt_unlearning.cli.versions import versions

        streams.answer(f"{json.dumps(versions(), indent=2)}\n")
        return DONE
    asked = parser().parse_args(words)
    # What --help does not wait for. Libraries that are interrupted as they load say that they are broken.
    with _handled(signal.SIGINT, signal.SIG_DFL):
        from kkt_unlearning.cli import files, verbs

    found = getattr(verbs, asked.verb)(asked, progress(asked.quiet))
    with files.written(found.new):
        streams.answer(f"{json.dumps(found.record) if asked.json else found.page}\n")
    return found.status

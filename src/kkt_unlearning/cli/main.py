"""The command ``kkt-unlearning``."""

import json
import os
import sys
from collections.abc import Sequence

from kkt_unlearning.cli.arguments import parser
from kkt_unlearning.cli.progress import progress
from kkt_unlearning.errors import UserError

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and print what it found; the exit status is 0, 1 or 2 (see ``--help``)."""
    asked = parser().parse_args(arguments)
    from kkt_unlearning.cli import verbs  # what --help does not wait for

    try:
        answer = getattr(verbs, asked.verb)(asked, progress(asked.quiet))
    except UserError as error:
        print(f"kkt-unlearning {asked.verb}: error: {error}", file=sys.stderr)
        return verbs.UNUSABLE
    except MemoryError:
        print(
            f"kkt-unlearning {asked.verb}: error: the network and data need more memory than there is; use "
            "fewer samples or neurons.",
            file=sys.stderr,
        )
        return verbs.UNUSABLE
    except KeyboardInterrupt:
        return _INTERRUPTED
    text = json.dumps(answer.record, ensure_ascii=False) if asked.json else answer.page
    return answer.status if _printed(text, asked.verb) else verbs.UNUSABLE


def _printed(text: str, verb: str) -> bool:
    """Whether the answer went out; a reader who has seen enough of it is no error."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        _discard_output()
        print(
            f"kkt-unlearning {verb}: error: the answer cannot be printed ({error.strerror}): send it where "
            "there is room.",
            file=sys.stderr,
        )
        return False
    return True


def _discard_output() -> None:
    """What is left in the buffer would be tried again as Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

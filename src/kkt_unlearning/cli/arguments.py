"""What can be asked for on the command line."""

import argparse
import math
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import kkt_unlearning
from kkt_unlearning.cli import streams
from kkt_unlearning.cli.status import UNUSABLE
from kkt_unlearning.errors import one_line

_RANGE = re.compile(r"(\d+)(?:-(\d+))?", re.ASCII)
_DIGITS = 9  # of a row: more would be more samples than any memory holds
_MOST = 10**6  # forgotten samples; a longer list is a slip of the hand
_SHOWN = 40  # characters of a word that a sentence repeats
LARGEST_STEP = 1e6  # what the library allows, without waiting for it here

_WEIGHTS = "the trained network: .npz (W and u, or w), .safetensors or .pt"
_EPILOGUE = (
    "Exit status: 0 done; 1 no certificate keeps the limits; 2 the input cannot be used, or the answer "
    "cannot be printed or written; 3 a fault of this program. With 2 and 3 nothing is written. "
    "docs/formats.md describes the files, docs/notation.md the symbols."
)
_RELATIVE = (
    "An option that is left out sets no limit. --max-delta limits relative δ, which is δ over the mean "
    "multiplier of a KKT point of the same norm. It has no unit, so the units of the features do not "
    "change the verdict. δ itself, printed beside it, has the unit of the multipliers."
)


class _Once(argparse.Action):
    """What is named twice is refused: one of the two would count, and nobody says which."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        named: set[str] = namespace.__dict__.setdefault("named", set())
        if self.dest in named:
            raise argparse.ArgumentError(self, "it is there twice: name it once")
        named.add(self.dest)
        setattr(namespace, self.dest, values)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong on one line, as every other error is said, and leaves the usage to ``--help``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.register("action", None, _Once)  # of every option that takes a value

    def error(self, message: str) -> NoReturn:
        self.exit(UNUSABLE, f"{self.prog}: error: {one_line(message)}; see {self.prog} --help\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        if file is sys.stdout:
            streams.answer(message)
        else:
            streams.say(message.rstrip("\n"))


def parser() -> argparse.ArgumentParser:
    """The parser of the four verbs."""
    top = _Parser(
        prog="kkt-unlearning",
        description="Audit a trained linear model or two-layer ReLU network: measure how near it is to a "
        "KKT point of the max-margin problem, unlearn samples by gradient ascent, and certify the result.",
        epilog=_EPILOGUE,
    )
    top.add_argument(
        "--version",
        action="version",
        version=kkt_unlearning.__version__,
        help="print the version; with --json also those of Python, the system and the packages",
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="{kkt,each,unlearn,certify}")
    _kkt(
        verbs.add_parser(
            "kkt", help="how near the network is to a KKT point: residuals, multipliers"
        )
    )
    _each(verbs.add_parser("each", help="the price of forgetting each sample alone"))
    _unlearn(verbs.add_parser("unlearn", help="the ascent step that forgets samples"))
    _certify(verbs.add_parser("certify", help="the (ε, δ, τ) certificate of an unlearned network"))
    return top


def _kkt(verb: argparse.ArgumentParser) -> None:
    verb.description = (
        "Print how near the trained network is to a KKT point: the KKT residuals with 0/1 derivatives and "
        "with Clarke derivatives (free in [0, 1] where a pre-activation is 0), the multipliers by four "
        "methods, the exact KKT point nearby, and how nearly orthogonal the data are."
    )
    _common(verb, _WEIGHTS)
    verb.add_argument(
        "--loss",
        choices=("exponential", "logistic"),
        default="exponential",
        help="loss for the multipliers that are estimated from loss gradients (default: %(default)s)",
    )
    _all(verb)


def _each(verb: argparse.ArgumentParser) -> None:
    verb.description = (
        "Print the certificate (ε, δ, τ) of forgetting each sample alone, the cheapest first. The price of "
        "a sample is the largest of its ε, relative δ and τ. Forgetting a sample whose multiplier is 0 "
        "changes nothing."
    )
    _common(verb, _WEIGHTS)
    _step(verb)
    verb.set_defaults(start="trained", step=1.0)
    _limits(verb, "if no sample with a multiplier above 0")
    verb.add_argument("--table", metavar="T.csv", help="write all samples to a CSV file")
    _all(verb)
    verb.epilog = f"{_RELATIVE} {_EPILOGUE}"


def _unlearn(verb: argparse.ArgumentParser) -> None:
    verb.description = (
        "Take the ascent step θ' = θ − α Σ λ_r y_r g_r over the samples r to forget, and write the network "
        "that --method names. α is --step, λ are the multipliers of the exact KKT point, and g the gradients "
        "of the output."
    )
    _common(verb, _WEIGHTS)
    _forget(verb)
    verb.add_argument(
        "--out", required=True, metavar="U.npz", help="file to write the unlearned network to"
    )
    _step(verb)
    verb.add_argument(
        "--allow-idle",
        action="store_true",
        help="take the step even if it changes nothing, or forgets every sample that the network rests "
        "on",
    )
    which = verb.add_mutually_exclusive_group()
    which.add_argument(
        "--method",
        choices=("step", "restored", "downdate"),
        default="step",
        help="the network to write. step: θ'; restored: θ' put back into its activation cell; downdate: "
        "the exact KKT point of the retained samples next to the network before the step "
        "(default: %(default)s)",
    )
    which.add_argument(
        "--restore",
        dest="method",
        action="store_const",
        const="restored",
        help="short for --method restored",
    )
    verb.set_defaults(start="trained", step=1.0)


def _certify(verb: argparse.ArgumentParser) -> None:
    verb.description = (
        "Print the certificates of an unlearned network: which (ε, δ)-approximate KKT points of the "
        "retained samples lie within τ (1 − cosine) of it. Bounds need the network before the step, from "
        "an .npz of unlearn or from --before."
    )
    _common(verb, "the unlearned network, in the same formats")
    _forget(verb)
    _limits(verb, "if no certificate")
    verb.add_argument(
        "--before",
        metavar="W.npz",
        help="the network before the step; not needed for an .npz of unlearn --method step",
    )
    _step(
        verb,
        "by default as the file of the unlearned network says, otherwise ",
        "with --before, ",
    )
    verb.add_argument("--plot", metavar="P.png", help="draw ε over the allowed δ and τ")
    verb.epilog = f"{_RELATIVE} {_EPILOGUE}"


def _limits(verb: argparse.ArgumentParser, missed: str) -> None:
    for name, symbol in (("epsilon", "ε"), ("delta", "relative δ"), ("tau", "τ")):
        verb.add_argument(
            f"--max-{name}",
            type=_number(math.inf),
            metavar="NUMBER",
            help=f"limit on {symbol}: exit with status 1 {missed} keeps all limits",
        )


def _all(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--all", action="store_true", help="list every sample, not the first 20")


def _common(verb: argparse.ArgumentParser, weights: str) -> None:
    verb.epilog = _EPILOGUE
    verb.add_argument(
        "--data",
        required=True,
        metavar="D.npz",
        help="the training data with labels ±1: .npz (X and y), .csv or .parquet",
    )
    verb.add_argument("--weights", required=True, metavar="W.npz", help=weights)
    verb.add_argument(
        "--label",
        default="y",
        metavar="NAME",
        help="column of the labels in a .csv or .parquet (default: y)",
    )
    verb.add_argument(
        "--outputs",
        choices=("fixed", "trained"),
        help="whether the output weights were held fixed in training, as in the theory, or trained as well "
        "(default: as the file says, otherwise fixed)",
    )
    verb.add_argument("--json", action="store_true", help="print one JSON object, not a table")
    verb.add_argument("--quiet", action="store_true", help="show no progress on standard error")


def _forget(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--forget",
        required=True,
        action="extend",
        type=indices,
        metavar="ROWS",
        help="rows of the data to forget, counted from 0, such as 3,17 or 3,20-29; may be given several "
        "times",
    )


def _step(verb: argparse.ArgumentParser, by_default: str = "by default ", only: str = "") -> None:
    verb.add_argument(
        "--from",
        dest="start",
        choices=("trained", "exact"),
        help=f"{only}start of the step: the trained weights, or the exact KKT point that they lead to "
        f"({by_default}trained)",
    )
    verb.add_argument(
        "--step",
        type=_number(LARGEST_STEP),
        metavar="NUMBER",
        help=f"{only}step size; 1 is the prescribed one ({by_default}1)",
    )


def indices(text: str) -> list[int]:
    """``3,20-29`` as rows in the order given."""
    if not text.strip():
        raise argparse.ArgumentTypeError(
            "there is no row: allowed are one or more, such as 3,17 or 3,20-29"
        )
    rows: list[int] = []
    for part in text.split(","):
        match, shown = _RANGE.fullmatch(part.strip()), repr(part[:_SHOWN])
        if match is None:
            raise argparse.ArgumentTypeError(
                f"{shown} is no row: allowed are whole numbers from 0 and ranges such as 20-29, separated "
                "by commas"
            )
        if max(len(match[1]), len(match[2] or "")) > _DIGITS:
            raise argparse.ArgumentTypeError(
                f"{shown}: allowed are rows from 0 to {10**_DIGITS - 1}, at most {_MOST} of them"
            )
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last < first + _MOST - len(rows):
            raise argparse.ArgumentTypeError(
                f"{shown}: allowed are ranges upwards of at most {_MOST} rows in all"
            )
        rows.extend(range(first, last + 1))
    return rows


def _number(most: float) -> Callable[[str], float]:
    allowed = "finite numbers >= 0" if math.isinf(most) else f"numbers from 0 to {most:g}"

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (0 <= value <= most and math.isfinite(value)):
            raise argparse.ArgumentTypeError(f"{text[:_SHOWN]!r}: allowed are {allowed}")
        return value

    return number

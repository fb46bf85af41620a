"""The four verbs on files: what is printed, what is written, and the exit status."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace

from kkt_unlearning import audit
from kkt_unlearning.audit.step import Step
from kkt_unlearning.cli import files, printed, records
from kkt_unlearning.cli.picture import picture
from kkt_unlearning.cli.status import DONE, WORSE
from kkt_unlearning.errors import DataError, UserError, bracketed, one_line
from kkt_unlearning.formats import Data, ModelFile, read_data, read_model, write_model
from kkt_unlearning.formats.model_file import KINDS
from kkt_unlearning.formats.opening import kind_of

Report = Callable[[str], None] | None


@dataclass(frozen=True)
class Answer:
    """What a verb found: ``record`` for a program, ``page`` for a reader, the exit status, files to write."""

    record: dict[str, object]
    page: str
    status: int = DONE
    new: tuple[files.New, ...] = ()


def kkt(asked: argparse.Namespace, report: Report) -> Answer:
    """How near the network is to a KKT point."""
    data, found = _inputs(asked)
    try:
        nearness = audit.kkt(found.model, data.X, data.y, loss=asked.loss, report=report)
    except UserError:  # of samples that the network was to forget, perhaps
        _check_first(asked, found, "certify it, or look at the network before it")
        raise
    shown = len(data.y) if asked.all else printed.SHOWN
    return Answer(
        records.nearness(found.model, nearness),
        printed.nearness(found.model, data.y, nearness, shown),
    )


def each(asked: argparse.Namespace, report: Report) -> Answer:
    """The certificate of forgetting each sample alone, and how many keep what was asked for."""
    if asked.table is not None and not asked.table.endswith(".csv"):
        raise DataError(
            f"--table {asked.table}: allowed is a name that ends in .csv; name such a file."
        )
    data, network = _inputs(asked)
    _check_first(asked, network, "look at the network before it")
    found = audit.each(
        network.model, data.X, data.y, start=asked.start, fraction=asked.step, report=report
    )
    new: tuple[files.New, ...] = ()
    if asked.table is not None:
        content = records.csv_table(records.each_columns(data.y, found))
        new = (files.New(asked.table, content, (asked.data, asked.weights)),)
    limits, shown = _limits(asked), len(data.y) if asked.all else printed.SHOWN
    return Answer(
        records.each(network.model, data.y, found, limits),
        printed.each(network.model, data.y, found, limits, shown, asked.table),
        DONE if limits is None or len(found.within(limits)) else WORSE,
        new,
    )


def unlearn(asked: argparse.Namespace, report: Report) -> Answer:
    """The ascent step, or what a method makes of it; the network after it goes to ``--out``."""
    kind = kind_of(asked.out, KINDS)  # before anything is computed
    data, found = _inputs(asked)
    remedy = f"forget them and {bracketed(asked.forget)} in one step, from the network before it"
    _check_first(asked, found, remedy)
    forgotten = audit.unlearn(
        found.model,
        data.X,
        data.y,
        asked.forget,
        start=asked.start,
        fraction=asked.step,
        allow_idle=asked.allow_idle,
        method=asked.method,
        report=report,
    )
    removal = forgotten.removal if kind == ".npz" else None
    content = write_model(forgotten.model, asked.out, removal)
    return Answer(
        records.forgotten(forgotten, asked.out),
        printed.forgotten(forgotten, asked.out),
        new=(files.New(asked.out, content, (asked.data, asked.weights)),),
    )


def certify(asked: argparse.Namespace, report: Report) -> Answer:
    """The certificates, and whether one of them is as good as was asked for."""
    if asked.plot is not None and not asked.plot.endswith(".png"):
        raise DataError(
            f"--plot {asked.plot}: allowed is a name that ends in .png; name such a file."
        )
    data, found = _inputs(asked)
    step = _step(asked, found, data)
    certificates = audit.certify(
        found.model,
        data.X,
        data.y,
        asked.forget,
        step=step,
        relative_delta=asked.max_delta,
        report=report,
    )
    limits = _limits(asked)
    new: tuple[files.New, ...] = ()
    if asked.plot is not None:
        content = picture(certificates, found.model.trained_outputs, report)
        besides = [asked.data, asked.weights, *([asked.before] if asked.before else [])]
        new = (files.New(asked.plot, content, tuple(besides)),)
    return Answer(
        records.certification(certificates, asked.forget, limits),
        printed.certification(certificates, asked.forget, len(data.y), limits, asked.plot),
        DONE if limits is None or certificates.meeting(limits) else WORSE,
        new,
    )


def _check_first(asked: argparse.Namespace, found: ModelFile, remedy: str) -> None:
    """A second step has to start where the first did: its multipliers are of all samples."""
    if found.removal is not None:
        gone = bracketed(sorted(found.removal.forget))
        raise DataError(f"{one_line(asked.weights)} has forgotten {gone} already: {remedy}.")


def _limits(asked: argparse.Namespace) -> audit.Limits | None:
    given = {"epsilon": asked.max_epsilon, "relative_delta": asked.max_delta, "tau": asked.max_tau}
    given = {name: value for name, value in given.items() if value is not None}
    return audit.Limits(**given) if given else None


def _inputs(asked: argparse.Namespace) -> tuple[Data, ModelFile]:
    data = files.read(asked.data, lambda file, name: read_data(file, name, asked.label))
    return data, _network(asked, asked.weights)


def _network(asked: argparse.Namespace, path: str) -> ModelFile:
    found = files.read(path, read_model)
    if asked.outputs is None or asked.outputs == found.model.outputs:
        return found
    if found.removal is not None:
        raise DataError(
            f"--outputs {asked.outputs}: {one_line(path)} says that they were {found.model.outputs} when it "
            "was unlearned; leave the option out."
        )
    if found.logits == 2:
        raise DataError(
            f"--outputs {asked.outputs}: {one_line(path)} has two outputs, and their difference is a network "
            "of the class only where their weights were held fixed; train with one output."
        )
    return replace(found, model=replace(found.model, outputs=asked.outputs))


def _step(asked: argparse.Namespace, found: ModelFile, data: Data) -> Step | None:
    """The one that ``--before`` names, else the one whose removal the file of the unlearned network holds."""
    given = {"start": asked.start, "fraction": asked.step}
    given = {name: value for name, value in given.items() if value is not None}
    if asked.before is not None:
        before = replace(_network(asked, asked.before).model, outputs=found.model.outputs)
        known = found.removal
        kept = {} if known is None else {"start": known.start, "fraction": known.fraction}
        return Step(before, tuple(asked.forget), **{**kept, **given})
    if given:
        raise DataError(
            "--from and --step are of the step from --before, which is not given: name the network before "
            "the step, or leave them out."
        )
    return None if found.removal is None else found.removal.step(found.model, data.X)

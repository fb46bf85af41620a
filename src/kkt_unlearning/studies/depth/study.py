"""Networks of more than two layers."""

from collections.abc import Mapping
from typing import Any, NoReturn

from kkt_unlearning.studies.options import FRACTIONS, options
from kkt_unlearning.studies.study import Drawn, Fail, Measure, Section, Study

OPTIONS = options(
    "The prescribed step of homogeneous networks of any depth, and fractions of it.",
    fractions=FRACTIONS,
)


def check_networks(experiment: Mapping[str, Any], config: Mapping[str, Any], fail: Fail) -> None:
    """Networks of kind deep are measured by ``depth`` alone, which measures no others."""
    others = [name for name in experiment["measures"] if name != "depth"]
    measured = "depth" in experiment["measures"]
    if measured and others:
        fail(
            "measures",
            text=f"depth stands beside {others[0]}, but its networks are of another kind: "
            f"move depth to an experiment of its own.",
        )
    for index, name in enumerate(experiment["networks"]):
        kind = config["networks"][name]["kind"]
        if (kind == "deep") != measured:
            _refuse(index, name, kind, fail)
    if measured:
        _check_trainings(experiment, config, fail)


def _refuse(index: int, name: str, kind: str, fail: Fail) -> NoReturn:
    if kind == "deep":
        text = "but only the measure depth knows such networks: set measures: [depth]"
    else:
        text = "but the measure depth needs kind deep (depth: 2 is the two-layer network)"
    fail("networks", index, text=f"{name} is of kind {kind}, {text} or name another network.")


def _check_trainings(experiment: Mapping[str, Any], config: Mapping[str, Any], fail: Fail) -> None:
    for index, name in enumerate(experiment["trainings"]):
        training = config["trainings"][name]
        if training["stop_distance"] or training["snapshots"]:
            fail(
                "trainings",
                index,
                text=f"{name} has a stop_distance or snapshots, but for deep networks no exact KKT point "
                "is known and none are kept: name a training with stop_distance: 0 and snapshots: [].",
            )


STUDY = Study(
    order=120,
    sections={"depth": Section("Deeper networks", "docs/questions/depth.md")},
    figure={"table": "depth.depth"},
    experiments={"depth": Drawn(sweep=("dimension",))},
    measures={
        "depth": Measure(
            "depth",
            reads="deep",
            schema=OPTIONS,
            requires={"forget": "List of forget sets or each"},
            explored=True,
            minutes=10,
            check_experiment=check_networks,
        )
    },
)

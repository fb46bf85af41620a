"""Deep networks and the measure depth go together; nothing else knows what to do with either."""

from collections.abc import Callable
from typing import Any, NoReturn

Fail = Callable[..., NoReturn]


def check_networks(experiment: dict[str, Any], config: dict[str, Any], fail: Fail) -> None:
    """Networks of kind deep are measured by ``depth`` alone, which measures no others.

    Args:
        fail: ``fail(*keys, text=...)`` raises the one sentence, keys below the experiment.
    """
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


def _check_trainings(experiment: dict[str, Any], config: dict[str, Any], fail: Fail) -> None:
    for index, name in enumerate(experiment["trainings"]):
        training = config["trainings"][name]
        if training["stop_distance"] or training["snapshots"]:
            fail(
                "trainings",
                index,
                text=f"{name} has a stop_distance or snapshots, but for deep networks no exact KKT point "
                "is known and none are kept: name a training with stop_distance: 0 and snapshots: [].",
            )

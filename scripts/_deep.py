"""The arrays of deep networks, as ``deep.npz`` holds them, and the objects they stand for."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from _storage import read_arrays, write_arrays

from kkt_unlearning.deep.network import DeepNetwork
from kkt_unlearning.deep.replicates import DeepReplicates
from kkt_unlearning.deep.training import DeepTraining
from kkt_unlearning.deep.weights import Layers
from kkt_unlearning.studies.depth.case import DeepCase


def network(settings: dict[str, Any]) -> DeepNetwork:
    """The network that a section of ``networks`` describes."""
    return DeepNetwork(settings["depth"], settings["width"])


def write_networks(
    path: str, batch: DeepReplicates, trained: DeepTraining, retrained: DeepTraining
) -> None:
    """Data and initial weights in span coordinates, trained and retrained networks."""
    layers = {
        "W0": batch.W0,
        "W": trained.W,
        "patterns": trained.patterns,
        "retrained": retrained.W,
    }
    named = {
        f"{name}_{number}": layer
        for name, group in layers.items()
        for number, layer in enumerate(group, 1)
    }
    write_arrays(
        path,
        X=batch.X,
        y=batch.y,
        margins=trained.margins,
        retrained_margins=retrained.margins,
        **named,
    )


def read_networks(path: str, model: DeepNetwork) -> tuple[DeepReplicates, dict[str, Any]]:
    """The batch, and ``W``, ``patterns``, ``retrained``, ``margins`` and ``retrained_margins``."""
    arrays = read_arrays(path)
    groups = {name: _layers(arrays, name, model) for name in ("W0", "W", "patterns", "retrained")}
    batch = DeepReplicates(model, arrays["X"], arrays["y"], groups.pop("W0"))
    return batch, groups | {name: arrays[name] for name in ("margins", "retrained_margins")}


def _layers(arrays: dict[str, np.ndarray], name: str, model: DeepNetwork) -> Layers:
    return tuple(arrays[f"{name}_{number}"] for number in range(1, model.degree + 1))


def cases(files: Any, settings: dict[str, Any]) -> Iterator[DeepCase]:
    """What the measure ``depth`` is taken of: all replicates at once.

    Args:
        files: the path of ``networks``.
    """
    batch, found = read_networks(files.networks, network(settings["network"]))
    yield DeepCase(batch, found, settings)

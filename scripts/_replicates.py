"""The arrays of a batch of replicates, as ``trained.npz`` and others hold them, and what they stand for."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from _storage import read_arrays

from kkt_unlearning import networks
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.studies.case import Case, solver
from kkt_unlearning.studies.replicates import Replicates
from kkt_unlearning.training import Progress, Training

BATCH = ("X", "y", "W0", "X_fresh", "P0_outside", "y_fresh")
POINT = ("W", "multipliers", "clarke", "pattern", "kinks")


def network(settings: dict[str, Any]) -> networks.Linear | networks.TwoLayer:
    """The network that a section of ``networks`` describes."""
    return networks.build(settings["kind"], settings.get("width", 1))


def solving(duals: dict[str, Any]) -> dict[str, Any]:
    """The arguments ``solver``, our own, and ``pivots`` that the section ``duals`` describes."""
    return {"solver": solver(duals), "pivots": duals["pivots"]}


def replicates(arrays: dict[str, np.ndarray], settings: dict[str, Any]) -> Replicates:
    """The batch that ``trained.npz`` holds."""
    return Replicates(network(settings), *(arrays[name] for name in BATCH))


def paced(seconds: float = 2.0) -> Callable[[Progress], None]:
    """Prints the progress of a training, at most once every so many seconds."""
    last = time.monotonic()

    def report(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            print(progress)
            last = time.monotonic()

    return report


def history_rows(training: Training) -> Iterator[dict[str, Any]]:
    """One row a checkpoint and network; leading axes of the batch are numbered through."""
    for progress in training.history:
        names = ("smallest_margin", "log_loss", "norm", "flips", "supporting_flips")
        columns = [np.ravel(getattr(progress, name)) for name in names]
        for seed, values in enumerate(zip(*columns, strict=True)):
            yield {"step": progress.step, "seed": seed} | dict(zip(names, values, strict=True))


def stack_points(points: list[KKTPoint]) -> dict[str, np.ndarray]:
    """Arrays of equally shaped KKT points, with a leading axis."""
    return {name: np.stack([getattr(point, name) for point in points]) for name in POINT}


def points(arrays: dict[str, np.ndarray], batch: Replicates) -> Iterator[KKTPoint]:
    """The exact KKT points that ``kkt.npz`` holds, one a replicate."""
    for s in range(len(arrays["W"])):
        values = {name: arrays[name][s] for name in POINT}
        yield KKTPoint.from_arrays(batch.problem(s), **values)


def cases(files: Any, settings: dict[str, Any]) -> Iterator[Case]:
    """What a measure is taken of, replicate by replicate.

    Args:
        files: paths of ``trained``, ``points`` and whatever else the measure asks for.
    """
    trained = read_arrays(files.trained)
    batch, by_replicate = replicates(trained, settings["network"]), {"trained": trained["W"]}
    if trained["snapshots"].size:
        by_replicate["snapshots"] = trained["snapshots"].swapaxes(0, 1)
    if "unlearned" in dict(files.items()):
        by_replicate["unlearned"] = read_arrays(files.unlearned)["W"]
    if "retrained" in dict(files.items()):
        retrained = read_arrays(files.retrained)
        by_replicate |= {"retrained": retrained["W"]}
        by_replicate |= {f"retrained_{name}": retrained[name] for name in ("trained", "steps")}
    for s, point in enumerate(points(read_arrays(files.points), batch)):
        arrays = {name: array[s] for name, array in by_replicate.items()}
        yield Case(s, batch, point, arrays, settings)

"""The arrays of a batch of replicates, as ``trained.npz`` holds them, and the objects they stand for."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kkt_unlearning import networks
from kkt_unlearning.maxmargin.point import KKTPoint
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.replicates import Replicates
from kkt_unlearning.training import Descent, Progress, Training

BATCH = ("X", "y", "W0", "X_fresh", "P0_outside", "y_fresh")
POINT = ("W", "multipliers", "clarke", "pattern", "kinks")


def network(settings: dict[str, Any]) -> networks.Linear | networks.TwoLayer:
    """The network that a section of ``networks`` describes."""
    return networks.build(settings["kind"], settings.get("width", 1))


def descent(settings: dict[str, Any]) -> Descent:
    """The descent that a section of ``trainings`` describes."""
    return Descent(**{key: value for key, value in settings.items() if key != "snapshots"})


def cell_solver(settings: dict[str, Any]) -> Solver:
    """The solver that the section ``duals`` describes."""
    return Solver(settings["solver"], settings["tolerance"])


def solving(settings: dict[str, Any]) -> dict[str, Any]:
    """The arguments ``solver`` and ``pivots`` that the section ``duals`` describes."""
    return {"solver": cell_solver(settings), "pivots": settings["pivots"]}


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

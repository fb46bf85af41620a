"""One replicate of one setting, as the measures of studies see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.problem import explicit_forget_sets
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.replicates import Replicates
from kkt_unlearning.training import Descent


@dataclass(frozen=True)
class Case:
    """A trained network, its exact KKT point, and the settings of its experiment.

    Attributes:
        s: number of the replicate.
        batch: all replicates.
        point: exact KKT point on all samples.
        arrays: of this replicate, ``trained (n, k)`` and ``snapshots (T, n, k)``; for measures that ask,
            ``unlearned (starts, F, A, n, k)``, ``retrained (F, n, k)`` (exact KKT points) and, as retraining
            left them, ``retrained_trained (F, n, k)`` after ``retrained_steps (F,)``.
        settings: of the experiment, as the configuration has them: ``training``, ``duals``, ``seed``,
            ``options`` of the measure; and ``forget``, ``fractions``, ``starts`` where it has them.
    """

    s: int
    batch: Replicates
    point: KKTPoint
    arrays: Mapping[str, np.ndarray]
    settings: Mapping[str, Any]

    @property
    def options(self) -> Mapping[str, Any]:
        """Options of the measure."""
        return self.settings["options"]

    @property
    def forget_sets(self) -> list[list[int]]:
        """Explicit forget sets, of the measure or else of the experiment."""
        given = self.settings.get("options", {}).get("forget") or self.settings["forget"]
        return explicit_forget_sets(self.point.problem.samples, given)

    @property
    def descent(self) -> Descent:
        """The descent that trained the network."""
        return descent(self.settings["training"])

    @property
    def moments(self) -> list[int]:
        """Steps after which the snapshots were taken."""
        return self.settings["training"]["snapshots"]

    @property
    def solver(self) -> Solver:
        """The solver of quadratic programs."""
        return solver(self.settings["duals"])

    @property
    def pivots(self) -> int:
        """Activation cells that may be left in search of an exact point."""
        return self.settings["duals"]["pivots"]


def descent(training: Mapping[str, Any]) -> Descent:
    """The descent that a section of ``trainings`` describes."""
    return Descent(**{key: value for key, value in training.items() if key != "snapshots"})


def solver(duals: Mapping[str, Any]) -> Solver:
    """Our own solver, as exact as the section ``duals`` asks: measures solve programs by the thousand."""
    return Solver(tolerance=duals["tolerance"])

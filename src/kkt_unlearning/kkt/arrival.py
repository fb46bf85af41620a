"""Whether descent has arrived: the exact KKT point that its settled activations lead to is near.

``docs/theory.md``, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kkt_unlearning.backends import Array, to_numpy
from kkt_unlearning.errors import UserError
from kkt_unlearning.kkt.cell import supporting
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import Problem


@dataclass
class Arrival:
    """A test for :func:`kkt_unlearning.training.train`: which networks of a batch have arrived.

    A network has arrived if the max-margin solution in the cell of its supporting activations is a KKT point
    without any pivot, and ``1 − cos`` between the two is at most ``distance``. No exact point, no arrival.

    Attributes:
        problems: one a network, in the order of the batch.
        distance: the largest ``1 − cos``.
    """

    problems: Sequence[Problem]
    distance: float
    _known: dict[int, tuple[bytes, np.ndarray | None]] = field(default_factory=dict)

    def __call__(self, W: Array, asked: np.ndarray) -> np.ndarray:
        """Which networks have arrived, among those ``asked (…)``, at weights ``W (…, n, k)``."""
        weights = to_numpy(W).reshape(-1, *W.shape[-2:])
        found = np.zeros(len(weights), bool)
        for b in np.flatnonzero(asked).tolist():
            exact = self._exact(b, weights[b])
            found[b] = exact is not None and cosine_distance(weights[b], exact) <= self.distance
        return found.reshape(asked.shape)

    def _exact(self, b: int, W: np.ndarray) -> np.ndarray | None:
        """The exact point of the network's cell, solved for again only where the cell is another one."""
        problem = self.problems[b]
        pattern = problem.pattern(W)
        cell = np.packbits((pattern > 0) & supporting(problem)).tobytes()
        if self._known.get(b, (b"", None))[0] != cell:
            self._known[b] = (cell, _exact_point(problem, pattern))
        return self._known[b][1]


def _exact_point(problem: Problem, pattern: np.ndarray) -> np.ndarray | None:
    try:
        return kkt_point(problem, pattern, pivots=0).W
    except UserError:  # a cell without a KKT point: not there yet
        return None

"""Shadow models: exact KKT points of networks trained on random halves of a pool."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.attacks.design import inclusion, shadow_weights, span_of_pool
from kkt_unlearning.backends import backend_namespace, to_numpy
from kkt_unlearning.kkt.arrival import Arrival
from kkt_unlearning.kkt.point import PIVOTS, KKTPoint, kkt_points
from kkt_unlearning.problem import Network, Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.seeding import Stream, generator
from kkt_unlearning.training import Descent, Progress, train

ARRAYS = ("member", "W", "multipliers", "clarke", "pattern", "kinks")


@dataclass(frozen=True)
class Shadows:
    """K models of one pool of M samples.

    Attributes:
        pool: the problem on all samples of the pool, in span coordinates.
        member: whether model k is trained on sample i, boolean ``(K, M)``.
        W: weights ``(K, n, k)`` of each model's exact KKT point, of smallest margin 1.
        multipliers: ``λ (K, M)``, 0 for samples that the model is not trained on.
        clarke: derivatives ``a (K, n, M)``.
        pattern: activations ``(K, n, M)``.
        kinks: boolean ``(K, n, M)``; False for samples that the model is not trained on.
    """

    pool: Problem
    member: np.ndarray
    W: np.ndarray
    multipliers: np.ndarray
    clarke: np.ndarray
    pattern: np.ndarray
    kinks: np.ndarray

    @property
    def models(self) -> int:
        """Number K of models."""
        return len(self.member)

    def problem(self, k: int) -> Problem:
        """The max-margin problem of model k."""
        return _part(self.pool, self.member[k])

    def point(self, k: int) -> KKTPoint:
        """The exact KKT point of model k, of its own samples."""
        S = self.member[k]
        return KKTPoint.from_arrays(
            self.problem(k),
            self.W[k],
            self.multipliers[k, S],
            self.clarke[k][:, S],
            self.pattern[k][:, S].astype(float),
            self.kinks[k][:, S],
        )

    @classmethod
    def of(cls, pool: Problem, member: np.ndarray, points: list[KKTPoint]) -> "Shadows":
        """From the KKT points of the models."""
        W = np.stack([point.W for point in points])
        pattern = pool.pattern(W)
        clarke, kinks = pattern.copy(), np.zeros(pattern.shape, bool)
        multipliers = np.zeros(member.shape)
        for k, (S, point) in enumerate(zip(member, points, strict=True)):
            multipliers[k, S] = point.multipliers
            for whole, own in (
                (clarke, point.clarke),
                (pattern, point.pattern),
                (kinks, point.kinks),
            ):
                whole[k][:, S] = own
        return cls(pool, member, W, multipliers, clarke, pattern, kinks)


def shadows_of_pool(
    X: np.ndarray,
    y: np.ndarray,
    network: Network,
    initial_scale: float,
    descent: Descent,
    *,
    models: int,
    folds: int,
    seed: int,
    s: int,
    solver: Solver,
    pivots: int,
    backend: str = "numpy",
    report: Callable[[Progress], None] | None = None,
) -> Shadows:
    """Draw the design and the initial weights of pool s, ``X (M, d)``, ``y (M,)``, and train its models.

    Raises:
        DataError: see :func:`kkt_unlearning.attacks.design.inclusion`.
        NotConvergedError, NotSeparableError, SolverError, BackendError: see :func:`train_shadows`.
    """
    member = inclusion(len(y), models, folds, generator(seed, Stream.MEMBERSHIP, s))
    pool = Problem(network, span_of_pool(X), y)
    rng = generator(seed, Stream.SHADOW_WEIGHTS, s)
    W0 = shadow_weights(models, network.width, X.shape[1], pool.X.shape[1], initial_scale, rng)
    return train_shadows(pool, member, W0, descent, solver, pivots, backend=backend, report=report)


def train_shadows(
    pool: Problem,
    member: np.ndarray,
    W0: np.ndarray,
    descent: Descent,
    solver: Solver | None = None,
    pivots: int = PIVOTS,
    *,
    backend: str = "numpy",
    report: Callable[[Progress], None] | None = None,
) -> Shadows:
    """Train every model on its samples and solve for its exact KKT point.

    Models with equally many samples are one batch: without samples of weight 0, which would cost as much
    as the others, since a step costs ``O(n m²)``.

    Args:
        member: boolean ``(K, M)``; W0: initial weights ``(K, n, k)``.

    Raises:
        NotConvergedError, BackendError: see :func:`kkt_unlearning.training.train` and
            :func:`kkt_unlearning.backends.backend_namespace`.
        NotSeparableError, SolverError: see :func:`kkt_unlearning.kkt.point.kkt_points`.
    """
    problems, sizes = [_part(pool, S) for S in member], member.sum(axis=1)
    patterns = np.empty(len(problems), dtype=object)
    for size in np.unique(sizes):
        which = np.flatnonzero(sizes == size)
        W = _trained([problems[k] for k in which], W0[which], descent, backend, report)
        for k, weights in zip(which, W, strict=True):
            patterns[k] = problems[k].pattern(weights)
    return Shadows.of(pool, member, kkt_points(problems, list(patterns), solver, pivots))


def _part(pool: Problem, S: np.ndarray) -> Problem:
    return Problem(pool.network, pool.X[S], pool.y[S])


def _trained(
    problems: list[Problem],
    W0: np.ndarray,
    descent: Descent,
    backend: str,
    report: Callable[[Progress], None] | None,
) -> np.ndarray:
    """Trained weights of problems of one size, as one batch."""
    xp = backend_namespace(backend)
    X, y = (np.stack([getattr(problem, name) for problem in problems]) for name in "Xy")
    settled = Arrival(problems, descent.stop_distance) if descent.stop_distance else None
    batch = Problem(problems[0].network, xp.asarray(X), xp.asarray(y))
    return to_numpy(train(batch, xp.asarray(W0), descent, report=report, settled=settled).W)

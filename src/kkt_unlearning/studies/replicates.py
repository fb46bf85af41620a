"""A whole batch of replicates: data sets, initial weights, and what is computed for all of them.

Everything that a step of the pipeline does is one call here or in the module that the call names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.backends import backend_namespace, to_numpy
from kkt_unlearning.errors import NotSeparableError
from kkt_unlearning.kkt.arrival import Arrival
from kkt_unlearning.kkt.point import KKTPoint, kkt_points
from kkt_unlearning.networks.initial import gaussian_weights
from kkt_unlearning.problem import Network, Problem, kept
from kkt_unlearning.quadratic.separable import linearly_separable
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.seeding import Stream, generator
from kkt_unlearning.training import Descent, Progress, Training, train
from kkt_unlearning.training.span import span_coordinates


@dataclass(frozen=True)
class Replicates:
    """S data sets with their initial networks, in span coordinates.

    Attributes:
        network: the model, the same for all.
        X: ``(S, m, k)``; y: ``(S, m)``; W0: ``(S, n, k)``.
        X_fresh: ``(S, t, k)``, fresh samples in the span coordinates of their replicate.
        P0_outside: ``(S, n, t)``, what ``W(0)`` outside the span adds to the fresh pre-activations.
        y_fresh: ``(S, t)``.
    """

    network: Network
    X: np.ndarray
    y: np.ndarray
    W0: np.ndarray
    X_fresh: np.ndarray
    P0_outside: np.ndarray
    y_fresh: np.ndarray

    def problem(self, s: int) -> Problem:
        """The max-margin problem of replicate s."""
        return Problem(self.network, self.X[s], self.y[s])

    def fresh_outputs(self, s: int, W: np.ndarray) -> np.ndarray:
        """``N(θ, x)`` of the fresh samples of replicate s at weights ``W (…, n, k)``, shape (…, t)."""
        outside, last = self.W0[s, :, -1], W[..., -1]
        share = np.divide(last, outside, out=np.zeros_like(last), where=outside > 0)
        P = W[..., :-1] @ self.X_fresh[s, :, :-1].T + share[..., None] * self.P0_outside[s]
        return (self.network.output_weights[:, None] * self.network.derivative(P) * P).sum(axis=-2)


def initialise(
    X: np.ndarray,
    y: np.ndarray,
    X_fresh: np.ndarray,
    y_fresh: np.ndarray,
    network: Network,
    initial_scale: float,
    seed: int,
) -> Replicates:
    """Draw ``w_j(0) ~ N(0, scale² I_d/d)`` for every replicate and pass to span coordinates.

    Args:
        X, y: ``(S, m, d)``, ``(S, m)``; X_fresh, y_fresh: ``(S, t, d)``, ``(S, t)``.
        initial_scale: norm of an initial row, about.
        seed: root entropy.
    """
    parts = []
    for s in range(len(X)):  # one replicate's W(0) in d dimensions at a time: n × d may be large
        rng = generator(seed, Stream.INITIAL_WEIGHTS, s)
        W0 = gaussian_weights(rng, network.width, X.shape[2], initial_scale)
        span = span_coordinates(X[s], W0)
        fresh = np.pad(X_fresh[s] @ span.basis, ((0, 0), (0, 1)))
        parts.append((span.X, span.W0, fresh, span.remainder @ X_fresh[s].T))
    spans, weights, fresh, outside = (np.stack(part) for part in zip(*parts, strict=True))
    return Replicates(network, spans, y, weights, fresh, outside, y_fresh)


def train_all(
    replicates: Replicates,
    descent: Descent,
    *,
    backend: str = "numpy",
    snapshots: Sequence[int] = (),
    report: Callable[[Progress], None] | None = None,
) -> Training:
    """Train every replicate as one batch on the chosen backend; arrays come back as NumPy's.

    Training ends before its last step once all networks have arrived
    (:func:`kkt_unlearning.kkt.arrival`).

    Raises:
        NotSeparableError: a linear model on data that no hyperplane through the origin separates.
        NotConvergedError, BackendError: see :func:`kkt_unlearning.training.train` and
            :func:`kkt_unlearning.backends.backend_namespace`.
    """
    xp = backend_namespace(backend)
    _check_separable(replicates)
    problem = Problem(replicates.network, xp.asarray(replicates.X), xp.asarray(replicates.y))
    problems = [replicates.problem(s) for s in range(len(replicates.y))]
    result = train(
        problem,
        xp.asarray(replicates.W0),
        descent,
        snapshots=snapshots,
        report=report,
        settled=_arrival(problems, descent),
    )
    return _on_host(result)


def _arrival(problems: Sequence[Problem], descent: Descent) -> Arrival | None:
    return Arrival(problems, descent.stop_distance) if descent.stop_distance else None


def _check_separable(replicates: Replicates) -> None:
    """Descent on such data would only fail to converge, slowly."""
    if replicates.network.has_kinks:
        return
    for s, (X, y) in enumerate(zip(replicates.X, replicates.y, strict=True)):
        if not linearly_separable(X, y):
            raise NotSeparableError(
                f"replicate {s}: no hyperplane through the origin separates its {len(y)} samples, so the "
                "linear model has no KKT point; use fewer samples, more dimensions or a two_layer network."
            )


def retrain_all(
    replicates: Replicates,
    descent: Descent,
    forget_sets: Sequence[Sequence[int]],
    *,
    backend: str = "numpy",
    report: Callable[[Progress], None] | None = None,
) -> Training:
    """Train every replicate without each forget set, from the same initial weights, as one batch.

    Leading axes of the result are (S, F); forgotten samples stay in the arrays with weight 0.

    Raises:
        DataError: a bad forget set.
        NotConvergedError: see :func:`kkt_unlearning.training.train`.
    """
    xp = backend_namespace(backend)
    keep = kept(replicates.y.shape[1], forget_sets)
    mask = np.broadcast_to(keep, (len(replicates.y), *keep.shape))
    problem = Problem(
        replicates.network, xp.asarray(replicates.X[:, None]), xp.asarray(replicates.y[:, None])
    )
    W0 = xp.asarray(replicates.W0[:, None])
    problems = [
        replicates.problem(s).retain(forget)
        for s in range(len(replicates.y))
        for forget in forget_sets
    ]
    result = train(
        problem,
        W0,
        descent,
        mask=xp.asarray(np.ascontiguousarray(mask)),
        report=report,
        settled=_arrival(problems, descent),
    )
    return _on_host(result)


def _on_host(result: Training) -> Training:
    return Training(
        W=to_numpy(result.W),
        margins=to_numpy(result.margins),
        loss_weights=to_numpy(result.loss_weights),
        history=result.history,
        snapshots=[to_numpy(W) for W in result.snapshots],
        steps=result.steps,
    )


def exact_points(
    replicates: Replicates, W: np.ndarray, solver: Solver, pivots: int
) -> list[KKTPoint]:
    """Exact KKT points of all replicates, as one batch, from the activations of weights ``W (S, n, k)``."""
    problems = [replicates.problem(s) for s in range(len(W))]
    patterns = [problem.pattern(w) for problem, w in zip(problems, W, strict=True)]
    return kkt_points(problems, patterns, solver, pivots)


def retrained_points(
    replicates: Replicates,
    W: np.ndarray,
    forget_sets: Sequence[Sequence[int]],
    solver: Solver,
    pivots: int,
) -> list[list[KKTPoint]]:
    """Exact KKT points of the retained problems, one a replicate (outer) and forget set (inner).

    Args:
        W: retrained weights ``(S, F, n, k)``, whose activations say which cell to start in.
    """
    problems = [
        replicates.problem(s).retain(forget) for s in range(len(W)) for forget in forget_sets
    ]
    weights = W.reshape(-1, *W.shape[-2:])
    patterns = [problem.pattern(w) for problem, w in zip(problems, weights, strict=True)]
    points = kkt_points(problems, patterns, solver, pivots)
    size = len(forget_sets)
    return [points[first : first + size] for first in range(0, len(points), size)]

"""Deletions that come one call at a time, by someone who keeps nothing of what was deleted.

Every step takes out the terms that the samples had in the first network, so the network after several
calls is that of one step for all of them (:func:`kkt_unlearning.unlearning.stream.delete_kept`). What a later
call needs is kept for the samples still held, and for them alone.

``docs/questions/batch.md``, section 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.kkt.residuals import kkt_residuals
from kkt_unlearning.problem import Problem, retained, smallest_margin
from kkt_unlearning.training.span import span_coordinates
from kkt_unlearning.unlearning.ascent import Unlearned, ascend, leave_terms


@dataclass(frozen=True)
class Held:
    """A network and the samples whose terms are still in it.

    Attributes:
        point: ``θ = Σ_i λ_i y_i g_i`` over the samples held: the exact KKT point of all samples, less the
            terms of those that were forgotten. Only before the first deletion is it a KKT point.
        W: weights ``(n, d)`` of the network in use, at the scale of the multipliers.
        derivatives: ``a (n, m)``, those that the network in use had before the first deletion.
    """

    point: KKTPoint
    W: np.ndarray
    derivatives: np.ndarray

    def without(self, forget: Sequence[int], fraction: float = 1.0) -> "Held":
        """``W − α Σ_{r∈R} λ_r y_r g_r`` and the samples that stay.

        No array of the result has a row, a label or a multiplier of the forgotten; copies of them that stay
        have taken the multipliers over.

        Args:
            forget: indices R among the samples held.
            fraction: α ≥ 0.

        Raises:
            DataError: a bad forget set or fraction.
        """
        before = self.left_to_copies(forget)
        point, derivatives = before.point, before.derivatives
        W = ascend(
            point.problem, self.W, point.multipliers, forget, clarke=derivatives, fraction=fraction
        )
        keep = retained(point.problem.samples, forget)
        return Held(_kept(point, keep), W, derivatives[:, keep])

    def step(self, forget: Sequence[int], fraction: float = 1.0) -> Unlearned:
        """The step to :meth:`without` in span coordinates, from weights of smallest margin 1.

        A certificate of it is of the network that results, whatever was forgotten before: its ε, δ and τ
        refer to the samples that stay. Its bounds are those of this step, and start from the residuals that
        earlier steps left.

        Raises:
            DataError: a bad forget set or fraction, or a margin of the network in use that is not positive.
        """
        gamma = self._smallest_margin()
        before = self.left_to_copies(forget)
        point = before.point
        span = span_coordinates(point.problem.X, self.W)
        problem = Problem(point.problem.network, span.X, point.problem.y)
        multipliers, start = point.multipliers / gamma, span.W0 / gamma
        inside = np.pad(point.W @ span.basis, ((0, 0), (0, 1)))
        return Unlearned(
            point=replace(point, problem=problem, W=inside / gamma, multipliers=multipliers),
            start=start,
            clarke=before.derivatives,
            forget=tuple(forget),
            fraction=fraction,
            W=ascend(
                problem, start, multipliers, forget, clarke=before.derivatives, fraction=fraction
            ),
        )

    def lifted(self, W: np.ndarray) -> np.ndarray:
        """Weights ``(n, k)`` beside the start of :meth:`step`, as ``(n, d)`` at the scale of this network."""
        span = span_coordinates(self.point.problem.X, self.W)
        return self._smallest_margin() * span.lift(W)

    def left_to_copies(self, forget: Sequence[int]) -> "Held":
        """The same, with the terms of the forgotten samples left to their copies that stay.

        Raises:
            DataError: a bad forget set.
        """
        retained(self.point.problem.samples, forget)
        point, (derivatives,) = leave_terms(self.point, forget, [self.derivatives])
        return Held(point, self.W, derivatives)

    def _smallest_margin(self) -> float:
        problem = self.point.problem
        margins = problem.margins(self.W)
        gamma = float(smallest_margin(problem, self.W, margins))
        if not gamma > 0:
            raise DataError(
                f"smallest margin on the {problem.samples} samples still held = {margins.min():.3g}: a step "
                "needs a network that classifies them all, so fit again on these samples."
            )
        return gamma


def _kept(point: KKTPoint, keep: np.ndarray) -> KKTPoint:
    """``Σ_{i∈keep} λ_i y_i g_i``, summed again, so that not even round-off is left of the other terms."""
    problem = Problem(point.problem.network, point.problem.X[keep], point.problem.y[keep])
    multipliers, clarke = point.multipliers[keep], point.clarke[:, keep]
    W, kinks = problem.combination(multipliers, clarke), point.kinks[:, keep]
    squared = float((W**2).sum())
    return replace(
        point,
        problem=problem,
        W=W,
        multipliers=multipliers,
        clarke=clarke,
        pattern=point.pattern[:, keep],
        kinks=kinks,
        residuals=kkt_residuals(problem, W, multipliers, clarke, kinks),
        gap=abs(squared - float(multipliers.sum())) / squared if squared else np.inf,
    )

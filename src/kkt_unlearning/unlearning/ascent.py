"""Gradient-ascent unlearning, the paper's method."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from kkt_unlearning.backends import Array, constant
from kkt_unlearning.errors import DataError, bracketed, check_flag
from kkt_unlearning.kkt.copies import NEAR, copies_that_stay, staying
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.precision import ROUND_OFF
from kkt_unlearning.problem import Problem, retained

STARTS = ("trained", "exact")  # the trained weights, or the exact point that they lead to
LARGEST_FRACTION = 1e6  # a larger step is a slip of the hand, and may overflow


def check_start(start: str) -> None:
    """Whether it is one of ``STARTS``.

    Raises:
        DataError: it is not.
    """
    if start not in STARTS:
        raise DataError(f"start = {start!r}: allowed are {', '.join(STARTS)}; choose one of them.")


def check_fraction(fraction: float) -> None:
    """Whether it is a number ``0 ≤ α ≤ 1e6``.

    Raises:
        DataError: it is not.
    """
    number = isinstance(fraction, Real)
    if not (number and 0 <= fraction <= LARGEST_FRACTION):
        raise DataError(
            f"fraction = {fraction if number else repr(fraction)}: allowed are numbers >= 0 up to "
            f"{LARGEST_FRACTION:.0e}; 1 is the prescribed step."
        )


def ascend(
    problem: Problem,
    W: Array,
    multipliers: Array,
    forget: Sequence[int],
    *,
    clarke: Array | None = None,
    fraction: float = 1.0,
) -> Array:
    """``A_GA(θ, S, R) = θ + α Σ_{r∈R} β_r ∇ℓ(q_r)`` with ``β_r = −λ_r / ℓ'(q_r)``.

    Since ``∇ℓ(q_r) = ℓ'(q_r) y_r g_r``, the loss drops out: the step is ``θ − α Σ_r λ_r y_r g_r``, which
    takes the forgotten samples' terms out of the stationarity sum.

    Args:
        problem: network and data, forgotten samples included.
        W: weights ``(…, n, k)``.
        multipliers: ``λ (…, m)`` that belong to these weights at their present scale.
        forget: indices R of the samples to forget.
        clarke: derivatives ``a (…, n, m)`` to use in ``g_r``; by default automatic
            differentiation's 0/1 ones at ``W``.
        fraction: α ≥ 0, the step as a fraction of the prescribed one.

    Returns:
        the unlearned weights, ``(…, n, k)``.

    Raises:
        DataError: a bad forget set or fraction.

    Paper: the unlearning agent, Theorems 3.1 and 4.1; sets: Appendices B.2 and C.3.
    """
    check_fraction(fraction)
    retained(problem.samples, forget)
    if clarke is None:
        clarke = problem.pattern(W)
    forgotten = np.isin(np.arange(problem.samples), list(forget))
    chosen = constant(np.where(forgotten, fraction, 0.0), multipliers)
    return W - problem.combination(multipliers * chosen, clarke)


@dataclass(frozen=True)
class Steps:
    """Ascent steps from one point: every one of F forget sets with every one of A step sizes.

    Attributes:
        point: the exact KKT point of the full data set.
        start: weights ``(n, k)`` before the steps, scaled to smallest margin 1.
        clarke: derivatives ``a (n, m)`` that the steps used.
        forget_sets: the indices of the forgotten samples, F times.
        fractions: α, each step as a fraction of the prescribed one, ``(A,)``.
        W: weights ``(F, A, n, k)`` after the steps.
    """

    point: KKTPoint
    start: np.ndarray
    clarke: np.ndarray
    forget_sets: tuple[tuple[int, ...], ...]
    fractions: np.ndarray
    W: np.ndarray


@dataclass(frozen=True)
class Unlearned:
    """One ascent step, with all that a certificate of its result needs.

    Attributes:
        point: the exact KKT point of the full data set.
        start: weights ``(n, k)`` before the step, scaled to smallest margin 1.
        clarke: derivatives ``a (n, m)`` that the step used.
        forget: indices of the forgotten samples.
        fraction: α, the step as a fraction of the prescribed one.
        W: weights ``(n, k)`` after the step.
    """

    point: KKTPoint
    start: np.ndarray
    clarke: np.ndarray
    forget: tuple[int, ...]
    fraction: float
    W: np.ndarray

    @property
    def steps(self) -> Steps:
        """The same as a batch of one, F = A = 1."""
        fractions = np.array([self.fraction])
        return Steps(
            self.point, self.start, self.clarke, (self.forget,), fractions, self.W[None, None]
        )


def unlearn(
    point: KKTPoint,
    forget: Sequence[int],
    *,
    fraction: float = 1.0,
    trained: np.ndarray | None = None,
    allow_idle: bool = False,
) -> Unlearned:
    """The ascent step from the exact KKT point, or from the ``trained`` weights near it.

    Of several equal samples, those that stay take the multipliers over (:mod:`kkt_unlearning.kkt.copies`).
    The exact point uses its own Clarke derivatives. Trained weights are scaled to smallest margin 1, so
    that the exact multipliers fit them, and use automatic differentiation's derivatives.

    Args:
        point: exact KKT point on all samples.
        forget: indices of the samples to forget.
        fraction: α ≥ 0.
        trained: weights ``(n, k)`` with positive margins.
        allow_idle: make a step that changes nothing, or leaves nothing, as well.

    Raises:
        DataError: a bad forget set or fraction; trained weights with a margin that is not positive; or a step
            that changes nothing or leaves no sample that the network rests on (:func:`check_step`).
    """
    retained(point.problem.samples, forget)
    point = left_to_copies(point, forget)
    check_step(point, forget, fraction, allow_idle=allow_idle)
    start, clarke = starting_point(point, trained)
    W = ascend(point.problem, start, point.multipliers, forget, clarke=clarke, fraction=fraction)
    return Unlearned(point, start, clarke, tuple(forget), fraction, W)


def unlearn_all(
    point: KKTPoint,
    forget_sets: Sequence[Sequence[int]],
    fractions: Sequence[float] | np.ndarray,
    *,
    trained: np.ndarray | None = None,
) -> Steps:
    """:func:`unlearn` for every forget set and every fraction α.

    The steps share one point, so that with several forget sets equal samples keep their even shares. A step
    that changes nothing is one to measure like any other.

    Raises:
        DataError: see :func:`unlearn`.
    """
    if not len(forget_sets) or not len(fractions):
        raise DataError(
            "forget_sets, fractions: one is empty; allowed are one or more of each, name some."
        )
    if len(forget_sets) == 1:
        retained(point.problem.samples, forget_sets[0])
        point = left_to_copies(point, forget_sets[0])
    start, clarke = starting_point(point, trained)
    W = np.empty((len(forget_sets), len(fractions), *start.shape))
    for f, forget in enumerate(forget_sets):
        for a, fraction in enumerate(fractions):
            W[f, a] = ascend(
                point.problem, start, point.multipliers, forget, clarke=clarke, fraction=fraction
            )
    sets = tuple(tuple(forget) for forget in forget_sets)
    return Steps(point, start, clarke, sets, np.asarray(fractions, dtype=float), W)


def left_to_copies(point: KKTPoint, forget: Sequence[int]) -> KKTPoint:
    """The same point, with the terms of the forgotten samples left to their copies that stay.

    Of equal samples only the sum of the multipliers is determined, of near copies hardly more. So a step that
    forgets some of several copies takes nothing out, as retraining without them changes nothing.
    """
    return leave_terms(point, forget)[0]


def leave_terms(
    point: KKTPoint, forget: Sequence[int], derivatives: Sequence[np.ndarray] = ()
) -> tuple[KKTPoint, list[np.ndarray]]:
    """:func:`left_to_copies`, and further derivatives ``a (n, m)``, averaged as those of the point.

    Near copies may lie on different sides of a kink, so ``Σ_i λ_i a_ji`` is what is kept. A mean of different
    derivatives is one on the kink alone: there the copy counts as lying on it, where restoring puts it.

    ``docs/theory.md``, section 5.6.
    """
    if not (copies := staying(point.problem, forget)):
        return point, [*derivatives]
    multipliers, kinks = point.multipliers.copy(), point.kinks.copy()
    arrays = [a.copy() for a in (point.clarke, *derivatives)]
    for r, stay in copies.items():
        share, multipliers[r] = multipliers[r] / len(stay), 0.0
        if share > 0:
            before, multipliers[stay] = multipliers[stay], multipliers[stay] + share
            for a in arrays:
                a[:, stay] = (before * a[:, stay] + share * a[:, [r]]) / multipliers[stay]
            kinks[:, stay] |= kinks[:, [r]] | (point.pattern[:, stay] != point.pattern[:, [r]])
    left = replace(point, multipliers=multipliers, clarke=arrays[0], kinks=kinks)
    return left, arrays[1:]


def check_step(
    point: KKTPoint,
    forget: Sequence[int],
    fraction: float = 1.0,
    *,
    allow_idle: bool = False,
    rows: np.ndarray | None = None,
) -> None:
    """Whether a step takes some of ``Σ_i λ_i y_i g_i`` out, and leaves some.

    Args:
        point: after :func:`left_to_copies`.
        allow_idle: any step will do.
        rows: numbers of the samples as the user knows them, ``(m,)``; by default from 0.

    Raises:
        DataError: a bad fraction or ``allow_idle``; or the step changes nothing, or no sample is retained
            that the network rests on.
    """
    check_fraction(fraction)
    check_flag("allow_idle", allow_idle)
    if allow_idle:
        return
    rows = np.arange(point.problem.samples) if rows is None else rows
    total, taken = float(point.multipliers.sum()), float(point.multipliers[list(forget)].sum())
    copies = copies_that_stay(point.problem, forget)
    if not len(forget):
        why = "no sample is named, so that the step changes nothing; name some"
    elif fraction == 0:
        why = "a step of size 0 changes nothing; name a larger one"
    elif fraction * taken > ROUND_OFF * total:
        if total - taken > ROUND_OFF * total:
            return
        why = (
            "every retained sample has the multiplier 0, so that all which the network rests on would go, "
            "and nothing but round-off or training error stay; forget fewer, or train again without them"
        )
    elif copies:
        why = (
            f"the step changes nothing, since samples equal to them (label included, to {NEAR:.0e} of their "
            f"length) are retained, {bracketed(rows[copies])}; forget these as well"
        )
    else:
        why = (
            "the step changes nothing, since the exact KKT point of the network does not rest on these "
            "(multiplier 0); leave it as it is"
        )
    raise DataError(
        f"forget = {bracketed(rows[list(forget)])}: {why}, or make the step all the same with "
        "allow_idle=True, in the command --allow-idle."
    )


def starting_point(point: KKTPoint, trained: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Weights of smallest margin 1 and the derivatives to step with: the exact point's, or ``trained``'s.

    Raises:
        DataError: a margin of the trained weights is not positive.
    """
    if trained is None:
        return point.W, point.clarke
    smallest = float(point.problem.margins(trained).min())
    if not smallest > 0:
        raise DataError(
            f"smallest margin of the trained weights = {smallest:.3g}: it must be positive; train for longer."
        )
    return trained / smallest, point.problem.pattern(trained)

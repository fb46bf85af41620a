"""Where an unlearned network came from, as far as that is known: what it is restored to and bounded by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kkt_unlearning.audit.exact import exact_point
from kkt_unlearning.audit.model import SAME
from kkt_unlearning.audit.step import Step
from kkt_unlearning.audit.subject import Report, Subject
from kkt_unlearning.certificates.method import weights_by
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import Problem, kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning.ascent import (
    Steps,
    Unlearned,
    ascend,
    left_to_copies,
    starting_point,
)

_STEP = "{}, so that its bounds hold"
_BEYOND = "{}, for which there are no bounds; the activations before the step are used"
_OTHER = (
    "not {} (they differ by {:.1e} of its norm), so there are no bounds; the activations before the step are "
    "used"
)
_JOINT = (
    "output weights are trained, for which there are no bounds and ε may be above the least; the activations "
    "are {}"
)
_ALONE = "not known, so there are no bounds, and the activations are its own"


@dataclass(frozen=True)
class Origin:
    """An unlearned network θ' as a batch of one step, and what it is compared with.

    Attributes:
        steps: one step, ``W (1, 1, n, k)``; its point's activation cell is the one that θ' is put back into.
        retained: an exact KKT point of the retained problem.
        bounded: whether θ' is the step that ``steps`` says, so that the bounds are on it.
        sentence: the same in words.
        arrived: ``1 − cos`` from the network before the step to its exact KKT point; nan where not known.
        before: weights ``(n, k)`` of the network before the step at smallest margin 1; None where not known.
    """

    steps: Steps
    retained: KKTPoint
    bounded: bool
    sentence: str
    arrived: float
    before: np.ndarray | None = None

    @property
    def keep(self) -> np.ndarray:
        """The retained samples among those of the problem of ``steps``, boolean ``(m,)``."""
        return kept(self.steps.point.problem.samples, self.steps.forget_sets)[0]


def known_origin(audited: Subject, step: Step, solver: Solver, report: Report) -> Origin:
    """The origin if the network before the step is known: the second of ``audited``; θ' is the first.

    Raises:
        DataError: the network before the step has a margin that is not positive.
        SolverError, NotSeparableError, NotConvergedError: see :func:`kkt_unlearning.kkt_point`.
    """
    problem, (after, before) = audited.problem, audited.networks
    gamma = _smallest_margin(audited)
    point = exact_point(problem, before, solver, report)
    (retained,) = retained_kkt_points(point, [step.forget], solver)
    point = left_to_copies(point, step.forget)
    exact = step.start == "exact"
    start, clarke = starting_point(point, None if exact else before)
    W = after / gamma
    stepped = ascend(
        problem, start, point.multipliers, step.forget, clarke=clarke, fraction=step.fraction
    )
    done = Unlearned(point, start, clarke, step.forget, step.fraction, stepped)
    expected = weights_by(step.method, done, solver)
    difference = float(np.linalg.norm(W - expected) / np.linalg.norm(expected))
    same = difference <= SAME
    bounded = same and step.method == "step"
    if not bounded:
        start, clarke = point.W, point.clarke
    return Origin(
        Steps(point, start, clarke, (step.forget,), np.array([step.fraction]), W[None, None]),
        retained,
        bounded,
        (_STEP if bounded else _BEYOND if same else _OTHER).format(step.words, difference),
        arrived=float(cosine_distance(before, point.W)),
        before=before / gamma,
    )


def _smallest_margin(audited: Subject) -> float:
    """Of the network before the step: the scale of both networks."""
    gamma = audited.smallest_margin(1)
    if not gamma > 0:
        q = audited.problem.margins(audited.networks[1])
        raise DataError(
            f"the network before the step has margin {q.min():.3g} on sample {int(q.argmin())}: allowed are "
            "positive ones on all samples, forgotten ones included; give all of the data, with the labels "
            "of training, and the network that the step started from."
        )
    return gamma


def joint_origin(audited: Subject, forget: Sequence[int], solver: Solver, report: Report) -> Origin:
    """The origin for trained output weights: the exact KKT point of the retained problem, u' held fixed.

    It is found from the activations before the step, of the second network of ``audited`` if there is one.

    Raises:
        NotSeparableError: its activations hold no weights with margin 1 on every retained sample.
        SolverError, NotConvergedError: see :func:`kkt_unlearning.kkt_point`.
    """
    origin = _from(
        audited.problem.retain(forget), audited.networks[-1], audited.networks[0], solver, report
    )
    cell = "its own" if len(audited.networks) == 1 else "those before the step"
    return replace(origin, sentence=_JOINT.format(cell))


def unknown_origin(
    audited: Subject, forget: Sequence[int], solver: Solver, report: Report
) -> Origin:
    """The origin from θ' alone: the exact KKT point of the retained problem that its activations lead to.

    Raises:
        NotSeparableError: its activations hold no weights with margin 1 on every retained sample.
        SolverError, NotConvergedError: see :func:`kkt_unlearning.kkt_point`.
    """
    W = audited.networks[0]
    return _from(audited.problem.retain(forget), W, W, solver, report)


def _from(
    problem: Problem, before: np.ndarray, W: np.ndarray, solver: Solver, report: Report
) -> Origin:
    point = exact_point(problem, before, solver, report)
    steps = Steps(point, point.W, point.clarke, ((),), np.ones(1), W[None, None])
    return Origin(steps, point, bounded=False, sentence=_ALONE, arrived=np.nan)

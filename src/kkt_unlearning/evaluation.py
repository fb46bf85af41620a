"""Everything that is measured of an unlearned network, as rows of a tidy table."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from kkt_unlearning.certificates.certificate import certify, nearest_kkt_point
from kkt_unlearning.convex import ConvexSolver
from kkt_unlearning.datasets.geometry import near_orthogonality
from kkt_unlearning.maxmargin.point import KKTPoint
from kkt_unlearning.metrics import accuracy, activation_flips, cosine_distance
from kkt_unlearning.replicates import Replicates
from kkt_unlearning.tables import Row
from kkt_unlearning.unlearning import Unlearned
from kkt_unlearning.unlearning.ascent import starting_point


@dataclass(frozen=True)
class Reference:
    """What the unlearned networks of one replicate and forget set are compared with.

    Attributes:
        nearest: the exact KKT point of the retained problem next to the original one.
        retrained: weights ``(n, k)`` of the exact KKT point of the retrained network.
    """

    nearest: KKTPoint
    retrained: np.ndarray


def evaluate_replicate(
    replicates: Replicates,
    s: int,
    point: KKTPoint,
    trained: np.ndarray,
    unlearned: np.ndarray,
    retrained: np.ndarray,
    *,
    starts: Sequence[str],
    forget_sets: Sequence[Sequence[int]],
    fractions: Sequence[float],
    solver: ConvexSolver,
    pivots: int,
) -> Iterator[Row]:
    """One row for every (forget set, start, fraction) of replicate s.

    Args:
        point: its exact KKT point on all samples; trained: its trained weights ``(n, k)``.
        unlearned: weights after each step, ``(starts, forget sets, fractions, n, k)``.
        retrained: weights of the exact KKT point of each retrained network, ``(forget sets, n, k)``.
    """
    weights = {"exact": None, "trained": trained}
    for f, forget in enumerate(forget_sets):
        reference = Reference(nearest_kkt_point(point, tuple(forget), solver, pivots), retrained[f])
        for b, start in enumerate(starts):
            W, clarke = starting_point(point, weights[start])
            for a, fraction in enumerate(fractions):
                step = Unlearned(point, W, clarke, tuple(forget), fraction, unlearned[b, f, a])
                yield {"start": start} | evaluate(replicates, s, step, reference, solver)


def evaluate(
    replicates: Replicates, s: int, unlearned: Unlearned, reference: Reference, solver: ConvexSolver
) -> Row:
    """One row: certificate, bounds, distance to the retrained network, margins, flips, accuracy.

    ``docs/theory.md``, section 6. Units: ε relative to the norm of the scaled weights; margins for the
    network scaled to smallest margin 1 before the step; distances are ``1 − cos``.
    """
    problem = unlearned.point.problem
    retained_problem = problem.retain(unlearned.forget)
    before = retained_problem.margins(unlearned.start)
    after = retained_problem.margins(unlearned.W)
    psi, phi = near_orthogonality(problem.X)
    return {
        "seed": s,
        "forget": "+".join(map(str, unlearned.forget)),
        "forget_size": len(unlearned.forget),
        "fraction": unlearned.fraction,
        **asdict(certify(unlearned, reference.nearest, solver)),
        "distance_retrained": float(cosine_distance(unlearned.W, reference.retrained)),
        "distance_retrained_original": float(cosine_distance(unlearned.start, reference.retrained)),
        "margin_change": float(np.abs(after - before).max()),
        "smallest_margin": float(after.min()),
        "flips": activation_flips(retained_problem, unlearned.start, unlearned.W),
        **_accuracies(replicates, s, unlearned, reference),
        "psi": float(psi),
        "phi": float(phi),
    }


def _accuracies(replicates: Replicates, s: int, unlearned: Unlearned, reference: Reference) -> Row:
    networks = {
        "original": unlearned.start,
        "unlearned": unlearned.W,
        "retrained": reference.retrained,
    }
    return {
        f"accuracy_{name}": accuracy(replicates.fresh_outputs(s, W), replicates.y_fresh[s])
        for name, W in networks.items()
    }

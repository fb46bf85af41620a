"""Everything that is measured of an unlearned network, as rows of a tidy table."""

from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np

from kkt_unlearning.certificates.certificate import Certificate, certify_all
from kkt_unlearning.datasets.geometry import near_orthogonality
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import accuracy, activation_flips, cosine_distance
from kkt_unlearning.problem import kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.case import Case
from kkt_unlearning.studies.joint import at_given_delta
from kkt_unlearning.studies.replicates import Replicates
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.unlearning import Steps
from kkt_unlearning.unlearning.ascent import starting_point


def certificate_rows(
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
    solver: Solver,
    pivots: int,
) -> Iterator[Row]:
    """One row for every (start, forget set, fraction) of replicate s.

    Args:
        point: its exact KKT point on all samples; trained: its trained weights ``(n, k)``.
        unlearned: weights after each step, ``(starts, forget sets, fractions, n, k)``.
        retrained: weights of the exact KKT point of each retrained network, ``(forget sets, n, k)``.
    """
    weights = {"exact": None, "trained": trained}
    sets = tuple(tuple(forget) for forget in forget_sets)
    retained = retained_kkt_points(point, sets, solver, pivots)
    psi, phi = near_orthogonality(point.problem.X)
    for start, after in zip(starts, unlearned, strict=True):
        W, clarke = starting_point(point, weights[start])
        steps = Steps(point, W, clarke, sets, np.asarray(fractions, dtype=float), after)
        columns = step_columns(replicates, s, steps, retained, retrained, solver)
        for f, forget in enumerate(sets):
            for a, fraction in enumerate(fractions):
                yield {
                    "start": start,
                    "seed": s,
                    "forget": "+".join(map(str, forget)),
                    "forget_size": len(forget),
                    "fraction": fraction,
                    **{name: values[f, a].item() for name, values in columns.items()},
                    "psi": float(psi),
                    "phi": float(phi),
                }


def step_columns(
    replicates: Replicates,
    s: int,
    steps: Steps,
    retained: Sequence[KKTPoint],
    retrained: np.ndarray,
    solver: Solver,
) -> dict[str, np.ndarray]:
    """Columns ``(F, A)``: certificate, bounds, ε at given δ, distance to the retrained network, margins, …

    ``docs/theory.md``, section 6. Units: ε relative to the norm of the scaled weights; margins for the
    network scaled to smallest margin 1 before the step; distances are ``1 − cos``.

    Args:
        retained: exact KKT points of the retained problems, one a forget set.
        retrained: weights ``(F, n, k)`` of the exact KKT points of the retrained networks.
    """
    problem = steps.point.problem
    keep = kept(problem.samples, steps.forget_sets)[:, None, :]
    before, after = problem.margins(steps.start), problem.margins(steps.W)
    certificate = certify_all(steps, retained, solver)
    shape, target = steps.W.shape[:2], retrained[:, None]
    columns = {field.name: getattr(certificate, field.name) for field in fields(Certificate)}
    columns |= at_given_delta(steps, solver)
    columns |= {
        "distance_retrained": cosine_distance(steps.W, target),
        "distance_retrained_original": cosine_distance(steps.start, target),
        "margin_change": np.where(keep, np.abs(after - before), 0.0).max(axis=-1),
        "smallest_margin": np.where(keep, after, np.inf).min(axis=-1),
        "flips": activation_flips(problem, steps.start, steps.W, keep),
        **_accuracies(replicates, s, steps, retrained),
    }
    return {name: np.broadcast_to(values, shape) for name, values in columns.items()}


def _accuracies(
    replicates: Replicates, s: int, steps: Steps, retrained: np.ndarray
) -> dict[str, np.ndarray]:
    networks = {"original": steps.start, "unlearned": steps.W, "retrained": retrained[:, None]}
    return {
        f"accuracy_{name}": accuracy(replicates.fresh_outputs(s, W), replicates.y_fresh[s])
        for name, W in networks.items()
    }


def certificate(case: Case) -> Iterator[Row]:
    """Measure ``certificate`` of one replicate."""
    return certificate_rows(
        case.batch,
        case.s,
        case.point,
        case.arrays["trained"],
        case.arrays["unlearned"],
        case.arrays["retrained"],
        starts=case.settings["starts"],
        forget_sets=case.forget_sets,
        fractions=case.settings["fractions"],
        solver=case.solver,
        pivots=case.pivots,
    )

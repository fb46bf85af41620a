"""How near a network is to a KKT point of the max-margin problem on its training data."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.audit.model import Model, follow
from kkt_unlearning.audit.subject import Report, Subject, silent, subject
from kkt_unlearning.backends import Array
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.certificates.stationarity import smallest_margin
from kkt_unlearning.clarke import fit_multipliers
from kkt_unlearning.datasets.geometry import near_orthogonality
from kkt_unlearning.errors import NotConvergedError
from kkt_unlearning.kkt import KKTResiduals, kkt_residuals
from kkt_unlearning.maxmargin.point import KKTPoint, kkt_point
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.multipliers import (
    least_squares_multipliers,
    loss_gradient_multipliers,
    orthogonal_multipliers,
)
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.training.descent import Descent


@dataclass(frozen=True, eq=False)
class Nearness:
    """What :func:`kkt` measures; everything for the network scaled to smallest margin 1.

    Attributes:
        margins: ``q_i/γ (m,)``; smallest_margin: γ, at the scale of the given weights.
        autograd: the KKT residuals at the network itself, with automatic differentiation's 0/1 derivatives
            and the multipliers that fit best.
        clarke: the same with derivatives free in [0, 1] on the kinks, at the network moved onto the kinks of
            the nearest exact point.
        moved: ``1 − cos`` between these two networks; kinks: the number of pre-activations that it puts on 0.
        multipliers: ``λ (m,)`` by name: ``exact`` of the exact KKT point; ``least_squares``,
            ``loss_gradient`` and ``orthogonal``, estimates from the network alone (``docs/theory.md``,
            section 7).
        psi, phi: ``max_i |‖x_i‖² − 1|`` and ``max_{i≠j} |⟨x_i, x_j⟩|`` of the samples as the network sees
            them.
        exact: the exact KKT point that the activations lead to, at the norm of the given weights.
        distance: ``1 − cos`` from the network to it; gap: its duality gap; residuals: its own KKT residuals.
        settled: whether it lies in the activation cell of the network; else ``flipped`` supporting
            activations were turned, over ``cells`` cells.
    """

    margins: Array
    smallest_margin: float
    autograd: KKTResiduals
    clarke: KKTResiduals
    moved: float
    kinks: int
    multipliers: dict[str, Array]
    psi: float
    phi: float
    exact: Model
    distance: float
    gap: float
    residuals: KKTResiduals
    flipped: int
    cells: int

    @property
    def settled(self) -> bool:
        """Whether no supporting activation had to be turned."""
        return self.flipped == 0


def kkt(
    model: Model,
    X: Array,
    y: Array,
    *,
    loss: str = "exponential",
    solver: Solver | None = None,
    report: Report | None = None,
) -> Nearness:
    """The four KKT residuals, the multipliers and the nearest exact KKT point of a trained network.

    Args:
        model: the network; X: its training data ``(m, d)``; y: their labels ±1, ``(m,)``.
        loss: ``exponential`` or ``logistic``, whose gradients one of the estimates of λ uses.
        solver: for the quadratic programs.
        report: is told what is being computed.

    Returns:
        Arrays in the library, dtype and on the device of X; computed in float64 on the host.

    Raises:
        DataError: bad data, weights that do not fit them, or an unknown loss.
        NotConvergedError: a sample is not classified, so that no scale makes the network feasible; or the
            walk to the exact point did not end.
        SolverError: a quadratic program could not be solved to the solver's tolerance.

    ``docs/theory.md``, sections 4, 5 and 7.
    """
    say, solver = report or silent, solver or Solver()
    descent = Descent(loss=loss)
    audited = subject(X, y, model)
    gamma = feasible_margin(audited)
    problem, W = audited.problem, audited.networks[0] / gamma
    say("exact KKT point")
    point = kkt_point(problem, problem.pattern(W), solver)
    say("multipliers")
    multipliers = _multipliers(problem, W, point, descent)
    autograd = kkt_residuals(problem, W, multipliers["least_squares"], problem.pattern(W))
    say("KKT residuals with Clarke derivatives")
    clarke, moved, kinks = _on_kinks(point, W, solver)
    psi, phi = near_orthogonality(audited.features)
    return Nearness(
        margins=follow(problem.margins(W), X),
        smallest_margin=gamma,
        autograd=autograd,
        clarke=clarke,
        moved=moved,
        kinks=kinks,
        multipliers={name: follow(values, X) for name, values in multipliers.items()},
        psi=float(psi),
        phi=float(phi),
        exact=model.with_weights(audited.at_norm(0, point.W), X),
        distance=float(cosine_distance(W, point.W)),
        gap=point.gap,
        residuals=point.residuals,
        flipped=point.flipped,
        cells=point.cells,
    )


def feasible_margin(audited: Subject) -> float:
    """``γ = min_i q_i`` of the first network.

    Raises:
        NotConvergedError: it is not positive.
    """
    gamma = audited.smallest_margin(0)
    if gamma > 0:
        return gamma
    q = audited.problem.margins(audited.networks[0])
    worst, wrong = int(q.argmin()), int((q <= 0).sum())
    raise NotConvergedError(
        f"sample {worst} has margin {q[worst]:.3g} ({wrong} of {len(q)} samples have none above 0): allowed "
        "are positive margins, which alone can be scaled to 1; train on until the network classifies every "
        "sample."
    )


def _multipliers(
    problem: Problem, W: np.ndarray, point: KKTPoint, descent: Descent
) -> dict[str, np.ndarray]:
    # Slopes divided by the loss: their ratios are what counts, and these do not underflow.
    slopes = descent.slopes(problem.margins(W))
    return {
        "exact": point.multipliers,
        "least_squares": least_squares_multipliers(problem, W),
        "loss_gradient": loss_gradient_multipliers(problem, W, slopes),
        "orthogonal": orthogonal_multipliers(problem, W),
    }


def _on_kinks(point: KKTPoint, W: np.ndarray, solver: Solver) -> tuple[KKTResiduals, float, int]:
    """Residuals at W put onto the kinks and into the cell of the exact point; how far that is; the kinks."""
    problem = point.problem
    there = restore(problem, W, point.pattern, point.kinks)
    gamma = smallest_margin(problem, there.W, problem.margins(there.W))
    if not gamma > 0:
        nowhere = KKTResiduals(*[np.inf] * 5)
        return nowhere, float(cosine_distance(W, there.W)), int(there.kinks.sum())
    caps = np.full(problem.samples, np.inf)
    guess = (point.multipliers, point.clarke)
    scaled = there.W / gamma
    fit = fit_multipliers(problem, scaled, there.kinks, caps, solver, guess)
    residuals = kkt_residuals(problem, scaled, fit.multipliers, fit.clarke, there.kinks)
    return residuals, float(cosine_distance(W, there.W)), int(there.kinks.sum())

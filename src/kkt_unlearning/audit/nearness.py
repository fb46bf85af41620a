"""How near a network is to a KKT point of the max-margin problem on its training data."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from kkt_unlearning.arrays import follow
from kkt_unlearning.audit.assumptions import Assumption, arrival
from kkt_unlearning.audit.exact import exact_point, near_orthogonality, telling
from kkt_unlearning.audit.model import Model
from kkt_unlearning.audit.modules import as_model, put_back
from kkt_unlearning.audit.outputs import arrived, joint_distance, joint_fit
from kkt_unlearning.audit.subject import Report, Subject, silent, subject
from kkt_unlearning.backends import Array
from kkt_unlearning.certificates.restore import Restored, restore
from kkt_unlearning.errors import NotConvergedError
from kkt_unlearning.kkt.clarke import ClarkeFit, fit_multipliers
from kkt_unlearning.kkt.multipliers import (
    least_of_best,
    loss_gradient_multipliers,
    orthogonal_multipliers,
)
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.kkt.residuals import KKTResiduals, kkt_residuals
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import Problem, smallest_margin
from kkt_unlearning.quadratic.solver import SOLVED, Solver
from kkt_unlearning.training.descent import Descent


@dataclass(frozen=True, eq=False)
class Nearness:
    """What :func:`kkt` measures; everything for the network scaled to smallest margin 1.

    Attributes:
        applies: whether the theory is about this network: whether it is near a KKT point.
        margins: ``q_i/γ (m,)``; smallest_margin: γ, at the scale of the given weights.
        autograd: the KKT residuals at the network itself, with automatic differentiation's 0/1 derivatives
            and the multipliers that fit best, of several those that the solver reaches from the exact ones.
        clarke: the same with derivatives free in [0, 1] on the kinks, at the network moved onto the kinks of
            the exact point; infinite where that does not classify every sample.
        bounded: whether the stationarity of ``clarke`` is an upper bound: for trained output weights, where
            derivatives are those that fit W best, and far from a KKT point with many samples, where the
            least value would take long.
        fitted: the multipliers ``λ (m,)`` of ``autograd`` and ``clarke`` by name: each one choice for all of
            its residuals.
        moved: ``1 − cos`` between these two networks; kinks: the number of pre-activations that it puts on 0.
        moved_margin: the smallest margin of the second over its largest.
        multipliers: ``λ (m,)`` by name: ``exact`` of the exact KKT point; ``least_squares``,
            ``loss_gradient`` and ``orthogonal``, estimates from the network alone (``docs/theory.md``,
            section 7). mean_multiplier: the mean of the exact ones, their unit.
        psi, phi: ``max_i |‖x_i‖² − 1|`` and ``max_{i≠j} |⟨x_i, x_j⟩|`` of the samples as the network sees
            them, in units in which ``‖x_i‖²`` is 1 on average; phi_of_all_pairs: else φ is of the longest
            samples with all others, and a lower bound.
        exact: the exact KKT point that the activations lead to, at the smallest margin of the given weights;
            for trained output weights that of W, with u held fixed. As the network was given: a
            :class:`Model`, or a module of the same class.
        distance: ``1 − cos`` from the network to it; gap: its duality gap; residuals: its own KKT residuals.
        settled: whether it lies in the activation cell of the network; else ``flipped`` supporting
            activations were turned, over ``cells`` cells.
    """

    applies: Assumption
    margins: Array
    smallest_margin: float
    autograd: KKTResiduals
    clarke: KKTResiduals
    bounded: bool
    fitted: dict[str, Array]
    moved: float
    moved_margin: float
    kinks: int
    multipliers: dict[str, Array]
    mean_multiplier: float
    psi: float
    phi: float
    phi_of_all_pairs: bool
    exact: Any
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
    model: Any,
    X: Array,
    y: Array,
    *,
    loss: str = "exponential",
    solver: Solver | None = None,
    report: Report | None = None,
) -> Nearness:
    """The KKT residuals and multipliers of a trained network, and the exact KKT point that it leads to.

    Args:
        model: the network, a :class:`Model`, a ``torch.nn.Module`` or an estimator of scikit-learn
            (:mod:`kkt_unlearning.audit.modules`); X: its training data ``(m, d)``; y: their labels ±1,
            ``(m,)``.
        loss: ``exponential`` or ``logistic``, whose gradients one of the estimates of λ uses.
        solver: for the quadratic programs.
        report: is told what is being computed.

    Returns:
        Arrays in the library and on the device of X, weights in those of the model's
            (:func:`kkt_unlearning.arrays.follow`); computed in float64 on the host.

    Raises:
        DataError: bad data, weights that do not fit them, or an unknown loss.
        NotConvergedError: a sample is not classified, so that no scale makes the network feasible; or the
            walk to the exact point did not end.
        SolverError: a quadratic program could not be solved to the solver's tolerance.

    ``docs/theory.md``, sections 4, 5 and 7.
    """
    say = report or silent
    solver = telling(solver, say)
    descent = Descent(loss=loss)
    given, model = model, as_model(model, X)
    audited, gamma = at_unit_margin(model, X, y)
    problem, W = audited.problem, audited.networks[0]
    point = exact_point(problem, W, solver, say)
    say("multipliers")
    measure, smooth = _Residuals(point, solver, model.trained_outputs), np.zeros_like(point.kinks)
    fit = measure.fit(W, smooth)
    multipliers = _multipliers(problem, W, point, fit, descent)
    say("KKT residuals")
    there = Restored(W, point.kinks)
    autograd = clarke = measure.of_fit(W, smooth, fit)
    least = True
    if problem.network.has_kinks:
        there = restore(problem, W, point.pattern, point.kinks, point.of_cell)
        clarke, least = measure.best(there.W, there.kinks)
    distance = cosine_distance
    if model.trained_outputs:
        distance = partial(joint_distance, u=problem.output_weights)
    q = problem.margins(there.W)
    lengths = np.linalg.norm(problem.X, axis=1)
    psi, phi, all_pairs = near_orthogonality(problem.X / np.sqrt((lengths**2).mean()), say)
    return Nearness(
        applies=arrival(arrived(point, W, model.trained_outputs)),
        margins=follow(problem.margins(W), X),
        smallest_margin=gamma,
        autograd=autograd[0],
        clarke=clarke[0],
        bounded=problem.network.has_kinks and (model.trained_outputs or not least),
        fitted={"autograd": follow(autograd[1], X), "clarke": follow(clarke[1], X)},
        moved=float(distance(W, there.W)),
        moved_margin=float(q.min() / np.abs(q).max()),
        kinks=int(there.kinks.sum()),
        multipliers={name: follow(values, X) for name, values in multipliers.items()},
        mean_multiplier=float(point.multipliers.mean()),
        psi=psi,
        phi=phi,
        phi_of_all_pairs=all_pairs,
        exact=put_back(audited.model(model, point.W, gamma), given),
        distance=float(distance(W, point.W)),
        gap=point.gap,
        residuals=measure.exact(),
        flipped=point.flipped,
        cells=point.cells,
    )


def at_unit_margin(model: Model, X: Array, y: Array) -> tuple[Subject, float]:
    """The network scaled to smallest margin 1, and the margin γ that it had.

    Raises:
        DataError: see :func:`kkt_unlearning.audit.subject.subject`.
        NotConvergedError: γ is not positive.
    """
    audited = subject(X, y, model)
    gamma = audited.smallest_margin(0)
    if gamma > 0:
        return audited.scaled(gamma, model.degree), gamma
    raise NotConvergedError(_not_classified(audited.problem, audited.networks[0]))


def _not_classified(problem: Problem, W: np.ndarray) -> str:
    """The sentence for weights that do not classify every sample, with the remedy for the cause."""
    q, P = problem.margins(W), problem.preactivations(W)
    worst, wrong = int(q.argmin()), int((q <= 0).sum())
    dead = ~((problem.signs > 0) & (P > 0)).any(axis=0) & problem.network.has_kinks
    if 2 * int((q < 0).sum()) > len(q):
        remedy = "most are on the other side, so if the two labels are swapped, give -y, and else train on"
    elif wrong == 0:
        remedy = (
            f"beside {q.max():.3g}, the largest, that is round-off, so check the units of that row, or train "
            "on until it has a larger share"
        )
    elif dead.any():
        remedy = (
            f"no neuron that speaks for the label of sample {int(dead.argmax())} is active on it, so that "
            "more training moves none: train a wider network, or from another seed or larger initial weights"
        )
    else:
        remedy = "train on until the network classifies every sample"
    return (
        f"sample {worst} has margin {q[worst]:.3g} ({wrong} of {len(q)} samples have none above 0): allowed "
        f"are positive margins, which alone can be scaled to 1; {remedy}."
    )


def _multipliers(
    problem: Problem, W: np.ndarray, point: KKTPoint, fit: ClarkeFit, descent: Descent
) -> dict[str, np.ndarray]:
    # Slopes divided by the loss: their ratios are what counts, and these do not underflow.
    slopes = descent.slopes(problem.margins(W))
    return {
        "exact": point.multipliers,
        "least_squares": least_of_best(problem, W, fit.multipliers),
        "loss_gradient": loss_gradient_multipliers(problem, W, slopes),
        "orthogonal": orthogonal_multipliers(problem, W),
    }


@dataclass(frozen=True)
class _Residuals:
    """The KKT residuals near an exact point, all of them with one choice of multipliers.

    Attributes:
        point: the exact point; joint: whether output weights are trained, so that they count in stationarity.
    """

    point: KKTPoint
    solver: Solver
    joint: bool

    def fit(self, W: np.ndarray, kinks: np.ndarray) -> ClarkeFit:
        """The multipliers and derivatives that leave the least stationarity at ``W (n, k)`` of margin 1.

        Where several do, the solver's start decides, from the exact multipliers, which near the exact point
        leave the other residuals small as well.
        """
        problem, point = self.point.problem, self.point
        caps = np.full(problem.samples, np.inf)
        guess = point.multipliers, point.clarke if kinks.any() else problem.pattern(W)
        return fit_multipliers(problem, W, kinks, caps, self.solver, guess, bound=bool(kinks.any()))

    def best(
        self, W: np.ndarray, kinks: np.ndarray
    ) -> tuple[tuple[KKTResiduals, np.ndarray], bool]:
        """The residuals at ``W (n, k)`` and the multipliers that leave the least stationarity; if they do."""
        problem = self.point.problem
        gamma = float(smallest_margin(problem, W, problem.margins(W)))
        if not gamma > 0:
            return (KKTResiduals(*[np.inf] * 5), np.full(problem.samples, np.nan)), True
        fit = self.fit(W / gamma, kinks)
        return self.of_fit(W, kinks, fit), bool(fit.least)

    def of_fit(
        self, W: np.ndarray, kinks: np.ndarray, fit: ClarkeFit
    ) -> tuple[KKTResiduals, np.ndarray]:
        """The same, where the fit of W scaled to margin 1 is known."""
        problem = self.point.problem
        gamma = float(problem.margins(W).min())
        if self.joint:
            caps = np.full(problem.samples, np.inf)
            return self._of_all_weights(W, fit.clarke, kinks, caps, gamma * fit.multipliers)
        found = kkt_residuals(problem, W / gamma, fit.multipliers, fit.clarke, kinks)
        return found, fit.multipliers

    def exact(self) -> KKTResiduals:
        """Of the exact point itself."""
        point, problem = self.point, self.point.problem
        if not self.joint:
            return point.residuals
        caps = np.where(problem.margins(point.W) > 1.0 + SOLVED, 0.0, np.inf)
        return self._of_all_weights(point.W, point.clarke, point.kinks, caps, point.multipliers)[0]

    def _of_all_weights(
        self,
        W: np.ndarray,
        clarke: np.ndarray,
        kinks: np.ndarray,
        caps: np.ndarray,
        guess: np.ndarray,
    ) -> tuple[KKTResiduals, np.ndarray]:
        problem = self.point.problem
        together, multipliers = joint_fit(problem, W, clarke, caps, self.solver, guess)
        scaled = W / problem.margins(W).min()
        found = kkt_residuals(problem, scaled, multipliers, clarke, kinks)
        return replace(found, stationarity=together), multipliers

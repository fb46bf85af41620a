"""The linear max-margin classifier."""

import numpy as np

from kkt_unlearning.audit.model import Model
from kkt_unlearning.errors import DataError, NotSeparableError
from kkt_unlearning.estimators.base import MaxMarginClassifier
from kkt_unlearning.kkt.point import KKTPoint, kkt_point
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem


class MaxMarginLinear(MaxMarginClassifier):
    """``N(θ, x) = ⟨w, x⟩ + b``, trained towards ``min ½(‖w‖² + b²)`` with margin 1 on every sample.

    Training is full-batch gradient descent from 0. The data have to be linearly separable. The bias is the
    weight of a feature that is 1 everywhere: it counts in the norm, where an SVM leaves it out, and adds 1 to
    the inner product of any two samples, which takes samples of norm 1 far from orthogonal.

    Args:
        fit_intercept: whether there is a bias.
        loss: ``exponential`` or ``logistic``.
        step: ``normalised`` or ``constant``.
        step_size: η, in units of ``1 / max_i ‖x_i‖²`` (bias feature included): one value fits data of any
            scale.
        steps: number of steps, at most.
        minimum_margin: training counts as converged once every margin exceeds this; after it the margins are
            scaled so that the smallest is 1.
        stop_distance: end before the last step once ``1 − cos`` to the exact KKT point is at most this; 0
            makes all steps.

    Attributes:
        classes_: the two labels, of any type; the first is −1, the second +1.
        coef_: ``w (1, d)``; after ``fit`` the trained weights, smallest margin 1, later the unlearned ones.
        intercept_: ``b (1,)``; 0 without one.
        kkt_point_: the exact KKT point (:class:`kkt_unlearning.KKTPoint`) with its data, in the coordinates
            of X, the bias feature last. After ``unlearn``: less the forgotten samples and their terms, and no
            longer exact unless by the downdate; its ``residuals`` say by how much.
        multipliers_: its λ ``(m,)``, one for each sample still held.
        certificate_: after ``unlearn``: the :class:`kkt_unlearning.Certificate` of the weights.
        forgotten_: rows forgotten so far, in the order in which they were named.
        copies_: rows still held that are copies of forgotten ones, label included: what these said stays.
        distance_: ``1 − cos`` of the trained weights to the exact KKT point. The theory is about small ones:
            the audit allows 1e-3.
        n_iter_: steps made, 0 of a network that was trained elsewhere (`from_model`).
        n_features_in_, feature_names_in_: as everywhere in scikit-learn.

    Paper: Section 3; ``docs/theory.md``, section 1; ``docs/estimators.md``.
    """

    def __init__(
        self,
        fit_intercept: bool = True,
        loss: str = "exponential",
        step: str = "normalised",
        step_size: float = 1.0,
        steps: int = 4000,
        minimum_margin: float = 1.0,
        stop_distance: float = 0.0,
    ) -> None:
        self.fit_intercept = fit_intercept
        self.loss = loss
        self.step = step
        self.step_size = step_size
        self.steps = steps
        self.minimum_margin = minimum_margin
        self.stop_distance = stop_distance

    def _network(self) -> Linear:
        return Linear()

    @classmethod
    def _check_model(cls, model: Model) -> None:
        if model.u is not None:
            raise DataError(
                "the network has two layers, but MaxMarginLinear is of one: use MaxMarginTwoLayer.from_model."
            )

    def _initial_weights(self, dimension: int) -> np.ndarray:
        return np.zeros((1, dimension))

    def _point_before_training(self, problem: Problem) -> KKTPoint:
        try:
            return kkt_point(problem, np.ones((1, problem.samples)))
        except NotSeparableError as error:
            raise NotSeparableError(
                f"no hyperplane separates the two classes of these {problem.samples} samples, so the linear "
                "model has no KKT point; give more features, or use MaxMarginTwoLayer."
            ) from error

    def _parts(self) -> tuple[np.ndarray, np.ndarray]:
        return self.coef_, self.intercept_

    def _set_parts(self, W: np.ndarray, bias: np.ndarray) -> None:
        self.coef_, self.intercept_ = W, bias

"""The two-layer ReLU network as a classifier."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from kkt_unlearning.audit.model import Model
from kkt_unlearning.errors import DataError
from kkt_unlearning.estimators.base import MaxMarginClassifier
from kkt_unlearning.kkt.point import PIVOTS
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.networks.initial import gaussian_weights


class MaxMarginTwoLayer(MaxMarginClassifier):
    """``N(θ, x) = Σ_j u_j max(0, ⟨w_j, x⟩ + b_j)`` with ``u_j = ±1/√n`` fixed and ``θ = (W, b)`` trained.

    Training is full-batch gradient descent from ``(w_j, b_j) ~ N(0, σ² I/(d + 1))``, towards a KKT point of
    ``min ½‖θ‖²`` with margin 1 on every sample. The biases are the weights of a feature that is 1 everywhere:
    they count in the norm, and it adds 1 to the inner product of any two samples, which takes samples of norm
    1 far from orthogonal.

    Args:
        width: number n of neurons.
        initial_scale: σ, about the norm of an initial row, in units of ``1 / max_i ‖x_i‖``.
        fit_intercept: whether the neurons have biases.
        loss: ``exponential`` or ``logistic``.
        step: ``normalised`` or ``constant``.
        step_size: η, in units of ``1 / max_i ‖x_i‖²`` (bias feature included): one value fits data of any
            scale.
        steps: number of steps, at most.
        minimum_margin: training counts as converged once every margin exceeds this; after it the margins are
            scaled so that the smallest is 1.
        stop_distance: end before the last step once the activations have settled and ``1 − cos`` to the exact
            KKT point is at most this; 0 makes all steps.
        pivots: activation cells that are left, at most, on the way to the exact KKT point.
        random_state: seed or generator of the initial weights.

    Attributes:
        classes_: the two labels, of any type; the first is −1, the second +1.
        weights_: ``W (n, d)``; after ``fit`` the trained weights, smallest margin 1, later the unlearned
            ones.
        hidden_bias_: ``b (n,)``; 0 without biases.
        output_weights_: ``u (n,)``.
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

    Paper: Section 4; ``docs/theory.md``, section 1; ``docs/estimators.md``.
    """

    def __init__(
        self,
        width: int = 100,
        initial_scale: float = 0.1,
        fit_intercept: bool = True,
        loss: str = "exponential",
        step: str = "normalised",
        step_size: float = 1.0,
        steps: int = 4000,
        minimum_margin: float = 1.0,
        stop_distance: float = 0.0,
        pivots: int = PIVOTS,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.width = width
        self.initial_scale = initial_scale
        self.fit_intercept = fit_intercept
        self.loss = loss
        self.step = step
        self.step_size = step_size
        self.steps = steps
        self.minimum_margin = minimum_margin
        self.stop_distance = stop_distance
        self.pivots = pivots
        self.random_state = random_state

    def _network(self) -> TwoLayer:
        return TwoLayer(self.width)

    @classmethod
    def _check_model(cls, model: Model) -> None:
        if model.u is None:
            raise DataError(
                "the network is a linear model, but MaxMarginTwoLayer has two layers: use "
                "MaxMarginLinear.from_model."
            )
        if model.trained_outputs:
            raise DataError(
                "the output weights of the network are trained, but MaxMarginTwoLayer is about fixed ones: "
                "hold them fixed in training (requires_grad_(False)), or use kkt_unlearning.audit.unlearn."
            )

    @classmethod
    def _parameters(cls, model: Model) -> dict[str, Any]:
        return super()._parameters(model) | {"width": model.width}

    def _initial_weights(self, dimension: int) -> np.ndarray:
        scale = self.initial_scale
        if not (isinstance(scale, Real) and 0 < scale < np.inf):
            raise DataError(
                f"initial_scale = {scale!r}: allowed are finite numbers > 0; 0.1 is usual."
            )
        generator = check_random_state(self.random_state)
        return gaussian_weights(generator, self.width, dimension, self.initial_scale)

    def _parts(self) -> tuple[np.ndarray, np.ndarray]:
        return self.weights_, self.hidden_bias_

    def _set_parts(self, W: np.ndarray, bias: np.ndarray) -> None:
        self.weights_, self.hidden_bias_ = W, bias
        self.output_weights_ = self.kkt_point_.problem.network.output_weights

"""What both estimators do: train, find the exact KKT point, and take terms out of it again.

NumPy in and out: arrays of other libraries are converted, as scikit-learn does by default.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from kkt_unlearning.arrays import host
from kkt_unlearning.audit.model import Model
from kkt_unlearning.audit.modules import as_model
from kkt_unlearning.certificates.certificate import Certificate, certify
from kkt_unlearning.certificates.method import check_method, downdated, restored
from kkt_unlearning.datasets.dataset import check_lengths, contradiction
from kkt_unlearning.errors import ArgumentError, DataError, NotSeparableError, bracketed, check_flag
from kkt_unlearning.kkt.arrival import Arrival
from kkt_unlearning.kkt.copies import copies_that_stay
from kkt_unlearning.kkt.point import PIVOTS, KKTPoint, kkt_point
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.precision import LARGEST
from kkt_unlearning.problem import Network, Problem, retained, row_numbers
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.span import span_coordinates
from kkt_unlearning.unlearning.ascent import (
    Unlearned,
    check_start,
    check_step,
    left_to_copies,
    starting_point,
)
from kkt_unlearning.unlearning.held import Held

_OF_THE_STEP = ("epsilon_bound", "delta_bound", "flip_term")


@contextmanager
def _argument_errors() -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise ArgumentError(str(error)) from error


@contextmanager
def _all_or_nothing(estimator: BaseEstimator) -> Iterator[None]:
    """What changes the attributes of an estimator and fails leaves all of them as they were."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


class MaxMarginClassifier(ClassifierMixin, BaseEstimator):
    """Training, the KKT point and unlearning; a subclass says of which network, and names its weights."""

    fit_intercept: bool
    loss: str
    step: str
    step_size: float
    steps: int
    minimum_margin: float
    stop_distance: float
    pivots: int = 0  # a linear model has one cell
    # where unlearning began, the derivatives of its steps, and where these have led
    _start: str | None
    _derivatives: np.ndarray | None
    _stepped: np.ndarray | None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train by gradient descent, and find the exact KKT point of the activations reached.

        Where an error is raised nothing has changed: an earlier fit stays as it was.

        Args:
            X: features ``(m, d)``, dense and finite.
            y: labels ``(m,)`` of two classes, of any type.

        Raises:
            ArgumentError: a parameter that is not allowed, or not two classes (a ``ValueError``).
            NotSeparableError: a point is in both classes, or no hyperplane separates them (linear model).
            NotConvergedError: a margin is at most ``minimum_margin`` after the last step (samples that no
                neuron speaks for are named), or no KKT point was found within ``pivots`` cells.
        """
        with _argument_errors(), _all_or_nothing(self):
            return self._fit(X, y)

    @classmethod
    def from_model(cls, model: Any, X: Any, y: Any) -> Self:
        """An estimator as :meth:`fit` leaves it, of a network that was trained elsewhere; nothing is trained.

        Its parameters are the usual ones, but for the width and ``fit_intercept`` of the network.

        Args:
            model: a :class:`kkt_unlearning.audit.Model`, a ``torch.nn.Module`` or a fitted estimator of
                scikit-learn with ``coef_``; output weights, if any, held fixed in training.
            X: features ``(m, d)`` that it was trained on; y: labels ``(m,)`` of two classes, of which the
                network is positive on the second in order.

        Raises:
            ArgumentError: a network of another kind, or one that does not classify every sample.
            NotSeparableError, NotConvergedError: as in :meth:`fit`.
        """
        with _argument_errors():
            given = as_model(model, X)
            cls._check_model(given)
            return cls(**cls._parameters(given))._fit(X, y, given)

    def _fit(self, X: Any, y: Any, given: Model | None = None) -> Self:
        X, y = validate_data(self, _on_host("X", X), _on_host("y", y), dtype=np.float64)
        classes, labels = _signed(y)
        if given is None:
            problem = Problem(self._network(), self._features(X), labels)
        else:
            problem = Problem(given.network, given.features(X), labels)
        size = _longest(problem.X)
        _check_contradictions(X, y)
        check_lengths(problem.X, "the data")
        # In these units one step size fits data of every scale, which neither network knows of by itself.
        unit = Problem(problem.network, problem.X / size, problem.y)
        if given is None:
            self.n_iter_, point, start = self._trained(unit)
        else:
            self.n_iter_, point, start = 0, *self._taken(unit, given.weights * size)
        self.classes_ = classes
        self.kkt_point_ = _rescaled(point, problem, size)
        self._set_weights(start / size)
        self.multipliers_ = self.kkt_point_.multipliers
        self.distance_ = float(cosine_distance(point.W, start))
        self.forgotten_ = np.array([], dtype=int)
        self.copies_ = np.array([], dtype=int)
        self._start, self._derivatives, self._stepped = None, None, None
        self.__dict__.pop("certificate_", None)
        return self

    def unlearn(
        self,
        forget: Sequence[int],
        fraction: float = 1.0,
        start: str = "trained",
        allow_idle: bool = False,
        method: str = "step",
    ) -> Self:
        """Forget samples: ``θ − α Σ_{r∈R} λ_r y_r g_r``, in place of the weights, with ``certificate_``.

        Changes the estimator and returns it. Once the certificate is there, the rows, labels and multipliers
        of the forgotten samples are dropped. A further call forgets more: the weights are those of one step
        for the union of the sets, in any order, and ``certificate_`` is of the network and the samples then
        held. Where an error is raised nothing has changed.

        Args:
            forget: indices R of rows of the ``X`` that was given to ``fit``, in its numbering, whatever has
                been forgotten since.
            fraction: α ≥ 0, the step as a fraction of the prescribed one.
            start: ``trained`` (the weights from training, scaled to smallest margin 1) or ``exact`` (the
                exact KKT point). Later calls go on from where the first began, and allow no other.
            allow_idle: make a step that changes nothing as well, or one that leaves nothing since every
                sample that the network rests on is forgotten.
            method: ``step``: the weights θ' after the step. ``restored``: θ' put back into the activation
                cell of the exact point; a later call goes on from θ'. ``downdate``: the exact KKT point of
                the samples still held, from the activations before the step; a later call goes on from it,
                and may name either start.

        Raises:
            ArgumentError: a bad forget set, fraction, start or method, a step of no effect, or an earlier
                call left a sample that is not classified (a ``ValueError``).
            NotSeparableError, NotConvergedError, SolverError: no certificate could be computed.

        Paper: Section 2.3; ``docs/theory.md``, section 6; several calls: ``docs/questions/batch.md``,
        section 5.
        """
        check_is_fitted(self, "kkt_point_")
        with _argument_errors(), _all_or_nothing(self):
            return self._unlearn(forget, fraction, start, allow_idle, method)

    def _unlearn(
        self, forget: Sequence[int], fraction: float, start: str, allow_idle: bool, method: str
    ) -> Self:
        check_method(method, fraction)
        rows = row_numbers(forget)
        if not rows:
            raise DataError(
                "forget = []: allowed are rows of X, from 0, at least one and each once; name such rows."
            )
        held, positions = self._held(start), self._positions(rows)
        numbers, copies = self._held_rows(), copies_that_stay(held.point.problem, positions)
        point = left_to_copies(held.point, positions)
        check_step(point, positions, fraction, allow_idle=allow_idle, rows=numbers)
        after, W, certificate = _carried_out(held, positions, fraction, method)
        self._set_weights(W)
        self.kkt_point_, self._derivatives, self._stepped = after.point, after.derivatives, after.W
        self.multipliers_ = after.point.multipliers
        self.forgotten_ = np.concatenate([self.forgotten_, np.array(rows, dtype=int)])
        self.copies_ = np.setdiff1d(np.union1d(self.copies_, numbers[copies]), self.forgotten_)
        self.certificate_, self._start = certificate, None if method == "downdate" else start
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """``N(θ, x)``, positive for ``classes_[1]``, shape ``(m,)``; ±1 or beyond on what was fitted."""
        check_is_fitted(self, "kkt_point_")
        X = validate_data(self, _on_host("X", X), dtype=np.float64, reset=False)
        network, (W, bias) = self.kkt_point_.problem.network, self._parts()
        P = X @ W.T + bias
        return (network.derivative(P) * P) @ network.output_weights

    def predict(self, X: Any) -> np.ndarray:
        """The class of each row, shape ``(m,)``."""
        positive = self.decision_function(X) > 0
        return self.classes_[positive.astype(int)]

    def _network(self) -> Network:
        raise NotImplementedError

    @classmethod
    def _check_model(cls, model: Model) -> None:
        """Refuse a network of another kind."""
        raise NotImplementedError

    @classmethod
    def _parameters(cls, model: Model) -> dict[str, Any]:
        """Those of an estimator of such a network."""
        return {"fit_intercept": model.bias is not None}

    def _initial_weights(self, dimension: int) -> np.ndarray:
        """``W(0) (n, d)``, for data whose longest sample has norm 1."""
        raise NotImplementedError

    def _parts(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights ``(n, d)`` and biases ``(n,)``, of the fitted attributes."""
        raise NotImplementedError

    def _set_parts(self, W: np.ndarray, bias: np.ndarray) -> None:
        raise NotImplementedError

    def _weights(self) -> np.ndarray:
        """``W``, ``(n, d)`` or with biases as the last column ``(n, d + 1)``."""
        W, bias = self._parts()
        has_bias = self.kkt_point_.problem.X.shape[1] > W.shape[1]
        return np.column_stack([W, bias]) if has_bias else W

    def _set_weights(self, W: np.ndarray) -> None:
        d = self.n_features_in_
        self._set_parts(W[:, :d].copy(), W[:, d].copy() if W.shape[1] > d else np.zeros(len(W)))

    def _point_before_training(self, problem: Problem) -> KKTPoint | None:
        """The exact point, if it does not depend on training; None: what a network separates shows in it."""
        return None

    def _features(self, X: np.ndarray) -> np.ndarray:
        """``X`` with a last feature 1, whose weight is the bias."""
        check_flag("fit_intercept", self.fit_intercept)
        return np.column_stack([X, np.ones(len(X))]) if self.fit_intercept else X.copy()

    def _trained(self, problem: Problem) -> tuple[int, KKTPoint, np.ndarray]:
        """The steps made, the exact point and the trained weights of smallest margin 1, ``(n, d)``."""
        if not isinstance(self.pivots, int | np.integer) or self.pivots < 0:
            raise DataError(
                f"pivots = {self.pivots!r}: allowed are whole numbers >= 0; {PIVOTS} is usual."
            )
        descent = Descent(
            loss=self.loss,
            step=self.step,
            step_size=self.step_size,
            steps=self.steps,
            minimum_margin=self.minimum_margin,
            stop_distance=self.stop_distance,
        )
        span = span_coordinates(problem.X, self._initial_weights(problem.X.shape[1]))
        small = Problem(problem.network, span.X, problem.y)
        arrival = Arrival([small], self.stop_distance) if self.stop_distance else None
        point = self._point_before_training(small)
        training = train(small, span.W0, descent, settled=arrival)
        if point is None:
            point = kkt_point(small, small.pattern(training.W), pivots=self.pivots)
        start, _ = starting_point(point, training.W)
        return int(training.steps), replace(point, W=span.lift(point.W)), span.lift(start)

    def _taken(self, problem: Problem, W: np.ndarray) -> tuple[KKTPoint, np.ndarray]:
        """The exact point that given weights lead to, and these at smallest margin 1, both ``(n, d)``."""
        span = span_coordinates(problem.X, W)
        small = Problem(problem.network, span.X, problem.y)
        _check_classified(small, span.W0)
        point = self._point_before_training(small)
        if point is None:
            point = kkt_point(small, small.pattern(span.W0), pivots=self.pivots)
        start, _ = starting_point(point, span.W0)
        return replace(point, W=span.lift(point.W)), span.lift(start)

    def _positions(self, rows: list[int]) -> list[int]:
        """Where the rows to forget stand among the samples still held."""
        total = len(self.multipliers_) + len(self.forgotten_)
        retained(total, rows)
        gone = sorted(set(rows) & set(self.forgotten_.tolist()))
        if gone:
            raise DataError(
                f"forget = {bracketed(rows)}: row {gone[0]} has been forgotten already; name rows that are "
                "still held."
            )
        held = self._held_rows()
        if len(rows) == len(held):
            raise DataError(
                f"forget = {bracketed(rows)}: those are all samples still held; leave at least one to be "
                "retained."
            )
        return np.searchsorted(held, rows).tolist()

    def _held_rows(self) -> np.ndarray:
        """The rows of the ``X`` that was given to ``fit`` that are still held, ascending."""
        return retained(
            self.kkt_point_.problem.samples + len(self.forgotten_), self.forgotten_.tolist()
        )

    def _held(self, start: str) -> Held:
        check_start(start)
        if self._start not in (None, start):
            raise DataError(
                f"start = {start!r}: this estimator has unlearned from start = {self._start!r}, and later "
                "calls go on from there; name the same, or fit again."
            )
        point = self.kkt_point_
        if self._derivatives is not None and self._stepped is not None:
            return Held(point, self._stepped, self._derivatives)
        if start == "exact":
            return Held(point, point.W, point.clarke)
        W = self._weights()
        return Held(point, W, point.problem.pattern(W))


def _carried_out(
    held: Held, forget: Sequence[int], fraction: float, method: str
) -> tuple[Held, np.ndarray, Certificate]:
    """What later calls go on from, the weights ``(n, d)`` in use, and their certificate."""
    step, after = held.step(forget, fraction), held.without(forget, fraction)
    if method == "downdate":
        point = downdated(step)
        W = span_coordinates(held.point.problem.X, held.W).lift(point.W)
        exact = replace(point, problem=after.point.problem, W=W)
        nothing = Unlearned(point, point.W, point.clarke, (), 1.0, point.W)
        return Held(exact, W, point.clarke), W, certify(nothing, point)
    if method == "restored":
        there = replace(step, W=restored(step).W)
        # the bounds at the weights themselves are of θ', from which these differ
        found = replace(certify(there), **dict.fromkeys(_OF_THE_STEP, np.nan))
        return after, held.lifted(there.W), found
    return after, after.W, certify(step)


def _on_host(name: str, values: Any) -> Any:
    """An array of any library as one of NumPy; scikit-learn reads lists and tables, with names of columns."""
    return host(name, values) if hasattr(values, "__dlpack__") else values


def _signed(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two classes, and the labels: −1 for the first of them, +1 for the second."""
    kind = type_of_target(y, input_name="y", raise_unknown=True)
    if kind != "binary":
        raise DataError(
            f"Only binary classification is supported. The type of the target is {kind}: give labels of "
            "two classes."
        )
    classes, members = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise DataError(
            f"y has one class only, {classes.tolist()}, in {len(y)} sample(s): two are needed, so add "
            "samples of another."
        )
    return classes, 2.0 * members - 1.0


def _check_classified(problem: Problem, W: np.ndarray) -> None:
    margins = problem.margins(W)
    row = int(margins.argmin())
    if not margins[row] > 0:
        raise DataError(
            f"the network gives row {row} of X the margin {margins[row]:.3g}: allowed are networks that "
            "classify every sample; train it for longer, or see that it is positive on the second class."
        )


def _check_contradictions(X: np.ndarray, y: np.ndarray) -> None:
    """No weights give a point two positive margins: training would end without them, after its last step."""
    rows = contradiction(X, y)
    if rows is not None:
        first, second = y[list(rows)].tolist()
        raise NotSeparableError(
            f"rows {rows[0]} and {rows[1]} of X are the same sample with labels {first!r} and {second!r}, "
            "which no network separates: remove one of the two."
        )


def _longest(X: np.ndarray) -> float:
    """``max_i ‖x_i‖``, bias feature included."""
    with np.errstate(over="ignore"):
        size = float(np.linalg.norm(X, axis=1).max())
    if not 1 / LARGEST < size < LARGEST:
        raise DataError(
            f"X: the longest sample has norm {size:.3g}; allowed are {1 / LARGEST:.0e} to {LARGEST:.0e}, "
            "so scale the features."
        )
    return size


def _rescaled(point: KKTPoint, problem: Problem, size: float) -> KKTPoint:
    """The point for data ``size`` times as long: ``θ/size``, and ``λ/size²``."""
    exact = KKTPoint.from_arrays(
        problem,
        point.W / size,
        point.multipliers / size**2,
        point.clarke,
        point.pattern,
        point.kinks,
    )
    return replace(exact, cells=point.cells, flipped=point.flipped)

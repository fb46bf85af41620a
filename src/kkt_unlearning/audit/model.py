"""A network of the user's own, as the audit takes it: its weights, and what kind of network they are of.

``docs/theory.md``, section 1, with a bias as the weight of a feature that is 1 everywhere.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.arrays import floats, follow, numbers
from kkt_unlearning.backends import Array, to_numpy
from kkt_unlearning.errors import DataError
from kkt_unlearning.networks import Linear, TwoLayer
from kkt_unlearning.precision import LARGEST

OUTPUTS = ("fixed", "trained")
SAME = 1e-6  # relative difference of equal weights that float32 has kept: 17 of its roundings, of 6e-8 each


@dataclass(frozen=True, eq=False)
class Model:
    """``N(θ, x) = Σ_j u_j max(0, ⟨w_j, x⟩ + b_j)``, or without output weights ``N(θ, x) = ⟨w, x⟩ + b``.

    With ``outputs="fixed"``, ``θ = (W, b)`` is trained, b is the weight of a feature that is 1 everywhere,
    and the network is homogeneous of degree 1. With ``"trained"``, u is trained as well, and the degree is 2
    (:mod:`kkt_unlearning.audit.outputs`).

    Args:
        W: weights ``(n, d)``; for a linear model ``(1, d)``, ``(d,)`` or ``(d, 1)``.
        u: output weights ``(n,)``, none of them 0, or ``(1, n)`` as PyTorch has them; ``(n, 1)`` as Keras and
            scikit-learn, whose W is ``(d, n)``; None for a linear model.
        bias: ``b (n,)``, of a linear model also ``()``, or None where the network has none.
        outputs: ``fixed`` or ``trained``, whether u was held fixed in training.

    Arrays may be of any library that follows the array API standard, tensors of PyTorch with gradients, or
    lists, which become NumPy's. They keep library and device; half precision becomes the library's usual one.

    Raises:
        DataError: an array is none, misshapen, not of floats or not finite; W is 0, or an output weight; the
            largest weight, or output weight, is not between 1e-100 and 1e100; or another word for
            ``outputs``, or trained ones of a linear model.
    """

    W: Array
    u: Array | None = None
    bias: Array | None = None
    outputs: str = "fixed"

    def __post_init__(self) -> None:
        given = {"W": self.W, "u": self.u, "bias": self.bias}
        found = {name: floats(name, v) for name, v in given.items() if v is not None}
        found = _laid(found)
        self._check_shapes(found)
        for name, values in found.items():
            # in the library that it came in, without gradients; a list becomes an array
            object.__setattr__(self, name, follow(values, given[name]))
        _check_outputs(self.outputs, self.u is None)
        if self.u is not None:
            _check_output_weights(found["u"])
        if not found["W"].any():
            raise DataError("W is 0 everywhere: such a network has no direction; train it first.")
        _check_size("W and bias" if self.bias is not None else "W", self.weights)
        if self.u is not None:
            _check_size("u", found["u"])

    def _check_shapes(self, found: dict[str, np.ndarray]) -> None:
        _check_shape("W", found["W"], 2)
        width = len(found["W"])
        if self.u is None and width != 1:
            raise DataError(
                f"W has shape {found['W'].shape} and there are no output weights u: allowed is one row, "
                "for a linear model, so give the u of a two-layer network."
            )
        for name in ("u", "bias"):
            if name in found:
                _check_shape(name, found[name], 1)
                _check_count(name, found[name], width)

    @property
    def width(self) -> int:
        """Number n of neurons, 1 for a linear model."""
        return self.W.shape[0]

    @property
    def dimension(self) -> int:
        """Number d of features, the one of the bias not counted."""
        return self.W.shape[1]

    @property
    def network(self) -> Linear | TwoLayer:
        """The network whose weights these are."""
        if self.u is None:
            return Linear()
        return TwoLayer(self.width, tuple(to_numpy(self.u).astype(float).tolist()))

    @property
    def weights(self) -> np.ndarray:
        """``(W, b)``, ``(n, d)`` or with a bias ``(n, d + 1)``, float64 in host memory."""
        return _with_column(self.W, self.bias)

    def features(self, X: Array) -> np.ndarray:
        """``X (m, d)`` with the feature 1 of a bias, ``(m, d)`` or ``(m, d + 1)``, float64 in host memory.

        Raises:
            DataError: X is no array of numbers, or has another number of features than the network.
        """
        features = numbers("X", X)
        if features.ndim != 2 or features.shape[1] != self.dimension:
            raise DataError(
                f"X has shape {features.shape}, but the network takes {self.dimension} features: "
                f"give X of shape (m, {self.dimension}), the features that it was trained on."
            )
        return _with_column(features, None if self.bias is None else np.ones(len(features)))

    @property
    def trained_outputs(self) -> bool:
        """Whether the output weights are trained."""
        return self.outputs == "trained"

    @property
    def degree(self) -> int:
        """Degree of homogeneity: ``N(cθ, x) = c^degree N(θ, x)`` for c ≥ 0."""
        return 2 if self.trained_outputs else 1

    def with_weights(self, weights: np.ndarray, u: np.ndarray | None = None) -> "Model":
        """The same network with other ``weights (n, d)`` or ``(n, d + 1)``, and other ``u`` if given.

        Arrays are in the library, in the dtype and on the device of those that they replace.
        """
        d = self.dimension
        return Model(
            follow(weights[:, :d], self.W),
            self.u if u is None else follow(u, self.u),
            None if self.bias is None else follow(weights[:, d], self.bias),
            self.outputs,
        )


def _laid(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One row of W and one entry of u and bias for each neuron, however they were laid out."""
    W, u = found["W"], found.get("u")
    if u is None:
        if W.ndim == 1 or (W.ndim == 2 and W.shape[1] == 1):
            W = W.reshape(1, -1)
    elif W.ndim == 2 and u.shape == (1, W.shape[0]):
        u = u[0]
    elif W.ndim == 2 and u.shape == (W.shape[1], 1) and W.shape[0] != W.shape[1]:
        W, u = W.T, u[:, 0]  # of a square W it cannot be told
    laid = {"W": W} if u is None else {"W": W, "u": u}
    if "bias" in found:
        laid["bias"] = np.atleast_1d(found["bias"])
    return laid


def _with_column(matrix: Array, column: Array | None) -> np.ndarray:
    matrix = to_numpy(matrix).astype(np.float64)
    if column is None:
        return matrix
    return np.column_stack([matrix, to_numpy(column).astype(np.float64)])


def _check_shape(name: str, values: np.ndarray, axes: int) -> None:
    allowed = {1: "(n,)", 2: "(n, d)"}[axes]
    if values.ndim != axes:
        raise DataError(f"{name} has shape {values.shape}: allowed is {allowed}; reshape it.")
    if axes == 2 and 0 in values.shape:
        lacking = "neuron" if values.shape[0] == 0 else "feature"
        raise DataError(
            f"{name} has shape {values.shape}, without a {lacking}: allowed is {allowed} with one or more; "
            "give the weights of a trained network."
        )
    if not np.isfinite(values).all():
        raise DataError(
            f"{name} has an entry that is nan or infinite: allowed are finite numbers; train again."
        )


def _check_count(name: str, values: np.ndarray, width: int) -> None:
    if len(values) != width:
        raise DataError(
            f"{name} has {len(values)} entries for {width} row(s) of W: allowed is one for each; "
            "give as many."
        )


def _check_outputs(outputs: str, linear: bool) -> None:
    if outputs not in OUTPUTS:
        raise DataError(
            f"outputs = {outputs!r}: allowed are {', '.join(OUTPUTS)}; choose one of them."
        )
    if linear and outputs == "trained":
        raise DataError(
            "outputs = 'trained': a linear model has no output weights; allowed is fixed, so leave it out."
        )


def _check_size(name: str, values: np.ndarray) -> None:
    size = float(np.abs(values).max())
    if not 1 / LARGEST <= size <= LARGEST:
        raise DataError(
            f"{name}: the largest absolute value is {size:.3g}; allowed are {1 / LARGEST:g} to "
            f"{LARGEST:g}, so scale the weights."
        )


def _check_output_weights(u: np.ndarray) -> None:
    silent = np.flatnonzero(u == 0)
    if silent.size:
        raise DataError(
            f"u[{silent[0]}] is 0: such a neuron says nothing, whatever its weights; "
            "remove it from W and u."
        )

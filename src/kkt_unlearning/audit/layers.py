"""A network from the named tensors of its layers, as PyTorch or Keras lays them out, and back."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.audit.model import Model
from kkt_unlearning.backends import to_numpy
from kkt_unlearning.errors import DataError, one_line

_ALLOWED = (
    "allowed are Linear(d, n), ReLU, Linear(n, 1, bias=False) or one Linear(d, 1), or the same with two "
    "outputs, one a class"
)
_KEY = re.compile(r"(?:(.*)[./])?(weight|kernel|bias)(?::0)?", re.DOTALL)
# what layers that normalise keep beside their weights
_NORMALISATION = re.compile(r"(.*[./])?(running_|moving_|num_batches_tracked).*", re.DOTALL)

Tensors = dict[str, np.ndarray]


@dataclass(frozen=True)
class Layers:
    """Where a network lies among named tensors.

    Attributes:
        hidden: key of W; of the only layer in a linear model.
        output: key of u; None in a linear model.
        bias: key of the bias that belongs to W; None where there is none.
        turned: whether weights are ``(d, n)`` and ``(n, 1)``, as in Keras, not ``(n, d)`` and ``(1, n)``.
        logits: outputs, 1 or 2; of two the network is the second less the first.
    """

    hidden: str
    output: str | None
    bias: str | None
    turned: bool
    logits: int

    def model(self, tensors: Mapping[str, np.ndarray], outputs: str = "fixed") -> Model:
        """The network; ``outputs`` says whether its output weights are trained.

        Raises:
            DataError: they are, and there are two logits; or as in :class:`kkt_unlearning.audit.Model`.
        """
        if outputs == "trained" and self.logits == 2:
            raise DataError(
                f"{self.output!r} has two outputs whose weights are trained, and their difference is a "
                "network of the class only where they are held fixed: hold them fixed "
                "(requires_grad_(False)), or train with one output."
            )
        W = self._laid(tensors[self.hidden])
        bias = None if self.bias is None else tensors[self.bias]
        if self.output is None:
            return Model(_difference(W), None, None if bias is None else _difference(bias))
        return Model(W, _difference(self._laid(tensors[self.output]))[0], bias, outputs)

    def tensors(self, model: Model, before: Mapping[str, np.ndarray]) -> Tensors:
        """The tensors that change when ``model`` takes the place of the network that lay in ``before``.

        Two logits keep their sum.
        """
        W, bias = to_numpy(model.W), None if model.bias is None else to_numpy(model.bias)
        found: Tensors = {}
        if self.output is None and self.logits == 2:
            W = _apart(W, self._laid(before[self.hidden]))
            bias = None if bias is None else _apart(bias, before[str(self.bias)])
        found[self.hidden] = self._laid(W)
        if bias is not None:
            found[str(self.bias)] = bias
        if self.output is not None and model.trained_outputs:
            found[self.output] = self._laid(to_numpy(model.u)[None, :])
        return found

    def _laid(self, matrix: np.ndarray) -> np.ndarray:
        return matrix.T if self.turned else matrix


def network(tensors: Mapping[str, np.ndarray], name: str) -> Model:
    """``N(x) = Σ_j u_j max(0, ⟨w_j, x⟩ + b_j)`` or ``⟨w, x⟩ + b`` from the tensors of its layers.

    Args:
        tensors: all of them, float64; see :func:`find_layers`.
        name: of the file; sentences begin with it.

    Raises:
        DataError: the tensors are of another network, or as in `kkt_unlearning.audit.Model`.
    """
    found = find_layers(tensors, name)
    try:
        return found.model(tensors)
    except DataError as error:
        raise DataError(f"{name}: {error}") from error


def tensors_of(model: Model) -> Tensors:
    """What ``Sequential(Linear, ReLU, Linear)`` calls its tensors: ``0.weight``, ``0.bias``, ``2.weight``."""
    tensors = {"0.weight": model.W, "0.bias": model.bias}
    if model.u is not None:
        tensors["2.weight"] = model.u[None, :]
    return {key: to_numpy(values) for key, values in tensors.items() if values is not None}


def check_names(names: Iterable[object], name: str) -> None:
    """Check that no layer that normalises is among the tensors, so that the sentence names that layer.

    Raises:
        DataError: there is one.
    """
    for key in map(str, names):
        if _NORMALISATION.fullmatch(key):
            raise DataError(
                f"{name}: {_key(key)} is of a normalisation, whose scales were trained as well, so this "
                f"network is not of the class: {_ALLOWED}; train one without normalisation."
            )


def find_layers(tensors: Mapping[str, np.ndarray], name: str) -> Layers:
    """Which tensor is which: ``PREFIX.weight`` or ``PREFIX.kernel``, with or without ``PREFIX.bias``.

    The shapes tell which layer is first, not the prefixes: ``(n, d)`` and ``(1, n)``, or ``(2, n)`` of two
    logits. Kernels are turned, ``(d, n)`` and ``(n, 1)``, and so are weights that are of no such network
    otherwise. Tensors do not show whether a ReLU stands between the two.

    Raises:
        DataError: the tensors are of another network.
    """
    check_names(tensors, name)
    weights, biases = _sorted_out(tensors, name)
    shapes = {prefix: tensors[key].shape for prefix, key in weights.items()}
    if len(weights) > 2:
        raise DataError(
            f"{name} has {len(weights)} layers, {_listed(weights, shapes)}: {_ALLOWED}; deeper networks have "
            "the certificates of kkt_unlearning.deep, so use the library."
        )
    orders = _orders(shapes, any("kernel" in key.rpartition(".")[2] for key in weights.values()))
    if not orders:
        raise DataError(_other(weights, shapes, name))
    if len(orders) > 1:
        raise DataError(
            f"{name} has the weights {_listed(weights, shapes)}, which do not show the layer that comes "
            "first: save them as .npz, with W and u."
        )
    ((hidden, output, logits, turned),) = orders
    if output is not None and output in biases:
        _check_output_bias(tensors[biases[output]], biases[output], logits, name)
    key = None if output is None else weights[output]
    return Layers(weights[hidden], key, biases.get(hidden), turned, logits)


Shapes = Mapping[str, tuple[int, ...]]
Order = tuple[str, str | None, int, bool]  # hidden, output, logits, turned


def _sorted_out(
    tensors: Mapping[str, np.ndarray], name: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Keys of weights and of biases, by the prefix of their layer."""
    weights: dict[str, str] = {}
    biases: dict[str, str] = {}
    for key, tensor in tensors.items():
        found = _KEY.fullmatch(key)
        if found is None or tensor.ndim != (1 if found[2] == "bias" else 2):
            raise DataError(
                f"{name}: {_key(key)} has shape {_shape(tensor.shape)}, which is of no linear layer: "
                f"{_ALLOWED}; give such a network."
            )
        (biases if found[2] == "bias" else weights)[found[1] or ""] = key
    if not weights:
        raise DataError(f"{name} has no weights, no key 'weight': {_ALLOWED}; give such a network.")
    for prefix in sorted(biases.keys() - weights.keys()):
        raise DataError(
            f"{name} has the bias {_key(biases[prefix])} without a weight: {_ALLOWED}; save the whole state "
            "dict."
        )
    return weights, biases


def _orders(shapes: Shapes, kernels: bool) -> list[Order]:
    """The ways to read the shapes, of which only the likeliest are kept: more than one is one too many."""
    if kernels:
        return _read(shapes, 1, True) or _read(shapes, 2, True)
    return _read(shapes, 1, False) or _read(shapes, 2, False) + _read(shapes, 1, True)


def _read(shapes: Shapes, logits: int, turned: bool) -> list[Order]:
    rows_first = {prefix: shape[::-1] if turned else shape for prefix, shape in shapes.items()}
    last = [prefix for prefix, shape in rows_first.items() if shape[0] == logits]
    if len(shapes) == 1:
        return [(prefix, None, logits, turned) for prefix in last]
    return [
        (hidden, output, logits, turned)
        for output in last
        for hidden in shapes
        if hidden != output and rows_first[output][1] == rows_first[hidden][0]
    ]


def _other(weights: Mapping[str, str], shapes: Shapes, name: str) -> str:
    """The sentence for weights of another network."""
    meet = [
        out for out in shapes for hid in shapes if shapes[out][1] == shapes[hid][0] and out != hid
    ]
    if len(shapes) == 2 and not meet:
        return (
            f"{name} has the weights {_listed(weights, shapes)}, where neither takes what the other gives: "
            f"{_ALLOWED}; give such a network."
        )
    last = (meet or list(shapes))[0]
    return (
        f"{name}: {_key(weights[last])} has {shapes[last][0]} rows, one for each output, but labels ±1 are "
        f"told apart by one, or by two that stand for a class each: {_ALLOWED}; give a network of two "
        "classes."
    )


def _check_output_bias(bias: np.ndarray, key: str, logits: int, name: str) -> None:
    if bias.shape == (logits,) and _difference(bias)[0] == 0:
        return
    raise DataError(
        f"{name}: {_key(key)}, a bias of the output, begins with {_first(bias)}: it is the weight of a "
        "constant output feature, which is no ReLU neuron, so this network is not of the class; train "
        "without it, or hold it at 0."
    )


def _difference(rows: np.ndarray) -> np.ndarray:
    """One row or entry as it is; of two, that of label +1 less that of label −1."""
    return rows if len(rows) == 1 else rows[1:] - rows[:1]


def _apart(difference: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Two rows or entries with another difference and the same sum."""
    half = (difference - _difference(before)) / 2
    return before + np.concatenate([-half, half])


def _first(bias: np.ndarray) -> str:
    return f"{bias[0]:g}" if bias.size else "nothing"


def _key(key: str) -> str:
    return repr(one_line(key))


def _listed(weights: Mapping[str, str], shapes: Shapes) -> str:
    return one_line(", ".join(f"{_key(weights[p])} {_shape(shapes[p])}" for p in weights))


def _shape(shape: tuple[int, ...]) -> str:
    return one_line(shape)

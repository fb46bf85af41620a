"""A network from the named tensors that PyTorch calls its state dict."""

from collections.abc import Mapping

import numpy as np

from kkt_unlearning.audit.model import Model
from kkt_unlearning.backends import to_numpy
from kkt_unlearning.errors import DataError, one_line

_ALLOWED = (
    "allowed are Linear(d, n), ReLU, Linear(n, 1, bias=False) or one Linear(d, 1), with weights (n, d) "
    "and (1, n) or (1, d)"
)


def network(tensors: Mapping[str, np.ndarray], name: str) -> Model:
    """``N(x) = Σ_j u_j max(0, ⟨w_j, x⟩ + b_j)`` or ``⟨w, x⟩ + b`` from ``PREFIX.weight`` and ``PREFIX.bias``.

    The shapes ``(n, d)`` and ``(1, n)`` tell which layer is first, not the prefixes. That a ReLU stands
    between the two, tensors do not show.

    Args:
        tensors: all of the state dict, float64.
        name: of the file; sentences begin with it.

    Raises:
        DataError: the tensors are of another network, or as in `kkt_unlearning.audit.Model`.
    """
    weights, biases = _sorted_out(tensors, name)
    if len(weights) > 2:
        raise DataError(
            f"{name} has {len(weights)} layers, {_shapes(weights)}: {_ALLOWED}; deeper networks have the "
            "certificates of kkt_unlearning.deep, so use the library."
        )
    if len(weights) == 2:
        hidden, output = _order(weights, name)
        _check_output_bias(biases.pop(output, None), output, name)
        W, u, bias = weights[hidden], weights[output][0], biases.get(hidden)
    else:
        ((hidden, W),) = weights.items()
        _check_outputs(hidden, W, name)
        u, bias = None, biases.get(hidden)
    try:
        return Model(W, u, bias)
    except DataError as error:
        raise DataError(f"{name}: {error}") from error


def tensors_of(model: Model) -> dict[str, np.ndarray]:
    """What ``Sequential(Linear, ReLU, Linear)`` calls its tensors: ``0.weight``, ``0.bias``, ``2.weight``."""
    tensors = {"0.weight": model.W, "0.bias": model.bias}
    if model.u is not None:
        tensors["2.weight"] = model.u[None, :]
    return {key: to_numpy(values) for key, values in tensors.items() if values is not None}


Tensors = dict[str, np.ndarray]


def _sorted_out(tensors: Mapping[str, np.ndarray], name: str) -> tuple[Tensors, Tensors]:
    """Weights and biases by the prefix of their layer."""
    weights: Tensors = {}
    biases: Tensors = {}
    for key, tensor in tensors.items():
        prefix, _, kind = key.rpartition(".")
        if (kind, tensor.ndim) not in (("weight", 2), ("bias", 1)):
            raise DataError(
                f"{name}: {one_line(key)!r} has shape {_shape(tensor)}, which is of no linear layer: "
                f"{_ALLOWED}; save such a network."
            )
        (weights if kind == "weight" else biases)[prefix] = tensor
    if not weights:
        raise DataError(f"{name} has no weights, no key 'weight': {_ALLOWED}; save such a network.")
    for prefix in sorted(biases.keys() - weights.keys()):
        raise DataError(
            f"{name} has the bias {_key(prefix, 'bias')} without a weight: {_ALLOWED}; save the whole state "
            "dict."
        )
    return weights, biases


def _order(weights: Tensors, name: str) -> tuple[str, str]:
    """Prefixes of the hidden and of the output layer."""
    orders = [
        (hidden, output)
        for hidden in weights
        for output in weights
        if hidden != output and weights[output].shape[1] == weights[hidden].shape[0]
    ]
    if not orders:
        raise DataError(
            f"{name} has the weights {_shapes(weights)}, where neither takes what the other gives: "
            f"{_ALLOWED}; save such a network."
        )
    single = [order for order in orders if weights[order[1]].shape[0] == 1]
    if len(single) > 1:
        raise DataError(
            f"{name} has the weights {_shapes(weights)}, which do not show the layer that comes first: "
            "save them as .npz, with W and u."
        )
    if not single:
        _check_outputs(orders[0][1], weights[orders[0][1]], name)
    return single[0]


def _check_outputs(prefix: str, weight: np.ndarray, name: str) -> None:
    if weight.shape[0] != 1:
        raise DataError(
            f"{name}: {_key(prefix, 'weight')} has {weight.shape[0]} rows, one for each output, but "
            f"labels ±1 are told apart by one: {_ALLOWED}; train with one output."
        )


def _check_output_bias(bias: np.ndarray | None, prefix: str, name: str) -> None:
    if bias is None or (bias.shape == (1,) and bias[0] == 0):
        return
    raise DataError(
        f"{name}: {_key(prefix, 'bias')}, a bias of the output, begins with {_first(bias)}: it is the weight "
        "of a constant output feature, which is no ReLU neuron, so this network is not of the class; train "
        "without it, or hold it at 0."
    )


def _first(bias: np.ndarray) -> str:
    return f"{bias[0]:g}" if bias.size else "nothing"


def _key(prefix: str, kind: str) -> str:
    return repr(one_line(f"{prefix}.{kind}" if prefix else kind))


def _shapes(weights: Tensors) -> str:
    listed = [f"{_key(prefix, 'weight')} {_shape(w)}" for prefix, w in weights.items()]
    return one_line(", ".join(listed))


def _shape(tensor: np.ndarray) -> str:
    return one_line(tensor.shape)

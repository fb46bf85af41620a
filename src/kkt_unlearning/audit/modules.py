"""Modules of PyTorch as networks, and put back; PyTorch is not imported: who has a module has done so."""

from copy import deepcopy
from typing import Any

import numpy as np

from kkt_unlearning.arrays import floats
from kkt_unlearning.audit.layers import Layers, Tensors, check_names, find_layers
from kkt_unlearning.audit.model import Model
from kkt_unlearning.backends import Array
from kkt_unlearning.errors import DataError

_TRIED = 8  # samples that a module is held against its weights on
_EPSILON = {
    8: 2.0**-52,
    4: 2.0**-23,
}  # of a float of so many bytes; of fewer bytes that of bfloat16


def as_model(given: Any, X: Array | None = None) -> Model:
    """A :class:`Model` as it is, or the network of a ``torch.nn.Module``, from its state dict.

    Output weights count as trained where they require a gradient.

    Args:
        X: data ``(m, d)`` on which the module's outputs are held against those of its weights, where it takes
            such rows: weights alone do not show which functions stand between and behind them.

    Raises:
        DataError: it is neither, or a module of another network.
    """
    if isinstance(given, Model):
        return given
    if not _is_module(given):
        raise DataError(
            f"model is of type {type(given).__name__}: allowed are networks as kkt_unlearning.audit.Model "
            "and torch.nn.Module; write Model(W, u), or Model(w) for a linear model."
        )
    tensors, layers = _read(given)
    try:
        model = layers.model(tensors, _outputs(given, layers))
    except DataError as error:
        raise DataError(f"the module: {error}") from error
    if X is not None:
        _check_function(given, layers, model, X)
    return model


def put_back(model: Model, given: Any) -> Any:
    """``model`` as what it was ``given`` as: itself, or a copy of the module that has its weights.

    Of a module class, device and dtype stay; half precision rounds the weights.
    """
    if isinstance(given, Model):
        return model
    tensors, layers = _read(given)
    copied = deepcopy(given)
    state = copied.state_dict()  # shares the memory of the copy
    for key, values in layers.tensors(model, tensors).items():
        state[key].copy_(state[key].new_tensor(np.ascontiguousarray(values)))
    return copied


def _is_module(given: Any) -> bool:
    kinds = {(kind.__module__, kind.__name__) for kind in type(given).__mro__}
    return ("torch.nn.modules.module", "Module") in kinds


def _read(module: Any) -> tuple[Tensors, Layers]:
    state = module.state_dict()
    check_names(state, "the module")
    tensors = {key: floats(key, tensor) for key, tensor in state.items()}
    return tensors, find_layers(tensors, "the module")


def _outputs(module: Any, layers: Layers) -> str:
    parameter = dict(module.named_parameters()).get(layers.output)  # a buffer is none
    return "trained" if getattr(parameter, "requires_grad", False) else "fixed"


def _check_function(module: Any, layers: Layers, model: Model, X: Array) -> None:
    features = model.features(X)[:_TRIED]
    P = features @ model.weights.T
    u, active = model.network.output_weights, model.network.derivative(P)
    expected, size = (active * P) @ u, np.abs(active * P) @ np.abs(u)
    found = _computed(module, layers, features[:, : model.dimension])
    if found is None or found.shape != expected.shape:
        return
    bytes_each = module.state_dict()[layers.hidden].element_size()
    allowed = _EPSILON.get(bytes_each, 2.0**-7) ** 0.5 * max(float(size.max()), 1e-300)
    worst = int(np.abs(found - expected).argmax())
    if not abs(found[worst] - expected[worst]) <= allowed:
        raise DataError(
            f"the module gives {found[worst]:.3g} for row {worst} of X, where ReLU between its layers and "
            f"nothing behind them gives {expected[worst]:.3g}: allowed are networks with no other function, "
            "so leave such a function out, and train without it if it stands between the layers."
        )


def _computed(module: Any, layers: Layers, features: np.ndarray) -> np.ndarray | None:
    """The outputs of the module, of two logits the difference; None where it takes no such rows."""
    copied = deepcopy(module).eval()
    try:
        outputs = copied(copied.state_dict()[layers.hidden].new_tensor(features))
        found = floats("outputs", outputs).reshape(len(features), layers.logits)
    except Exception:  # of any class: the module may take images, or a batch with more in it
        return None
    return found[:, -1] - (found[:, 0] if layers.logits == 2 else 0.0)

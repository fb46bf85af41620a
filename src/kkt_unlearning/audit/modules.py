"""Modules of PyTorch and estimators of scikit-learn as networks; modules also put back.

Neither library is imported: who has such an object has done so.
"""

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
    """A :class:`Model` as it is, or the network of a ``torch.nn.Module`` or an estimator of scikit-learn.

    A module is read from its state dict; its output weights count as trained where they require a gradient.
    An estimator is read from ``coef_`` and ``intercept_``, or from ``coefs_`` and ``intercepts_``
    (``MLPClassifier``), whose output weights were trained.

    Args:
        X: data ``(m, d)``. If the module takes such rows, its outputs are compared with those of its weights,
            which alone do not show which functions stand between and behind them.

    Raises:
        DataError: it is none of these, or another network.
    """
    if isinstance(given, Model):
        return given
    tensors, layers = _read(given)
    try:
        model = layers.model(tensors, _outputs(given, layers))
    except DataError as error:
        raise DataError(f"{_name(given)}: {error}") from error
    if X is not None and _is_module(given):
        _check_function(given, layers, model, X)
    return model


def put_back(model: Model, given: Any) -> Any:
    """``model`` itself; or, if a module was ``given``, a copy of the module with the weights of ``model``.

    Class, device and dtype stay; half precision rounds the weights. An estimator of scikit-learn is not
    copied: it may hold samples that were forgotten, as an SVC does.
    """
    if not _is_module(given):
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


def _name(given: Any) -> str:
    return "the module" if _is_module(given) else "the estimator"


def _read(given: Any) -> tuple[Tensors, Layers]:
    state = given.state_dict() if _is_module(given) else _fitted(given)
    check_names(state, _name(given))
    tensors = {key: floats(key, tensor) for key, tensor in state.items()}
    return tensors, find_layers(tensors, _name(given))


def _fitted(estimator: Any) -> dict[str, Any]:
    """The weights that an estimator of scikit-learn was fitted to, by layer."""
    if hasattr(estimator, "coefs_"):
        if estimator.activation != "relu":
            raise DataError(
                f"the estimator has activation = {estimator.activation!r}: allowed is 'relu'; "
                "fit one with that."
            )
        kernels = {f"layer {k}/kernel": W for k, W in enumerate(estimator.coefs_)}
        return kernels | {f"layer {k}/bias": b for k, b in enumerate(estimator.intercepts_)}
    if not hasattr(estimator, "coef_"):
        raise DataError(
            f"model is of type {type(estimator).__name__}: allowed are networks as "
            "kkt_unlearning.audit.Model, torch.nn.Module or a fitted estimator of scikit-learn with coef_ or "
            "coefs_; write Model(W, u), or Model(w) for a linear model."
        )
    weight = {"coef_/weight": np.atleast_2d(estimator.coef_)}
    if not getattr(estimator, "fit_intercept", True):
        return weight
    return weight | {"coef_/bias": np.atleast_1d(estimator.intercept_)}


def _outputs(given: Any, layers: Layers) -> str:
    if not _is_module(given):
        return "fixed" if layers.output is None else "trained"
    parameter = dict(given.named_parameters()).get(layers.output)  # a buffer is none
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

"""A network in an ``.npz``, and with it what unlearning took out of it.

- ``W (n, d)`` and ``u (n,)``: weights and output weights of a two-layer network. With ``u (1, n)`` as
  PyTorch has them; with ``u (n, 1)`` as Keras and scikit-learn, whose W is ``(d, n)``.
- ``w (d,)``: weights of a linear model; a row or a column of them will do as well.
- ``bias``, of shape ``(n,)``, ``(1,)`` or ``()``: biases, where the network has them.
- ``forget (k,)``: rows of X that it was to forget.
- ``removed (n, k)``: coefficients that these rows had in the weights before the step.
- ``removed_outputs (n,)``: what the output weights lost, where they were trained as well.
- ``from_exact ()``: 1 if the step began at the exact KKT point, 0 if at the trained weights.
- ``fraction ()``: the step as a fraction of the prescribed one.
- ``samples ()``: m, the rows of X that the step saw.
"""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from kkt_unlearning.audit.model import Model
from kkt_unlearning.audit.removal import Removal
from kkt_unlearning.backends import to_numpy
from kkt_unlearning.datasets.npz import opened, plain_array, real_array
from kkt_unlearning.errors import DataError, one_line

_NETWORK = ("W", "u", "w", "bias")
_STEP = ("forget", "from_exact", "fraction", "samples", "removed")
_OUTPUTS = "removed_outputs"
KEYS = (*_NETWORK, *_STEP, _OUTPUTS)
_COPIES = 3  # as read, float64, and in the span of the data
_LARGEST_ROW = 2.0**53  # whole numbers beyond are not all float64

Arrays = Mapping[str, np.ndarray]


def read_npz(file: BinaryIO, name: str) -> tuple[Model, Removal | None]:
    """The network of an archive, and what was taken out of it, if that is said.

    Raises:
        DataError: as `kkt_unlearning.formats.read_model`; the message starts with ``name``.
    """
    remedy = "save fewer neurons or features"
    with opened(
        file, name, KEYS, copies=_COPIES, wanted="W and u, or w,", remedy=remedy
    ) as archive:
        _check_known(archive, name)
        arrays = {key: _array(archive, key, name) for key in KEYS if key in archive}
    try:
        model = _model(arrays)
        return model, _removal(model, arrays)
    except DataError as error:
        raise DataError(f"{name}: {error}") from error


def to_npz(model: Model, removal: Removal | None) -> bytes:
    """The same arrays give the same bytes."""
    W = to_numpy(model.W)
    arrays: dict[str, Any] = {"w": W[0]} if model.u is None else {"W": W, "u": to_numpy(model.u)}
    if model.bias is not None:
        arrays["bias"] = to_numpy(model.bias)
    if removal is not None:
        removal.check(model)
        arrays["forget"] = np.array(removal.forget, np.int64)
        arrays["from_exact"] = np.array(removal.start == "exact")
        arrays["fraction"] = np.array(removal.fraction, np.float64)
        arrays["samples"] = np.array(removal.samples, np.int64)
        arrays["removed"] = removal.coefficients
        if removal.outputs is not None:
            arrays[_OUTPUTS] = removal.outputs
    file = io.BytesIO()
    np.savez(file, **arrays)  # dates every member 1980
    return file.getvalue()


def _check_known(archive: Arrays, name: str) -> None:
    unknown = sorted(key for key in archive if key not in KEYS)
    if unknown:
        raise DataError(
            f"{name} has the array {one_line(unknown[0])!r}, which could be a part of the network: allowed "
            f"are {', '.join(KEYS)}; rename it if it is one of these, leave it out if it is no part, and "
            "train again if it is another, such as a bias of the output."
        )


def _array(archive: Arrays, key: str, name: str) -> np.ndarray:
    array = plain_array(archive, key, name)
    if key in (*_NETWORK, "removed", _OUTPUTS) and array.dtype.kind != "f":
        raise DataError(f"{name}: {key} is {array.dtype}: allowed are floats; save it as float64.")
    return real_array({key: array}, key, name)


def _model(arrays: Arrays) -> Model:
    W, w, bias = (arrays.get(key) for key in ("W", "w", "bias"))
    if (W is None) == (w is None):
        found = "both" if w is not None else "neither"
        raise DataError(
            f"of the arrays W and w it has {found}: allowed is one, W (n, d) with u (n,) of "
            "a two-layer network or w (d,) of a linear model; save that one."
        )
    outputs = "trained" if _OUTPUTS in arrays else "fixed"
    if w is None:
        return Model(W, arrays.get("u"), bias, outputs)
    if w.size != max(w.shape, default=0) or "u" in arrays:
        raise DataError(
            f"w has shape {w.shape}{' beside u' if 'u' in arrays else ''}: allowed is (d,), of a "
            "linear model, without u; save a two-layer network as W and u."
        )
    return Model(w.ravel(), None, bias)


def _removal(model: Model, arrays: Arrays) -> Removal | None:
    present = [key for key in (*_STEP, _OUTPUTS) if key in arrays]
    if not present:
        return None
    absent = [key for key in _STEP if key not in arrays]
    if absent:
        raise DataError(
            f"it has {', '.join(present)} without {', '.join(absent)}, but what was taken out of a network "
            "is all of these or none: save it again, or leave them out."
        )
    removal = Removal(
        _rows(arrays["forget"]),
        "exact" if _number(arrays, "from_exact", (0, 1)) else "trained",
        _number(arrays, "fraction"),
        _count(arrays),
        arrays["removed"],
        arrays.get(_OUTPUTS),
    )
    removal.check(model)
    return removal


def _rows(forget: np.ndarray) -> tuple[int, ...]:
    whole = np.isfinite(forget) & (forget == np.floor(forget)) & (np.abs(forget) <= _LARGEST_ROW)
    if forget.ndim != 1 or not whole.all():
        raise DataError(
            f"forget has shape {forget.shape} or an entry that is no whole number: allowed are rows of X, "
            "(k,); save it as integers."
        )
    return tuple(map(int, forget))


def _count(arrays: Arrays) -> int:
    found = _number(arrays, "samples")
    if not (found == np.floor(found) and 0 < found <= _LARGEST_ROW):
        raise DataError(f"samples = {found}: allowed are whole numbers from 1; save it as one.")
    return int(found)


def _number(arrays: Arrays, key: str, allowed: tuple[int, ...] = ()) -> float:
    found = arrays[key]
    if found.ndim or (allowed and found not in allowed):
        wanted = " or ".join(map(str, allowed)) or "one number"
        raise DataError(
            f"{key} has shape {found.shape} and begins with {found.flat[0] if found.size else 'nothing'}: "
            f"allowed is {wanted} of shape (); save it so."
        )
    return float(found)

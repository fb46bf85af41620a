"""A network in a ``.safetensors``: named tensors, and nothing that could run."""

import math
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from kkt_unlearning.audit.layers import check_names
from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.errors import DataError, one_line
from kkt_unlearning.formats.opening import EXTRA, library, size_of

# what the format calls them -> how NumPy reads them; bfloat16 is the upper half of a float32
_FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_REMEDY = "save fewer neurons or features"


def read_safetensors(file: BinaryIO, name: str) -> dict[str, np.ndarray]:
    """All tensors, float64.

    Raises:
        DataError: the file is damaged or would not fit this machine's memory, a tensor is not of floats, or
            safetensors is not installed.
    """
    safetensors = library("safetensors", name, EXTRA)
    size = size_of(file, name)
    # no tensor is larger than its file: the library holds the header against the bytes that follow
    check_memory(2 * size, name, _REMEDY)
    try:
        found = safetensors.deserialize(file.read(size))
    except (safetensors.SafetensorError, ValueError, OverflowError, MemoryError) as error:
        raise DataError(
            f"{name} is not a safetensors file, or a damaged one ({one_line(error)}): save it anew."
        ) from error
    check_names((key for key, _ in found), name)
    for key, tensor in found:
        if tensor["dtype"] not in _FLOATS:
            raise DataError(
                f"{name}: {one_line(key)!r} is {one_line(tensor['dtype'])}: allowed are "
                f"{', '.join(_FLOATS)}; save linear layers of these."
            )
    check_memory(2 * size + 8 * sum(math.prod(t["shape"]) for _, t in found), name, _REMEDY)
    return {key: _float64(tensor) for key, tensor in found}


def to_safetensors(tensors: Mapping[str, np.ndarray], name: str) -> bytes:
    """The same tensors give the same bytes.

    Raises:
        DataError: safetensors is not installed.
    """
    save = library("safetensors.numpy", name, EXTRA).save
    return save({key: np.ascontiguousarray(tensor) for key, tensor in tensors.items()})


def _float64(tensor: Mapping[str, Any]) -> np.ndarray:
    values = np.frombuffer(tensor["data"], _FLOATS[tensor["dtype"]])
    if tensor["dtype"] == "BF16":
        values = (values.astype("<u4") << 16).view("<f4")
    return values.astype(np.float64).reshape(tensor["shape"])

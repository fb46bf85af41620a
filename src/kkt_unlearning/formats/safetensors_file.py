"""A network in a ``.safetensors``: a header in JSON that names the tensors, then their numbers.

Read and written here, in a few lines: the size of the header is known before it is read, and that of the
tensors before they are.
"""

import json
import math
import struct
from collections.abc import Mapping
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from kkt_unlearning.audit.layers import check_names
from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.errors import DataError, UserError, one_line, twice
from kkt_unlearning.formats.floats import FLOATS, float64
from kkt_unlearning.formats.opening import size_of

_DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_LARGEST_HEADER = 10**6  # bytes of what says which tensors there are, a hundred for each
_REMEDY = "save fewer neurons or features"


def read_safetensors(file: BinaryIO, name: str) -> dict[str, np.ndarray]:
    """All tensors, float64.

    Raises:
        DataError: the file is damaged or would not fit this machine's memory, or a tensor is not of floats.
    """
    size = size_of(file, name)
    try:
        return _read(file, size, name)
    except UserError:
        raise
    except (ValueError, TypeError, KeyError, RecursionError, struct.error) as error:
        raise DataError(
            f"{name} is not a safetensors file, or a damaged one ({one_line(error)}): save it again."
        ) from error


def to_safetensors(tensors: Mapping[str, np.ndarray]) -> bytes:
    """The same tensors give the same bytes."""
    kinds = {np.dtype(FLOATS[dtype]): kind for kind, dtype in _DTYPES.items() if kind != "BF16"}
    header, content = {}, b""
    for key, tensor in sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0])):
        end = len(content) + tensor.nbytes
        header[key] = {
            "dtype": kinds[tensor.dtype],
            "shape": tensor.shape,
            "data_offsets": [len(content), end],
        }
        content += tensor.astype(tensor.dtype.newbyteorder("<")).tobytes()
    text = json.dumps(header, separators=(",", ":"))
    text += " " * (-len(text) % 8)  # the numbers begin where eight bytes do
    return struct.pack("<Q", len(text)) + text.encode() + content


def _read(file: BinaryIO, size: int, name: str) -> dict[str, np.ndarray]:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > min(size - 8, _LARGEST_HEADER):
        raise ValueError(f"its header has {length} bytes")
    header = json.loads(file.read(length), object_pairs_hook=partial(_once, name))
    if type(header) is not dict:
        raise ValueError("its header is no table of tensors")
    header.pop("__metadata__", None)
    check_names(header, name)
    for key, tensor in header.items():
        if tensor["dtype"] not in _DTYPES:
            raise DataError(
                f"{name}: {one_line(key)!r} is {one_line(tensor['dtype'])}: allowed are "
                f"{', '.join(_DTYPES)}; save linear layers of these."
            )
    content = size - 8 - length
    _check_places(header, content)
    check_memory(content + 8 * sum(map(_entries, header.values())), name, _REMEDY)
    numbers = memoryview(file.read(content))
    return {key: _float64(tensor, numbers) for key, tensor in header.items()}


def _once(name: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise twice(name, "keys", key, "save it again")
        found[key] = value
    return found


def _check_places(header: Mapping[str, Mapping[str, Any]], size: int) -> None:
    """One tensor begins where the last one ends, and each has as many bytes as its shape says."""
    place = 0
    for tensor in sorted(header.values(), key=lambda tensor: tensor["data_offsets"]):
        begin, end = tensor["data_offsets"]
        needed = _entries(tensor) * np.dtype(FLOATS[_DTYPES[tensor["dtype"]]]).itemsize
        if begin != place or end - begin != needed:
            raise ValueError(f"a tensor of {needed} bytes lies at {begin} to {end}")
        place = end
    if place != size:
        raise ValueError(f"its tensors have {place} bytes, but {size} are there")


def _entries(tensor: Mapping[str, Any]) -> int:
    if not all(type(size) is int and size >= 0 for size in tensor["shape"]):
        raise ValueError("a shape has something other than sizes")
    return math.prod(tensor["shape"])


def _float64(tensor: Mapping[str, Any], numbers: memoryview) -> np.ndarray:
    begin, end = tensor["data_offsets"]
    dtype = _DTYPES[tensor["dtype"]]
    values = np.frombuffer(numbers[begin:end], "<" + FLOATS[dtype])
    return float64(values, dtype).reshape(tensor["shape"])

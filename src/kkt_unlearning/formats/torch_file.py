"""A network in a ``.pt``: the state dict of a PyTorch network, read and written without PyTorch.

The archive that ``torch.save`` writes has an index of the tensors and, for each, a member with its numbers.
"""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from kkt_unlearning.audit.layers import check_names
from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.datasets.zipped import fill, unzipped
from kkt_unlearning.errors import DataError, UserError, one_line
from kkt_unlearning.formats.floats import FLOATS, float64
from kkt_unlearning.formats.opening import size_of
from kkt_unlearning.formats.torch_index import SAVE, Tensor, followed, written

_REMEDY = "save fewer neurons or features"
# of a checkpoint, as PyTorch's tutorial, Lightning and others call it
_STATE = ("model_state_dict", "state_dict", "model")
_LARGEST_INDEX = 10**6  # bytes of what says which tensors there are, a few hundred for each


def read_torch(file: BinaryIO, name: str) -> dict[str, np.ndarray]:
    """All tensors, float64.

    Raises:
        DataError: the file is damaged, has something other than tensors of floats, or would not fit this
            machine's memory.
    """
    size_of(file, name)
    with unzipped(file, name, "a state dict of PyTorch", SAVE) as archive:
        try:
            return _read(archive, name)
        except UserError:
            raise
        except Exception as error:  # of many classes, whatever the bytes lead to
            raise DataError(
                f"{name} is not a state dict of PyTorch, or a damaged one ({one_line(error)}): {SAVE}."
            ) from error


def to_torch(tensors: Mapping[str, np.ndarray]) -> bytes:
    """What ``torch.load`` takes for a dict of these tensors; the same give the same bytes."""
    members = {"data.pkl": written(tensors), "byteorder": b"little", "version": b"3\n"}
    for place, tensor in enumerate(tensors.values()):
        members[f"data/{place}"] = tensor.astype(tensor.dtype.newbyteorder("<")).tobytes()
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(f"archive/{member}"), content)  # of 1980
    return file.getvalue()


def _read(archive: zipfile.ZipFile, name: str) -> dict[str, np.ndarray]:
    index = _index(archive)
    tensors = _state(_state_of(followed(archive.read(index), name)), name)
    folder = index.filename.removesuffix("data.pkl")
    members = {
        tensor.storage.key: archive.getinfo(f"{folder}data/{tensor.storage.key}")
        for tensor in tensors.values()
    }
    for tensor in tensors.values():
        _check_place(tensor, members[tensor.storage.key].file_size)
    # a tensor that repeats one number along an axis declares any size
    entries = sum(tensor.entries for tensor in tensors.values())
    held = sum(member.file_size for member in members.values())
    check_memory(held + 8 * entries, name, _REMEDY)
    storages: dict[str, bytearray] = {}
    for key, member in members.items():
        storages[key] = bytearray(member.file_size)
        with archive.open(member) as file:
            fill(memoryview(storages[key]), file)
    order = _order(archive, f"{folder}byteorder")
    return {key: _numbers(one, storages[one.storage.key], order) for key, one in tensors.items()}


def _index(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The member that says which tensors there are."""
    found = [member for member in archive.infolist() if member.filename.endswith("data.pkl")]
    if len(found) != 1:
        raise ValueError(f"{len(found)} members are named data.pkl")
    if found[0].file_size > _LARGEST_INDEX:
        raise ValueError(f"data.pkl has {found[0].file_size} bytes")
    return found[0]


def _order(archive: zipfile.ZipFile, member: str) -> str:
    """Byte order of the numbers; files of older versions do not say it, and are little-endian."""
    if member not in archive.namelist():
        return "<"
    with archive.open(member) as file:
        return {b"little": "<", b"big": ">"}[file.read(10)]


def _state_of(found: Any) -> Any:
    """The state dict of a checkpoint that has other things beside it, or what was found as it is.

    It is that of a usual name, or the only one, whatever its name.
    """
    if not isinstance(found, dict):
        return found
    named = [found[key] for key in _STATE if isinstance(found.get(key), dict)]
    states = [value for value in found.values() if _has_tensors_alone(value)]
    return named[0] if named else states[0] if len(states) == 1 else found


def _has_tensors_alone(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and bool(found)
        and all(isinstance(value, Tensor) for value in found.values())
    )


def _state(found: object, name: str) -> dict[str, Tensor]:
    """Tensors of floats by name.

    Raises:
        DataError: it is something else.
    """
    if not isinstance(found, dict):
        raise DataError(f"{name} has {type(found).__name__}, which is no state dict: {SAVE}.")
    check_names(found, name)
    for key, tensor in found.items():
        if not isinstance(key, str) or not isinstance(tensor, Tensor):
            raise DataError(
                f"{name}: {one_line(repr(key))} is {type(tensor).__name__}, but a state dict has tensors "
                f"alone, by name: {SAVE}."
            )
        if tensor.storage.dtype not in FLOATS:
            raise DataError(
                f"{name}: {one_line(key)!r} is torch.{tensor.storage.dtype}: allowed are float64, float32, "
                "float16 and bfloat16; save linear layers of these."
            )
    return found


def _check_place(tensor: Tensor, size: int) -> None:
    """All of it lies in its storage, which has that many bytes."""
    storage = tensor.storage
    entries, rest = divmod(size, np.dtype(FLOATS[storage.dtype]).itemsize)
    if rest or storage.entries != entries or tensor.end > entries:
        raise ValueError(f"data/{storage.key} has {size} bytes, and others are asked for")


def _numbers(tensor: Tensor, content: bytearray, order: str) -> np.ndarray:
    values = np.frombuffer(content, order + FLOATS[tensor.storage.dtype])
    strides = [stride * values.itemsize for stride in tensor.strides]
    shown = np.lib.stride_tricks.as_strided(values[tensor.offset :], tensor.shape, strides)
    return float64(shown, tensor.storage.dtype)

"""A network in a ``.pt``: the state dict of a PyTorch network, read as tensors and nothing else."""

import pickletools
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from kkt_unlearning.audit.layers import check_names
from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.datasets.npz import UNREADABLE
from kkt_unlearning.errors import DataError, one_line
from kkt_unlearning.formats.opening import library, size_of

_WITHOUT = "pip install torch, or save the network as .npz or .safetensors where it is, see docs/formats.md"
_REMEDY = "save fewer neurons or features"
_SAVE = "save network.state_dict() with torch.save"
_STATE = (
    "model_state_dict",
    "state_dict",
    "model",
)  # as PyTorch's tutorial, Lightning and others call it
_LARGEST_INDEX = 10**6  # bytes of what says which tensors there are, a few hundred for each
# All that may be called by name, which is what a state dict calls. torch allows more, and some of that takes
# any amount of memory.
_NAMES = {
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    *(f"torch {kind}Storage" for kind in ("Double", "Float", "Half", "BFloat16")),
    # of tensors that are refused with their dtype
    *(f"torch {kind}Storage" for kind in ("Long", "Int", "Short", "Char", "Byte", "Bool")),
    *(f"torch {kind}Storage" for kind in ("ComplexFloat", "ComplexDouble")),
}
# other ways to call by name, which torch.save does not use
_CALLS = {"INST", "OBJ", "STACK_GLOBAL", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}


def read_torch(file: BinaryIO, name: str) -> dict[str, np.ndarray]:
    """All tensors, float64.

    Raises:
        DataError: the file is damaged, has something other than tensors of floats, or would not fit this
            machine's memory, or PyTorch is not installed.
    """
    torch = library("torch", name, _WITHOUT)
    archive = _checked(file, name)
    try:
        found = torch.load(archive, map_location="cpu", weights_only=True)
    except Exception as error:  # of many classes and with long words, which differ by version
        raise DataError(_damaged(name, type(error).__name__)) from error
    found = state_of(found)
    _check_state(torch, found, len(archive.getbuffer()), name)
    return {key: tensor.detach().to(torch.float64).numpy() for key, tensor in found.items()}


def state_of(found: Any) -> Any:
    """The state dict of a checkpoint that has other things beside it, or what was found as it is."""
    if not isinstance(found, dict):
        return found
    return next((found[key] for key in _STATE if isinstance(found.get(key), dict)), found)


def to_torch(tensors: Mapping[str, np.ndarray], name: str) -> bytes:
    """The same tensors give the same bytes.

    Raises:
        DataError: PyTorch is not installed.
    """
    torch = library("torch", name, _WITHOUT)
    file = BytesIO()
    torch.save({key: torch.tensor(tensor) for key, tensor in tensors.items()}, file)
    return file.getvalue()


def _damaged(name: str, error: object) -> str:
    return f"{name} is not a state dict of PyTorch, or a damaged one ({one_line(error)}): {_SAVE}."


def _checked(file: BinaryIO, name: str) -> BytesIO:
    """The same archive, uncompressed, after its sizes and all names in it were looked at.

    Written anew, so that torch reads the very bytes that were looked at.
    """
    size = size_of(file, name)
    content = BytesIO()
    try:
        with zipfile.ZipFile(file) as archive, zipfile.ZipFile(content, "w") as copy:
            members = archive.infolist()
            check_memory(size + 2 * sum(member.file_size for member in members), name, _REMEDY)
            _check_names(archive, members, name)
            for member in members:
                copy.writestr(zipfile.ZipInfo(member.filename), archive.read(member))
    except UNREADABLE as error:
        raise DataError(_damaged(name, error)) from error
    content.seek(0)
    return content


def _check_names(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], name: str) -> None:
    """Nothing is called that a state dict does not call."""
    indices = [member for member in members if member.filename.endswith("data.pkl")]
    names = {member.filename for member in members}
    if len(indices) != 1 or len(names) < len(members):
        raise ValueError(f"{len(indices)} members are named data.pkl, or two are named alike")
    (index,) = indices
    if index.file_size > _LARGEST_INDEX:
        raise ValueError(f"data.pkl has {index.file_size} bytes")
    for code, argument, _ in pickletools.genops(archive.read(index)):
        called = argument if code.name == "GLOBAL" else code.name
        if (code.name == "GLOBAL" and argument not in _NAMES) or code.name in _CALLS:
            raise DataError(
                f"{name} calls {one_line(called)!r}, as no state dict does, and calls can run code: {_SAVE}."
            )


def _check_state(torch: Any, found: object, size: int, name: str) -> None:
    """A dict of tensors of floats, of which a dense copy fits."""
    if not isinstance(found, dict):
        raise DataError(f"{name} has {type(found).__name__}, which is no state dict: {_SAVE}.")
    check_names(found, name)
    for key, tensor in found.items():
        if not isinstance(key, str) or not isinstance(tensor, torch.Tensor):
            raise DataError(
                f"{name}: {one_line(repr(key))} is {type(tensor).__name__}, but a state dict has tensors "
                f"alone, by name: {_SAVE}."
            )
        if tensor.dtype not in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
            raise DataError(
                f"{name}: {one_line(key)!r} is {tensor.dtype}: allowed are float64, float32, float16 and "
                "bfloat16; save linear layers of these."
            )
        if min(tensor.shape, default=0) < 0:  # torch takes such sizes, and fails when they are used
            raise DataError(_damaged(name, f"{one_line(key)!r} has a size below 0"))
    # a tensor without strides declares any size with one number
    entries = sum(tensor.numel() for tensor in found.values())
    check_memory(2 * size + 8 * entries, name, _REMEDY)

"""The index of a ``.pt``, which says in the instructions of pickle what tensors there are.

It is followed here and not unpickled: a state dict needs few instructions, and what they would call is
told from its name and never called.
"""

import math
import pickletools
import struct
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kkt_unlearning.errors import DataError, one_line, twice

SAVE = "save network.state_dict() with torch.save"
# what torch calls its storages -> the dtype of their numbers, some of which are refused later
_STORAGES = {
    **{"Double": "float64", "Float": "float32", "Half": "float16", "BFloat16": "bfloat16"},
    **{"Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8"},
    **{"Bool": "bool", "ComplexFloat": "complex64", "ComplexDouble": "complex128"},
}
_KINDS = {dtype: kind for kind, dtype in _STORAGES.items()}
_DICT = "collections OrderedDict"
_TENSOR = "torch._utils _rebuild_tensor_v2"
_PARAMETER = "torch._utils _rebuild_parameter"
# plain values that a checkpoint may have beside its state dict (schedules of step sizes count milestones),
# which are not made
_BESIDE = {
    *("collections Counter", "builtins set", "__builtin__ set", "torch Size", "torch device"),
    *(f"torch {dtype}" for dtype in _STORAGES.values()),
}
_NAMES = {_DICT, _TENSOR, _PARAMETER, *(f"torch {kind}Storage" for kind in _STORAGES), *_BESIDE}
_CALLS = {
    "INST",
    "OBJ",
    "NEWOBJ",
    "NEWOBJ_EX",
    "EXT1",
    "EXT2",
    "EXT4",
}  # a state dict has REDUCE alone
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
_PLAIN = {
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES"),
}
_LARGEST_SIZE = 2**62  # of a shape or stride


@dataclass(frozen=True, eq=False)
class Storage:
    """``entries`` numbers of one dtype, in the member ``data/KEY`` of the archive."""

    dtype: str
    key: str
    entries: int


@dataclass(frozen=True, eq=False)
class Tensor:
    """Numbers of a storage: of ``shape``, from ``offset`` on, ``strides`` apart."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def entries(self) -> int:
        """How many numbers it has, each as often as it appears."""
        return math.prod(self.shape)

    @property
    def end(self) -> int:
        """How many numbers of its storage end with its last one."""
        steps = zip(self.shape, self.strides, strict=True)
        last = self.offset + sum((size - 1) * stride for size, stride in steps)
        return last + 1 if self.entries else 0


def followed(index: bytes, name: str) -> object:
    """The value that an index describes.

    Time and memory grow with its bytes and with nothing else: what stands for itself many times over is
    never compared, hashed or printed whole.

    Args:
        index: the member ``data.pkl``.
        name: of the file; sentences begin with it.

    Raises:
        DataError: something is called that no state dict calls, or a key is there twice.
        Exception: the index is damaged.
    """
    machine = _Machine(name)
    for instruction, argument, _ in pickletools.genops(index):
        if instruction.name == "STOP":
            break
        machine.follow(instruction.name, argument)
    return machine.stack.pop()


def written(tensors: Mapping[str, np.ndarray]) -> bytes:
    """The index of a dict of tensors, the storage of the i-th one called i."""
    items = [
        _text(key) + _tensor(str(i), tensor) for i, (key, tensor) in enumerate(tensors.items())
    ]
    return b"\x80\x02}(" + b"".join(items) + b"u."


class _Machine:
    def __init__(self, name: str) -> None:
        self.stack: list[Any] = []
        self._file = name
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def follow(self, instruction: str, argument: Any) -> None:
        push = self.stack.append
        match instruction:
            case "PROTO" | "FRAME":
                pass
            case _ if instruction in _PLAIN:
                push(argument)
            case _ if instruction in _CONSTANTS:
                push(_CONSTANTS[instruction])
            case _ if instruction in _EMPTY:
                push(_EMPTY[instruction]())
            case "MARK":
                self._marks.append(len(self.stack))
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self._memo[argument] = self.stack[-1]
            case "MEMOIZE":
                self._memo[len(self._memo)] = self.stack[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                push(self._memo[argument])
            case _:
                self._build(instruction, argument)

    def _build(self, instruction: str, argument: Any) -> None:
        push, last = self.stack.append, self._last
        match instruction:
            case "TUPLE" | "TUPLE1" | "TUPLE2" | "TUPLE3":
                push(tuple(last(instruction.removeprefix("TUPLE"))))
            case "APPEND" | "APPENDS":
                values = last("1" if instruction == "APPEND" else "")
                self.stack[-1].extend(values)
            case "SETITEM" | "SETITEMS":
                items = last("2" if instruction == "SETITEM" else "")
                self._set(self.stack[-1], items)
            case "GLOBAL":
                push(self._called(argument))
            case "STACK_GLOBAL":
                push(self._called(" ".join(last("2"))))
            case "BINPERSID":
                push(_storage(*self.stack.pop()))
            case "REDUCE":
                push(_made(*last("2")))
            case "BUILD":
                last("1")  # attributes, which are the versions of the layers
            case _ if instruction in _CALLS:
                self._refuse(instruction)
            case _:
                raise ValueError(f"data.pkl has the instruction {instruction}")

    def _last(self, count: str) -> list[Any]:
        """As many values as that, or those since the last mark, off the stack."""
        start = len(self.stack) - int(count) if count else self._marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def _set(self, items: dict[Any, Any], values: list[Any]) -> None:
        for key, value in zip(values[::2], values[1::2], strict=True):
            if type(key) not in (str, int):
                raise ValueError("data.pkl has a key that is no name")
            if key in items:
                raise twice(self._file, "keys", key, SAVE)
            items[key] = value

    def _called(self, name: str) -> str:
        if name not in _NAMES:
            self._refuse(name)
        return name

    def _refuse(self, called: str) -> None:
        raise DataError(
            f"{self._file} calls {one_line(called)!r}, as no state dict does, and calls can run code: {SAVE}."
        )


def _storage(kind: str, called: str, key: str, device: str, entries: int) -> Storage:
    dtype = _STORAGES[called.removeprefix("torch ").removesuffix("Storage")]
    if type(key) is not str or not _are_sizes([entries]):
        raise ValueError("data.pkl has a storage without a name or size")
    return Storage(dtype, key, entries)


def _made(called: str, arguments: tuple[Any, ...]) -> object:
    """What the call would make."""
    match arguments:
        case () if called == _DICT:
            return OrderedDict()
        case _ if called in _BESIDE:
            return None
        case (Tensor() as tensor, *_) if called == _PARAMETER:
            return tensor
        case (Storage() as storage, offset, tuple(shape), tuple(strides), *_) if called == _TENSOR:
            if _are_sizes([offset, *shape, *strides]) and len(shape) == len(strides):
                return Tensor(storage, offset, shape, strides)
    raise ValueError("data.pkl has a tensor without a storage and sizes")


def _are_sizes(values: list[Any]) -> bool:
    return all(type(value) is int and 0 <= value < _LARGEST_SIZE for value in values)


def _tensor(storage: str, tensor: np.ndarray) -> bytes:
    kind = _KINDS[tensor.dtype.name]
    strides = [math.prod(tensor.shape[place + 1 :]) for place in range(tensor.ndim)]
    where = _text("storage") + _name(f"torch {kind}Storage") + _text(storage) + _text("cpu")
    numbers = b"(" + where + _whole(tensor.size) + b"tQ"
    arguments = (
        numbers
        + _whole(0)
        + _tuple(tensor.shape)
        + _tuple(strides)
        + b"\x89"
        + _name(_DICT)
        + b")R"
    )
    return _name(_TENSOR) + b"(" + arguments + b"tR"


def _name(called: str) -> bytes:
    return b"c" + called.replace(" ", "\n").encode() + b"\n"


def _text(text: str) -> bytes:
    content = text.encode()
    return b"X" + struct.pack("<I", len(content)) + content


def _whole(number: int) -> bytes:
    return b"\x8a\x08" + struct.pack("<q", number)


def _tuple(numbers: Any) -> bytes:
    return b"(" + b"".join(map(_whole, numbers)) + b"t"

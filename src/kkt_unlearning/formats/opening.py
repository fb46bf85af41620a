"""What every format needs before it reads: its kind, its size, its library."""

import io
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import BinaryIO

from kkt_unlearning.errors import DataError


def kind_of(name: str, allowed: Sequence[str]) -> str:
    """The extension of a file name, one of ``allowed``, in small letters.

    Raises:
        DataError: another extension, or none.
    """
    for kind in allowed:
        if name.lower().endswith(kind):
            return kind
    raise DataError(
        f"{name.strip() or repr(name)} has an extension that says nothing of its format: allowed are "
        f"{', '.join(allowed)}; name the file by its format."
    )


def size_of(file: BinaryIO, name: str) -> int:
    """Bytes of a file, which is left at its start.

    Raises:
        DataError: it has no size, as a pipe has none, or no bytes.
    """
    try:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{name} cannot be read from its start again, as a pipe: give a file on disk."
        ) from error
    if not size:
        raise DataError(f"{name} is empty, 0 bytes: save it again.")
    return size


def library(module: str, name: str, remedy: str) -> ModuleType:
    """A library that only this format needs.

    Args:
        module: to import.
        name: of the file, for the sentence.
        remedy: how to install it, or what to do without it.

    Raises:
        DataError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise DataError(f"{name} needs {package}, which is not installed: {remedy}.") from error


EXTRA = "in a checkout of this project, run pip install '.[files]'"

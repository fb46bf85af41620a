"""The only place where the library opens paths: those that the command line names."""

import errno
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

from kkt_unlearning.errors import DataError, one_line

Value = TypeVar("Value")


def read(path: str, reader: Callable[[BinaryIO, str], Value]) -> Value:
    """What ``reader(file, name)`` makes of a file.

    Raises:
        DataError: it cannot be opened; and whatever the reader raises.
    """
    with _opened(path) as file:
        return reader(file, one_line(path))


def _opened(path: str) -> BinaryIO:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder, not a file")
        if not stat.S_ISREG(mode):  # a pipe or a device would be waited for
            raise OSError(errno.EINVAL, "it is no regular file")
        return open(path, "rb")
    except (OSError, ValueError) as error:
        raise DataError(
            f"{_named(path)} cannot be read ({_reason(error)}): name a file that can."
        ) from error


def write(path: str, content: bytes, *, besides: tuple[str, ...]) -> None:
    """The whole file or nothing: written beside it under another name and renamed.

    Raises:
        DataError: the path is one of ``besides``, which were read, or cannot be written.
    """
    for other in besides:
        if os.path.exists(path) and os.path.samefile(path, other):
            raise DataError(f"{_named(path)} was read as well: name another file to write.")
    try:
        _replace(Path(path), content)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{_named(path)} cannot be written ({_reason(error)}): name a file in a folder that can be."
        ) from error


def _replace(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _named(path: str) -> str:
    return one_line(path) or repr(path)  # a name that is empty or blank would not be seen


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    return getattr(error, "strerror", None) or "that is no path"

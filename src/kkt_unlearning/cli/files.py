"""The only place where the library opens paths: those that the command line names."""

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
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
        _check_regular(path)  # a pipe or a device would be waited for
        return open(path, "rb")
    except (OSError, ValueError) as error:
        raise DataError(
            f"{_named(path)} cannot be read ({_reason(error)}): name a file that can."
        ) from error


@dataclass(frozen=True)
class New:
    """A file that is to be written.

    Args:
        path: its name.
        content: the whole of it.
        besides: names of files that were read, of which it is none.
    """

    path: str
    content: bytes
    besides: tuple[str, ...]


@contextmanager
def written(files: Sequence[New]) -> Iterator[None]:
    """Whole files, once what is done meanwhile has succeeded, else none.

    Each is written beside its place under another name first, and renamed at the end.

    Raises:
        DataError: a path was read, or cannot be written.
    """
    with ExitStack() as parts:
        ready = [(parts.enter_context(_part(new)), new) for new in files]
        yield
        for part, new in ready:
            with _writing(new.path):
                os.replace(part, new.path)


@contextmanager
def _part(new: New) -> Iterator[str]:
    """The name under which the content waits; nothing has it afterwards."""
    for other in new.besides:
        if _same(new.path, other):
            raise DataError(f"{_named(new.path)} was read as well: name another file to write.")
    with _writing(new.path):
        with suppress(FileNotFoundError):
            _check_regular(new.path)
        handle, part = tempfile.mkstemp(dir=Path(new.path).parent, prefix=".", suffix=".part")
    try:
        with _writing(new.path), os.fdopen(handle, "wb") as file:
            file.write(new.content)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(part, 0o666 & ~_umask())
        yield part
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part)


def _same(path: str, other: str) -> bool:
    """Whether both name one file, which may have been removed since it was read."""
    with suppress(OSError):  # where there is none; one that can never be is refused elsewhere
        return os.path.samefile(path, other)
    return False


def _check_regular(path: str) -> None:
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder, not a file")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file")


@contextmanager
def _writing(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise DataError(
            f"{_named(path)} cannot be written ({_reason(error)}): name a file in a folder that can be."
        ) from error


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

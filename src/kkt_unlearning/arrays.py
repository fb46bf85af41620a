"""A user's own arrays, of whatever library, on the host, and what is found put back into that library.

No library is loaded for that: a user who has a tensor has loaded PyTorch.
"""

from typing import Any

import numpy as np

from kkt_unlearning.backends import Array, device, is_torch, namespace, to_numpy
from kkt_unlearning.errors import DataError, one_line


def host(name: str, values: Any) -> np.ndarray:
    """``values`` in host memory, of whatever dtype: an array or tensor, a table of pandas, or nested lists.

    Raises:
        DataError: it is none of these, is sparse, or has no values, or rows of several lengths.
    """
    _check_dense(name, values)
    if isinstance(values, list | tuple) or type(values).__module__.partition(".")[0] == "pandas":
        return _of_rows(name, values)
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise DataError(
            f"{name} has masked entries, which are no numbers: fill them in with {name}.filled, or remove "
            "their rows."
        )
    try:
        namespace(values)
    except TypeError as error:
        remedy = f"numpy.asarray({name})" if hasattr(values, "__array__") else "one of these"
        raise DataError(
            f"{name} is of type {type(values).__name__}: allowed are arrays, tensors, tables of pandas and "
            f"lists of numbers; give {remedy}."
        ) from error
    try:
        return to_numpy(values)
    except (AttributeError, TypeError, ValueError, RuntimeError, BufferError) as error:
        raise DataError(
            f"{name} cannot be copied to NumPy ({one_line(error)}): give numbers of float32 or float64, on a "
            "device that holds them."
        ) from error


def numbers(name: str, values: Any) -> np.ndarray:
    """Real numbers as float64, which holds them all; whole numbers beyond 2^53 are rounded.

    Raises:
        DataError: as :func:`host`, or they are no real numbers.
    """
    array = host(name, values)
    # bfloat16, which NumPy does not know by itself, is of kind V
    if array.dtype.kind not in "biuf" and not _castable(array.dtype):
        raise DataError(
            f"{name} is {_named(array.dtype)}: allowed are real numbers; encode or leave out what is none, "
            "and convert it to float64."
        )
    return array.astype(np.float64, copy=False)


def floats(name: str, values: Any) -> np.ndarray:
    """Weights as float64.

    Raises:
        DataError: as :func:`numbers`, or they are whole numbers, as no training gives.
    """
    array = host(name, values)
    if array.dtype.kind in "biu":
        raise DataError(
            f"{name} is {_named(array.dtype)}: allowed are floats, as weights are after training; give "
            "those, or these as float64."
        )
    return numbers(name, array)


def follow(values: np.ndarray, like: Any) -> Array:
    """``values`` in the library and on the device of ``like``; in NumPy where that is no array.

    In its dtype where that is float32 or float64. Else in the library's own for floats: whole numbers would
    cut, and half precision would round off more than an unlearned network may differ by.
    """
    try:
        xp = namespace(like)
    except TypeError:
        return values
    where = device(like)
    if like.dtype in (xp.float32, xp.float64):
        return xp.asarray(values, dtype=like.dtype, device=where)
    default = xp.__array_namespace_info__().default_dtypes(device=where)["real floating"]
    return xp.asarray(values, dtype=default, device=where)


def _check_dense(name: str, values: Any) -> None:
    kind = type(values).__name__
    if hasattr(values, "toarray"):  # SciPy, CuPy
        remedy = f"{name}.toarray()"
    elif is_torch(values) and str(values.layout) != "torch.strided":
        kind, remedy = str(values.layout), f"{name}.to_dense()"
    else:
        return
    raise DataError(
        f"{name} is sparse ({kind}): allowed are dense arrays; give {remedy}, for which it has to fit the "
        "memory."
    )


def _of_rows(name: str, values: Any) -> np.ndarray:
    try:
        return _of_table(values) if hasattr(values, "dtypes") else np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(
            f"{name} is a list or table whose rows are no numbers, or not of one length: give rows of "
            "the same length."
        ) from error


def _of_table(values: Any) -> np.ndarray:
    """Of pandas, whose own kinds of numbers, which may be missing, would become objects."""
    kinds = np.atleast_1d(np.asarray(values.dtypes, dtype=object))
    if all(isinstance(kind, np.dtype) for kind in kinds) or {k.kind for k in kinds} - set("biuf"):
        return values.to_numpy()
    whole = {kind.kind for kind in kinds} <= set("biu") and not np.any(values.isna())
    return values.to_numpy(np.int64 if whole else np.float64, na_value=0 if whole else np.nan)


def _castable(dtype: np.dtype) -> bool:
    return dtype.kind == "V" and dtype.names is None and np.can_cast(dtype, np.float64)


def _named(dtype: np.dtype) -> str:
    words = {"U": "of words", "S": "of words", "O": "of objects"}
    return one_line(words.get(dtype.kind, dtype))

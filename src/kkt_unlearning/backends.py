"""Which array library a computation runs on: always the one of its arguments, chosen once at the boundary."""

from types import ModuleType
from typing import Any

import numpy as np

from kkt_unlearning.errors import BackendError

Array = Any
"""An array of any library that follows the array API standard (NumPy, CuPy, array-api-strict, …)."""

BACKENDS = ("auto", "numpy", "cupy")
IN_CACHE = 2**17  # numbers in one work array: what a core's cache holds is worked through fastest
WORK_ARRAY = 2**22  # numbers at most where an array can be worked through in parts: 32 MiB


def namespace(*arrays: Array) -> ModuleType:
    """The array-API namespace that all ``arrays`` share.

    Raises:
        TypeError: the arrays belong to different libraries.
    """
    if all(type(array) is np.ndarray for array in arrays):  # asked thousands of times a second
        return np
    from array_api_compat import array_namespace  # a tenth of a second that NumPy does not need

    found = array_namespace(*arrays)
    return np if found.__name__ == "array_api_compat.numpy" else found


def backend_namespace(name: str) -> ModuleType:
    """The namespace for ``backend: auto | numpy | cupy``; ``auto`` is CuPy where a GPU answers, else NumPy.

    Raises:
        BackendError: ``name`` is unknown, or ``cupy`` is asked for without CuPy or without a usable GPU.
    """
    if name not in BACKENDS:
        raise BackendError(
            f"backend = {name!r}: allowed are {', '.join(BACKENDS)}; choose one of them."
        )
    if name == "numpy":
        return np
    obstacle = _cupy_obstacle()
    if obstacle is None:
        from array_api_compat import cupy as compat_cupy

        return compat_cupy
    if name == "auto":
        return np
    raise BackendError(
        f"backend = 'cupy': {obstacle}; allowed are auto, numpy or (with a CUDA GPU and the extra "
        "'gpu' installed) cupy, so set backend: auto to compute with NumPy here."
    )


def backend_name(name: str) -> str:
    """``numpy`` or ``cupy``: what :func:`backend_namespace` chooses for ``name``."""
    return backend_namespace(name).__name__.rpartition(".")[2]


def is_cupy(array: Array) -> bool:
    """Whether ``array`` is CuPy's."""
    from array_api_compat import is_cupy_array

    return is_cupy_array(array)


def _cupy_obstacle() -> str | None:
    """Why CuPy cannot be used, as half a sentence; None where it can."""
    try:
        import cupy
    except ImportError:
        return "CuPy is not installed"
    try:
        if cupy.cuda.runtime.getDeviceCount() == 0:
            return "CuPy finds no GPU"
        cupy.zeros(1).sum()
    except (
        Exception
    ) as error:  # the CUDA runtime raises classes of its own, which differ by version
        return f"CuPy finds no usable GPU ({type(error).__name__})"
    return None


def constant(values: Any, like: Array) -> Array:
    """``values`` as an array of the library, dtype and device of ``like``."""
    return namespace(like).asarray(values, dtype=like.dtype, device=device(like))


def device(array: Array) -> Any:
    """Where ``array`` lies, as the functions of its library take it."""
    if isinstance(array, np.ndarray):
        return "cpu"
    from array_api_compat import device

    return device(array)


def to_numpy(array: Array) -> np.ndarray:
    """A copy of ``array`` in host memory (the one place where data leaves a device)."""
    if isinstance(array, np.ndarray | np.generic):  # reductions to a scalar give a np.generic
        return np.asarray(array)
    if is_cupy(array):
        return array.get()
    if is_torch(array):
        return _of_torch(array)
    return np.from_dlpack(array, device="cpu", copy=True)


def is_torch(array: Array) -> bool:
    """Whether ``array`` is a tensor of PyTorch, parameters included."""
    from array_api_compat import is_torch_array

    return is_torch_array(array)


def _of_torch(tensor: Array) -> np.ndarray:
    """Without gradients; half precision becomes float32, since NumPy has no bfloat16."""
    tensor = tensor.detach().cpu()
    half = tensor.dtype.is_floating_point and tensor.element_size() < 4
    return (tensor.float() if half else tensor.resolve_conj().resolve_neg()).numpy().copy()

"""Many steps of gradient descent in one kernel: ``P ← P + η D G`` with P in registers throughout."""

import math
from functools import cache
from importlib.resources import files
from typing import Any

import array_api_compat
import numpy as np

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.training.descent import Descent
from kkt_unlearning.training.gpu.launch import SAMPLES_MOST, Launch, neurons_most

_REALS = {"float64": "double", "float32": "float"}


def obstacle(P: Array, slopes_sum: Array) -> str | None:
    """Why :func:`fused_descent` cannot advance ``P (…, m, n)``, as half a sentence; None where it can.

    Then the generic step does. A captured CUDA graph is no way out: CuPy refuses to record calls of
    cuBLAS, which its matrix products are, and at such sizes they cost more than their launches.
    """
    if not array_api_compat.is_cupy_array(P):
        return "the arrays are not CuPy's"
    return _misfit(P, slopes_sum)


def _misfit(P: Array, slopes_sum: Array) -> str | None:
    (m, n), dtype = P.shape[-2:], P.dtype
    if dtype.name not in _REALS:
        return f"the arrays are {dtype.name}, not {' or '.join(_REALS)}"
    if m > SAMPLES_MOST:
        return f"m = {m} samples are more than the {SAMPLES_MOST} lanes of a warp"
    if n > neurons_most(m, dtype.itemsize):
        return f"n = {n} neurons are more than {neurons_most(m, dtype.itemsize)}, whose registers a block has"
    if slopes_sum.shape != P.shape[:-1] or slopes_sum.dtype != dtype:
        return f"the sums are {slopes_sum.dtype.name} {slopes_sum.shape}, not {dtype.name} {P.shape[:-1]}"
    if not (P.flags.c_contiguous and slopes_sum.flags.c_contiguous):
        return "the arrays are not contiguous"
    return None if P.size else "the batch is empty"


def fused_descent(
    P: Array,
    slopes_sum: Array,
    steps: int,
    *,
    descent: Descent,
    gram: Array,
    y: Array,
    u: Array,
    has_kinks: bool = True,
    excluded: Array | None = None,
) -> None:
    """Make ``steps`` steps in place: ``P ← P + η D G`` with ``D_ji = u_j A_ji y_i (−ℓ'(q_i))``.

    The same numbers as the generic step up to the order of sums, and the same each time. A network that
    diverges becomes nan or infinite here as there, and is noticed at the next checkpoint.

    Args:
        P: CuPy pre-activations, neurons last, ``(…, m, n)``, contiguous.
        slopes_sum: ``Σ_t −ℓ'(q_i(t))`` so far, over the loss for a normalised step, ``(…, m)``, contiguous.
        steps: how many.
        descent: loss and step rule (its number of steps does not count here).
        gram: ``G (…, m, m)``; it and the next are broadcast over the leading axes of P.
        y: labels ``(…, m)``.
        u: output weights ``(n,)``.
        has_kinks: False where every derivative ``A_ji`` is 1.
        excluded: ``(…, m)``, 0 for samples that take part and −∞ for the others; None where all do.

    Raises:
        ValueError: the arrays are not of a kind or size for which :func:`obstacle` is None.
    """
    misfit = _misfit(P, slopes_sum)
    if misfit:
        raise ValueError(misfit)
    batch, (m, n) = P.shape[:-2], P.shape[-2:]
    if excluded is None:
        excluded = namespace(P).zeros_like(slopes_sum)
    arrays = (
        _whole(gram, (*batch, m, m), P),
        _whole(y, (*batch, m), P),
        _whole(excluded, (*batch, m), P),
        _whole(u, (n,), P),
    )
    scalars = P.dtype.type(descent.step_size), np.int32(n), np.int32(steps)
    launch = Launch.of(n, m, P.dtype.itemsize)
    rule = descent.loss == "logistic", descent.step == "normalised"
    kernel = _kernel(launch, m, P.dtype.name, has_kinks, *rule)
    kernel((math.prod(batch),), (launch.threads,), (P, *arrays, slopes_sum, *scalars))


def _whole(values: Array, shape: tuple[int, ...], like: Array) -> Array:
    """``values`` broadcast and laid out in memory as the kernel reads them, in the dtype of ``like``."""
    xp = namespace(values, like)
    return xp.asarray(xp.broadcast_to(values, shape), dtype=like.dtype, order="C", copy=True)


@cache
def _kernel(
    launch: Launch, samples: int, dtype: str, has_kinks: bool, logistic: bool, normalised: bool
) -> Any:
    """``descent.cu`` compiled for one size, network, loss and step rule; CuPy keeps it on disk."""
    import cupy

    macros = {
        "REAL": _REALS[dtype],
        "SAMPLES": samples,
        "ROWS": launch.rows,
        "THREADS": launch.threads,
        "BLOCKS": launch.blocks,
        "KINKS": int(has_kinks),
        "LOGISTIC": int(logistic),
        "NORMALISED": int(normalised),
    }
    options = ("--std=c++17", *(f"-D{name}={value}" for name, value in macros.items()))
    return cupy.RawModule(code=source(), options=options).get_function("fused_descent")


def source() -> str:
    """The CUDA source of the kernel."""
    return files("kkt_unlearning.training.gpu").joinpath("descent.cu").read_text(encoding="utf-8")

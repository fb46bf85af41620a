"""Floats as state dicts store them."""

import numpy as np

# name of the dtype -> how NumPy reads its numbers; bfloat16 is the upper half of a float32
FLOATS = {"float64": "f8", "float32": "f4", "float16": "f2", "bfloat16": "u2"}


def float64(values: np.ndarray, dtype: str) -> np.ndarray:
    """The same numbers and shape as float64, without loss: a copy.

    Args:
        values: in the dtype that `FLOATS` has for ``dtype``, of any byte order.
        dtype: a key of `FLOATS`.
    """
    if dtype == "bfloat16":
        values = (values.astype("u4") << 16).view("f4")
    return values.astype(np.float64)

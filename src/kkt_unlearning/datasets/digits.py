"""Handwritten digits: two classes of the 8 by 8 images that come with scikit-learn."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.images import Class, two_groups
from kkt_unlearning.errors import DataError


def generate(*, classes: Sequence[Class], **options: Any) -> Dataset:
    """``x_i = (p_i - p̄)/‖p_i - p̄‖``, ``p_i`` the 64 pixels: arguments and errors of `two_groups`.

    Two digits have about 360 images together, all ten 1797.

    Raises:
        DataError: scikit-learn is not installed, as well.

    Source: ``sklearn.datasets.load_digits``, 1797 images of the UCI data set
    "Optical Recognition of Handwritten Digits" (its test part).
    """
    return two_groups(*_images(), classes, **options)


def _images() -> tuple[np.ndarray, np.ndarray]:
    try:
        from sklearn.datasets import load_digits  # slow to load, and no other source needs it
    except ImportError as error:
        raise DataError(
            "source digits needs scikit-learn, which is not installed: "
            "in a checkout of this project, run pip install '.[pipeline]'."
        ) from error
    pixels, digits = load_digits(return_X_y=True)
    return pixels, digits

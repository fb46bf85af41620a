"""Every verb on arrays of every library, dtype and layout: the right numbers, or the sentence on the page."""

import inputs
import numpy as np
import pytest

from kkt_unlearning.arrays import follow


def test_what_the_page_says_of_arrays_is_what_is_done():
    page = inputs.PAGE.read_text(encoding="utf-8")
    assert inputs.tables(inputs.SECTIONS["numpy"]()) == inputs.section(page, "numpy")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_found_follows_floats(dtype):
    assert follow(np.array([0.5, 1 / 3]), np.ones(3, dtype)).dtype == dtype


@pytest.mark.parametrize(
    "like", [np.ones(3, int), np.ones(3, bool), np.ones(3, np.float16), [1, 2]]
)
def test_what_is_found_is_not_cut(like):
    values = np.array([0.5, 1 / 3])
    assert np.array_equal(follow(values, like), values)

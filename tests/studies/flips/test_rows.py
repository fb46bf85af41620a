"""What is counted of training, from weights whose activations are known."""

import pytest
from builders import solved

from kkt_unlearning.studies.flips.rows import turned


@pytest.mark.parametrize(("factor", "share"), [(2.0, 0.0), (-1.0, 1.0)])
def test_training_turned_what_its_initial_weights_had_otherwise(factor, share):
    _, _, point = solved(1, 6, 15, 8)
    assert point.kinks.any()  # which are on neither side
    assert turned(point, factor * point.W) == share

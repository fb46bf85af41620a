"""Power laws and how far they hold, on curves that are ones up to a known point."""

import numpy as np
import pytest

from kkt_unlearning.studies.correlation.decay import fit_decay

X = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.8])


def curve(y, seeds=3):
    return {
        "seed": np.repeat(np.arange(seeds), X.size),
        "rho": np.tile(X, seeds),
        "x": np.tile(X, seeds),
        "y": np.tile(y, seeds) * np.repeat(1.0 + np.arange(seeds) / 50, X.size),
    }


def test_a_pure_law_holds_to_the_end():
    found = fit_decay(curve(3 * X**2), "x", "y", "rho", 0.1)
    assert (found.first, found.last) == (0.1, 0.8)
    assert found.law.exponent == pytest.approx(2)
    assert found.law.factor == pytest.approx(3, rel=0.05)


def test_a_law_ends_where_the_curve_leaves_it():
    y = np.where(X <= 0.4, X**2, 100 * X**2)
    assert fit_decay(curve(y), "x", "y", "rho", 0.1).last == 0.4


@pytest.mark.parametrize("bad", [np.inf, 0.0, np.nan])
def test_a_value_without_logarithm_ends_it(bad):
    found = fit_decay(curve(np.where(X == 0.5, bad, X)), "x", "y", "rho", 0.1)
    assert found.last == 0.4 and found.law.exponent == pytest.approx(1)


def test_what_lies_below_the_first_value_does_not_count():
    found = fit_decay(curve(np.where(X < 0.1, 50.0, X)), "x", "y", "rho", 0.1)
    assert found.law.exponent == pytest.approx(1)


def test_fewer_than_three_values_are_no_law():
    found = fit_decay(curve(X), "x", "y", "rho", 0.5)
    assert np.isnan([found.law.exponent, found.first, found.last]).all()

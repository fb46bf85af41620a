"""KLoM against an independent computation, and its noise floor and shifts against simulated numbers."""

import numpy as np
import pytest
from builders import one_sentence
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from kkt_unlearning.attacks.klom import RECIPES, Recipe, klom, noise, recipe
from kkt_unlearning.errors import DataError

DRAWS = 1500
# Simulated elsewhere and rounded to 0.01; how often is not known, taken to be 100 times or more.
ERROR = 4 * np.sqrt(
    1 / DRAWS + 1 / 100
)  # four standard errors of the difference, for a deviation of 1


def by_histogram(unlearned, oracle, floor=1e-5):
    """Recipe joint_range as it is written, with numpy.histogram and scipy's entropy."""
    edges = np.histogram_bin_edges(np.concatenate([unlearned, oracle]), 20)
    p, q = (np.histogram(values, edges)[0] / len(values) for values in (unlearned, oracle))
    q = np.where(p > 0, np.maximum(q, floor), q)
    # scipy normalises q to sum 1; undone here, as the floor is not
    return entropy(p, q) - np.log(q.sum())


@given(st.integers(0, 10**6), st.sampled_from([2, 5, 40]))
def test_value_is_that_of_the_histograms(seed, N):
    rng = np.random.default_rng(seed)
    unlearned, oracle = rng.normal(size=N), rng.normal(0.5, 1.0, N)
    assert klom(unlearned, oracle).value == pytest.approx(by_histogram(unlearned, oracle), abs=1e-9)


# Mean and 95th percentile for N(0, 1) margins.
@pytest.mark.parametrize(
    ("N", "mean", "high"),
    [(20, 3.02, 5.11), (50, 0.85, 1.69), (100, 0.34, 0.66), (400, 0.065, 0.12)],
)
def test_noise_floor_of_equal_laws(N, mean, high):
    rng = np.random.default_rng(N)
    values = klom(rng.normal(size=(DRAWS, N)), rng.normal(size=(DRAWS, N))).value
    near(values, mean)
    # 95 % of the values lie below the 95th percentile, up to binomial error in both simulations
    error = ERROR * np.sqrt(0.95 * 0.05)
    assert np.mean(values <= high + 0.005) > 0.95 - error
    assert np.mean(values <= high - 0.005) < min(0.95 + error, 1.0)


@pytest.mark.parametrize(("shift", "mean"), [(1, 1.17), (2, 3.49), (4, 8.56)])
def test_shifts_by_standard_deviations(shift, mean):
    rng = np.random.default_rng(shift)
    near(klom(rng.normal(shift, 1, (DRAWS, 100)), rng.normal(size=(DRAWS, 100))).value, mean)


def near(values, mean):
    assert abs(values.mean() - mean) < ERROR * values.std() + 0.005


def test_disjoint_samples_reach_the_floor():
    """No shared bin: ``Σ p log(p / floor)``, log(1e5) less the entropy of p."""
    unlearned, oracle = np.linspace(0.0, 1.0, 50), np.linspace(5.0, 6.0, 50)
    found = klom(unlearned, oracle).value
    assert found == pytest.approx(by_histogram(unlearned, oracle), abs=1e-9)
    assert klom(np.zeros(50), np.ones(50)).value == pytest.approx(np.log(1e5))


def test_constant_margins_are_named():
    found = klom(np.full((2, 5), 3.0), np.array([[3.0] * 5, [3.0, 3.0, 3.0, 3.0, 4.0]]))
    assert found.outcome.tolist() == ["constant", "measured"]
    assert found.value[0] == 0.0 and found.value[1] > 0.0


def test_the_other_recipe_reverses_and_has_fixed_bins():
    rng = np.random.default_rng(5)
    unlearned, oracle = rng.normal(0, 20, 60), rng.normal(15, 20, 60)
    edges = np.linspace(-100, 100, 21)
    p, q = (np.histogram(values, edges)[0] / 60 for values in (oracle, unlearned))
    q = np.where(p > 0, np.maximum(q, 1e-5), q)
    expected = entropy(p, q) - np.log(q.sum())
    assert klom(unlearned, oracle, RECIPES["fixed_range"]).value == pytest.approx(expected)
    far = klom(np.full(5, -90.0), np.full(5, 90.0), recipe("fixed_range", 20, 100.0, 1e-9))
    assert far.value == 12.0


def test_margins_are_clipped():
    unlearned, oracle = np.array([0.0, 1.0, 1e9]), np.array([0.0, 1.0, 2.0])
    clipped = klom(np.array([0.0, 1.0, 100.0]), oracle).value
    assert klom(unlearned, oracle).value == clipped
    assert klom(unlearned, oracle, Recipe(clip=2.0)).value == 0.0


def test_unequal_numbers_of_models_are_refused():
    with pytest.raises(DataError) as error:
        klom(np.zeros(3), np.zeros(4))
    assert "3 unlearned and 4 oracle" in one_sentence(error)


@pytest.mark.parametrize("name", ["reverse", "joint"])
@pytest.mark.parametrize("flag", ["no", 0, None])
def test_a_flag_that_is_none_is_refused(name, flag):
    with pytest.raises(DataError, match=f"^{name} = .*: allowed are True and False"):
        Recipe(**{name: flag})


def test_noise_of_relabelled_models_is_that_of_equal_laws():
    rng = np.random.default_rng(6)
    sides = rng.normal(size=(2, 400, 50))
    floor = noise(*sides, 5, np.random.default_rng(0))
    assert floor.shape == (5, 400)
    values = klom(*sides).value
    error = 4 * np.sqrt(values.var() / 400 + floor.mean(axis=0).var() / 400)
    assert abs(floor.mean() - values.mean()) < error


def test_noise_does_not_grow_with_the_difference():
    rng = np.random.default_rng(7)
    unlearned, oracle = rng.normal(20, 1, (50, 100)), rng.normal(size=(50, 100))
    floor = noise(unlearned, oracle, 3, np.random.default_rng(0))
    assert floor.max() < 1.5 < klom(unlearned, oracle).value.min()

"""Claims on growth with the number of samples, from tables whose truth is known."""

import itertools

import numpy as np
import pytest
from result_tables import columns

from kkt_unlearning.studies.claim import claims
from kkt_unlearning.studies.growth.study import DATA

CLAIM = {claim.name: claim for claim in claims()}
SIZES = (20, 200, 2000)


def steps(sizes=SIZES, **overrides):
    """Two forgettings of three replicates at each size; functions see ``m`` and whether it is the second."""
    rows = []
    for m, s, second in itertools.product(sizes, range(3), (False, True)):
        row = {"experiment": "growth", "samples": m, "network": "growth", "seed": s}
        row |= {"forget": int(second), "separates": 1, "outcome": "separating"}
        row |= {
            "support": 10,
            "crossed": 0.02,
            "distance_trained": 0.1,
            "epsilon_clarke": 0.1,
            "relative_delta": 1.0,
            "epsilon": 0.01,
            "tau": 1e-4,
            "nothing_epsilon": 2.0,
        }
        rows.append(row | {name: rule(m, second) for name, rule in overrides.items()})
    return columns(rows)


def measured(name, table, **others):
    """Measured of four data sets that have the same table, but for those named."""
    tables = {f"growth_{data}.growth": others.get(data, table) for data in DATA}
    return CLAIM[name].measure(tables, {})


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("growth_support", "support"),
        ("growth_flips", "crossed"),
        ("growth_epsilon", "epsilon_clarke"),
        ("growth_delta", "relative_delta"),
    ],
)
@pytest.mark.parametrize("exponent", [-0.5, 0.0, 0.7])
def test_exponents(name, quantity, exponent):
    table = steps(**{quantity: lambda m, _: 3.0 * m**exponent})
    assert measured(name, table) == pytest.approx(exponent, abs=1e-12)


@pytest.mark.parametrize("data", DATA)
def test_the_worst_data_set_decides(data):
    worse = steps(support=lambda m, _: m, separates=lambda *_: 0, distance_trained=lambda *_: 0.25)
    assert measured("growth_support", steps(), **{data: worse}) == pytest.approx(1.0)
    assert measured("growth_separates", steps(), **{data: worse}) == 0.0
    assert measured("growth_trained", steps(), **{data: worse}) == 0.75


@pytest.mark.parametrize("data", DATA)
def test_a_data_set_without_an_exponent_leaves_the_claim_untested(data):
    assert np.isnan(measured("growth_support", steps(), **{data: steps(SIZES[:2])}))


@pytest.mark.parametrize(
    "name", ["growth_support", "growth_flips", "growth_epsilon", "growth_delta"]
)
def test_two_sizes_have_no_exponent(name):
    assert np.isnan(measured(name, steps(SIZES[:2])))


def test_exponents_of_certificates_are_of_certified_steps():
    lost = {
        "outcome": lambda _, second: "not separating" if second else "separating",
        "epsilon_clarke": lambda m, second: np.inf if second else m**-0.5,
        "relative_delta": lambda m, second: np.inf if second else m**0.25,
    }
    table = steps(**lost)
    assert measured("growth_epsilon", table) == pytest.approx(-0.5)
    assert measured("growth_delta", table) == pytest.approx(0.25)


def test_no_separating_step_leaves_nothing_to_fit():
    table = steps(outcome=lambda *_: "not separating")
    assert np.isnan(measured("growth_epsilon", table))


def test_the_share_that_separates_is_that_of_the_worst_size():
    table = steps(separates=lambda m, second: int(m != 200 or not second))
    assert measured("growth_separates", table) == 0.5
    assert measured("growth_separates", steps()) == 1.0


def test_the_cosine_to_the_trained_weights_is_that_of_the_worst_size():
    table = steps(distance_trained=lambda m, _: 0.3 if m == 200 else 0.01)
    assert measured("growth_trained", table) == pytest.approx(0.7)


@pytest.mark.parametrize("quantity", ["epsilon", "relative_delta", "tau"])
def test_the_price_is_the_largest_of_the_three_over_what_doing_nothing_costs(quantity):
    assert measured("growth_against_nothing", steps()) == pytest.approx(0.5)
    dear = steps(**{quantity: lambda m, _: 6.0 if m == 200 else 0.5})
    assert measured("growth_against_nothing", steps(), mnist=dear) == pytest.approx(3.0)


def test_steps_without_a_certificate_have_no_price():
    lost = steps(outcome=lambda *_: "not separating", relative_delta=lambda *_: np.inf)
    assert np.isnan(measured("growth_against_nothing", lost))
    assert measured("growth_against_nothing", steps(), text=lost) == pytest.approx(0.5)

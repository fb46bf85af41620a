"""Claims on flips and on the surface, from tables whose truth is known."""

import itertools

import numpy as np
import pytest
from result_tables import columns

from kkt_unlearning.studies.claim import claims

CLAIM = {claim.name: claim for claim in claims()}
D = (100, 1000, 10000)


def counts(exponent=0.0, crossed=20.0, left=0):
    return columns(
        [
            {
                **{"experiment": "flips", "dimension": d, "network": "two_layer", "seed": s},
                **{"forget": "0", "share": (1 + s) * 0.1 * (d / 100) ** exponent, "left": left},
                **{"opposed_off_on": crossed, "predicted_off_on": 25.0 if d == D[-1] else 1.0},
            }
            for d, s in itertools.product(D, range(3))
        ]
    )


def clusters(tau_stars, turned, pivots, bounds=(1.0,), dimension=D[-1]):
    cases = itertools.zip_longest(tau_stars, turned, pivots, bounds, fillvalue=bounds[0])
    names = ("tau_star", "supporting_on", "pivots", "tau_star_bound")
    rows = [dict(zip(names, case, strict=True)) | {"dimension": dimension} for case in cases]
    return columns(rows)


def surface(epsilon, dimensions=D):
    """``epsilon(share of δ*, share of τ*, d)``."""
    shares = itertools.product(dimensions, range(3), (0.0, 1.0), (0.0, 0.1, 0.5, 0.9, 1.0))
    return columns(
        [
            {
                **{"experiment": "flips", "dimension": d, "network": "two_layer", "seed": s},
                **{"forget": "0", "delta_share": delta, "tau_share": tau},
                "epsilon": epsilon(delta, tau, d),
            }
            for d, s, delta, tau in shares
        ]
    )


def measured(name, **tables):
    found = {f"flips.{part}": table for part, table in tables.items()}
    return CLAIM[name].measure(found, {})


@pytest.mark.parametrize("exponent", [0.0, -0.3])
def test_the_exponent_of_the_share(exponent):
    assert measured("flips_share_persists", flips=counts(exponent)) == pytest.approx(exponent)


def test_without_a_sweep_no_exponent():
    table = counts()
    del table["dimension"]
    assert np.isnan(measured("flips_share_persists", flips=table))


def test_shares_are_compared_between_sizes_of_the_training_step():
    entries = {0.1: (100, 1000), 1.0: (100, 100), 10.0: (100, 100)}
    shares = {0.1: 0.2, 1.0: 0.25, 10.0: 0.22}
    table = columns(
        [
            {"training_step": size, "entries": n, "share": shares[size] + (n == 1000) * 0.01}
            for size, numbers in entries.items()
            for n in numbers
        ]
    )
    claim = CLAIM["flips_training_step"]
    assert claim.measure({"flips_training.flips": table}, {}) == pytest.approx(
        0.25 / (0.2 + 10 / 1100)
    )
    one = {name: column[:2] for name, column in table.items()}
    assert np.isnan(claim.measure({"flips_training.flips": one}, {}))


@pytest.mark.parametrize(("crossed", "off"), [(20.0, 0.2), (30.0, 0.2), (25.0, 0.0)])
def test_crossings_are_compared_with_the_prediction_in_the_largest_dimension(crossed, off):
    assert measured("flips_predicted", flips=counts(crossed=crossed)) == pytest.approx(off)


def test_clusters_are_told_apart_by_what_the_step_turns_on_in_the_largest_dimension():
    table = clusters([0.3, 0.2, 0.01, 0.02], [4, 1, 0, 0], [1, 2, 0, 0])
    elsewhere = clusters([0.001, 0.5], [3, 0], [0, 1], dimension=D[0])
    table = {name: np.concatenate([elsewhere[name], table[name]]) for name in table}
    assert measured("flips_two_clusters", flips=table) == pytest.approx(10)
    assert measured("flips_pivots", flips=table) == 1.0
    one = clusters([0.3, 0.2], [4, 1], [1, 0])
    assert np.isnan(measured("flips_two_clusters", flips=one))
    assert measured("flips_pivots", flips=one) == 0.5


def test_the_bound_on_tau_star_is_for_cases_without_a_pivot():
    table = clusters([0.3, 0.2, 0.1], [0, 0, 1], [0, 1, 0], [0.2, 0.1, np.inf])
    claim = CLAIM["flips_tau_star_bound"]
    assert claim.measure({"flips.flips": table}, {"round_off": 1e-8}) == 1
    table["tau_star"][0] = 0.2
    assert claim.measure({"flips.flips": table}, {"round_off": 1e-8}) == 0


def test_one_entry_left_is_one_too_many():
    table = counts()
    assert measured("flips_restored", flips=table) == 0
    table["left"][4] = 2
    assert measured("flips_restored", flips=table) == 2


def test_the_end_of_the_surface():
    table = surface(lambda delta, tau, d: 0.0 if tau == 1 else 0.3)
    assert measured("surface_reaches_exact", surface=table) == 0.0
    table["epsilon"][-1] = 1e-3
    assert measured("surface_reaches_exact", surface=table) == 1e-3


def test_where_epsilon_is_halved_with_the_largest_delta():
    table = surface(
        lambda delta, tau, d: (0.4 if tau < 0.5 else 0.2) if delta and d == 1e4 else 0.4
    )
    assert measured("surface_halved", surface=table) == 0.5
    never = surface(lambda delta, tau, d: np.inf)
    assert np.isnan(measured("surface_halved", surface=never))


def test_what_is_left_without_slack():
    table = surface(lambda delta, tau, d: 0.7 if delta else (0.01 if tau >= 0.5 else 0.2))
    assert measured("surface_without_slack", surface=table) == pytest.approx(0.01)

"""Exponents of planted laws, and shares of data sets counted by hand."""

import numpy as np
import pytest
from crowding_tables import changes, geometry

from kkt_unlearning.studies.claim import claims
from kkt_unlearning.studies.crowding.share import room, shares

CLAIM = {claim.name: claim for claim in claims()}


def measured(name, **tables):
    return CLAIM[name].measure({f"crowding.{part}": table for part, table in tables.items()}, {})


@pytest.mark.parametrize("p", [1.0, 0.7])
def test_the_exponent_of_m_at_fixed_m_phi(p):
    def law(m, crowd, network):
        return 0.3 * crowd**p / m ** (1.0 if network == "linear" else 0.6)

    assert measured("crowding_linear", crowding=changes(law)) == pytest.approx(-1.0)
    assert measured("crowding_two_layer", crowding=changes(law)) == pytest.approx(-0.6)


@pytest.mark.parametrize("less", [{"sizes": (10,)}, {"sizes": (10, 20), "dimensions": (100,)}])
def test_no_exponent_where_m_or_phi_do_not_vary_apart(less):
    def law(m, crowd, network):
        return crowd / m

    assert np.isnan(measured("crowding_linear", crowding=changes(law, **less)))


def test_shares_are_counted_setting_by_setting():
    found = shares(geometry(samples=[10], dimension=[100, 1000]))
    assert found["dimension"].tolist() == [100, 1000]
    assert found["samples"].tolist() == [10, 10]
    np.testing.assert_allclose(found["orthogonal"], 2 / 3)
    np.testing.assert_allclose(found["support"], 1 / 3)
    of_mixture = shares(geometry(dimension=[100], separation=[0.0, 0.1]))
    assert of_mixture["samples"].tolist() == [10, 10]  # the rank
    np.testing.assert_allclose(of_mixture["orthogonal"], 2 / 3)


def test_gaussian_data_are_asked_about_where_the_dimension_is_high():
    assert room([10, 1], [24 * 100 * np.log(10), 5]) == pytest.approx([24, np.inf])
    table = geometry(samples=[10], dimension=[5000, 6000])
    table["phi"][-3:] = 0.01
    assert measured("crowding_gaussian", dataset=table) == 1.0
    assert np.isnan(measured("crowding_gaussian", dataset=geometry(samples=[10], dimension=[100])))

"""Each claim on a table in which the answer is known."""

import membership_tables as tables
import numpy as np
import pytest

from kkt_unlearning.studies.claim import claims
from workflow.support.configuration.files import merged

MEASURES = {claim.name: claim.measure for claim in claims() if claim.name.startswith("membership")}


def measured(name, **overrides):
    attacks = tables.attacks(**{k: v for k, v in overrides.items() if k != "klom"})
    divergence = tables.klom(**{k: v for k, v in overrides.items() if k == "klom"})
    found = {"membership.membership": attacks, "membership.klom": divergence}
    return MEASURES[f"membership_{name}"](found, {})


def test_leak_and_hiding_are_read_at_the_largest_dimension_in_the_worse_network():
    def auc(case):
        worse = case["network"] == "narrow" and case["dimension"] == 10000.0
        return {0.0: 0.8 if worse else 0.99, 1.0: 0.6 if worse else 0.5}.get(case["fraction"], 0.9)

    assert measured("trained_leaks", auc=auc) == pytest.approx(0.8)
    assert measured("unlearned_hidden", auc=auc) == pytest.approx(0.6)


def test_the_fraction_that_hides_best_is_that_of_the_network_furthest_off():
    assert measured("step_matters") == 1.0

    def auc(case):
        best = 0.9 if case["network"] == "narrow" else 1.0
        return 0.5 + abs(case["fraction"] - best)

    assert measured("step_matters", auc=auc) == 0.9


def test_the_control_counts_standard_errors():
    assert measured("control") == pytest.approx(0.0, abs=1e-12)

    def auc(case):
        return case["auc"] + 0.1 if case["network"] == "linear" else case["auc"]

    # ±0.1 about 0.6: sixteen samples of standard deviation 0.1 √(16/15)
    assert measured("control", auc=auc) == pytest.approx(0.1 / (0.1 * np.sqrt(16 / 15) / 4))


def test_klom_is_held_against_its_noise():
    assert measured("klom") == pytest.approx(1.2)

    def klom(case):
        return 2.0 if case["set"] == "forget" and case["fraction"] == 1.0 else 9.0

    assert measured("klom", klom=klom) == pytest.approx(4.0)

    def one_of_four(case):
        return 5.0 if case["sample"] == 3 else 0.5

    # Four values at 0.95: 0.85 of the way from the third to the largest, over a noise of 0.5.
    assert measured("klom", klom=one_of_four) == pytest.approx((0.5 + 0.85 * 4.5) / 0.5)


def test_links_are_rank_correlations():
    assert measured("link") == measured("link_scaled") == pytest.approx(1.0)

    def falling(case):
        return (3.0 if case["network"] == "narrow" else 1.0) - case["tau_star"]

    assert measured("link", tau_star=falling) == pytest.approx(-1.0)
    assert np.isnan(measured("link", tau_star=lambda case: 0.1))

    # one shift over a spread that grows with the AUC
    rules = {"shift_bound": lambda case: 0.1, "spread": lambda case: case["auc"]}
    assert measured("link_scaled", **rules) == pytest.approx(-1.0)


def test_values_outside_of_their_bounds_are_counted():
    assert measured("bound_holds") == 0
    assert measured("bound_holds", auc_high=lambda case: case["auc"] - 1e-6) == 0  # round-off
    count = 2 * 2 * 2 * 4  # dimensions, networks, seeds, samples

    def high(case):
        return case["auc"] - (0.01 if case["fraction"] == 0.9 else 0.0)

    assert measured("bound_holds", auc_high=high) == count
    assert measured("bound_holds", auc_low=lambda case: case["auc"] + 0.01) == 4 * count


@pytest.mark.parametrize("name", MEASURES)
def test_without_the_step_in_question_nothing_is_tested(name):
    other = {"membership.klom": tables.klom(fractions=(0.3,))}
    table = tables.attacks(fractions=(0.3,), auc_bounded=lambda case: np.nan)
    rows = table["models"] == "unlearned"
    other["membership.membership"] = {key: column[rows] for key, column in table.items()}
    assert np.isnan(MEASURES[name](other, {}))


def test_every_claim_has_a_threshold(request):
    config = merged(request.config.rootpath)
    for claim in claims():
        if claim.name in MEASURES:
            assert claim.comparison in config["claims"][claim.name]
    assert len(MEASURES) == 8

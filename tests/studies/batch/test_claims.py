"""The claims about batches measure what their statistics say, on tables in which the truth is known."""

import numpy as np
import pytest
from batch_tables import batches, streams

from kkt_unlearning.studies import scorecard
from kkt_unlearning.studies.claim import claims

MEASURES = {claim.name: claim for claim in claims() if claim.name.startswith("batch_")}


def measured(name, **tables):
    found = {f"batch.{part}": table for part, table in tables.items()}
    return MEASURES[name].measure(found, {})


def power(exponent, network=None, until=6):
    """``k^p`` up to half of the 12 samples, then a fall that no fit may see."""

    def value(row):
        if network not in (None, row["network"]):
            return 1.0
        return row["forget_size"] ** exponent if row["forget_size"] <= until else 1e-6

    return value


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.7])
def test_exponents_of_growth(exponent):
    table = batches(
        kappa=power(exponent),
        **{"epsilon_at_0.1": power(exponent, "two_layer")},
        tau=power(exponent, "two_layer"),
        tau_star=power(exponent, "linear"),
    )
    for name in ("batch_kappa", "batch_epsilon", "batch_tau", "batch_linear"):
        assert measured(name, batch=table) == pytest.approx(exponent), name


@pytest.mark.parametrize("exponent", [0.5, 1.7])
def test_delta_is_of_the_two_layer_network_at_the_largest_dimension(exponent):
    rising = power(exponent, "two_layer")
    table = batches(delta=lambda row: rising(row) if row["dimension"] == 1000 else 1.0)
    assert measured("batch_delta", batch=table) == pytest.approx(exponent)


def test_the_worse_dimension_counts():
    table = batches(tau=lambda row: row["forget_size"] ** (2.0 if row["dimension"] == 50 else 1.0))
    assert measured("batch_tau", batch=table) == pytest.approx(2.0)
    table = batches(kappa=lambda row: row["forget_size"] ** (1.0 + (row["network"] == "linear")))
    assert measured("batch_kappa", batch=table) == pytest.approx(2.0)


def test_only_random_sets_from_the_exact_point_grow():
    def value(row):
        known = (row["choice"], row["start"]) == ("random", "exact")
        return row["forget_size"] ** (1.0 if known else 3.0)

    assert measured("batch_tau", batch=batches(tau=value)) == pytest.approx(1.0)


def test_two_sizes_give_no_exponent():
    assert np.isnan(measured("batch_tau", batch=batches(samples=4)))
    assert np.isnan(measured("batch_kappa", batch=batches(samples=4)))


def test_half_is_of_the_two_layer_network_at_half_of_the_samples_and_the_largest_dimension():
    def value(row):
        here = (row["network"], row["forget_size"], row["dimension"]) == ("two_layer", 6, 1000)
        return 0.03 if here else 5.0

    assert measured("batch_half", batch=batches(**{"epsilon_at_0.1": value})) == 0.03
    assert measured("batch_half", batch=batches(samples=13, **{"epsilon_at_0.1": value})) == 0.03


@pytest.mark.parametrize("worse", [50, 1000])
def test_doing_nothing_is_compared_at_half_of_the_samples_and_the_worse_dimension(worse):
    def value(row):
        here = row["forget_size"] == 6 and row["network"] == "two_layer"
        return (0.3 if row["dimension"] == worse else 0.1) if here else 9.0

    table = batches(**{"epsilon_at_0.1": value, "nothing_at_0.1": lambda row: 0.2})
    assert measured("batch_against_nothing", batch=table) == pytest.approx(1.5)


def test_the_gain_is_against_doing_nothing():
    table = batches(
        tau_star=lambda row: 0.2 if row["forget_size"] == 6 else 9.0,
        distance_original=lambda row: 0.4,
    )
    assert measured("batch_gain", batch=table) == pytest.approx(0.5)


@pytest.mark.parametrize("choice", ["correlated", "multipliers", "coupled"])
def test_an_adversary_is_held_against_the_random_sets_of_its_replicate(choice):
    def value(row):
        scale = 10.0 ** row["seed"]
        return scale * (3.0 if row["choice"] == choice else 1.0)

    assert measured(f"batch_{choice}", batch=batches(**{"epsilon_at_0.1": value})) == pytest.approx(
        3.0
    )
    others = {"correlated", "multipliers", "coupled"} - {choice}
    for other in others:
        assert measured(
            f"batch_{other}", batch=batches(**{"epsilon_at_0.1": value})
        ) == pytest.approx(1.0)


def test_streams_are_held_against_the_batch_after_half_of_the_deletions():
    def tau_star(row):
        if row["deletions"] != 6 or row["network"] == "linear":
            return 77.0
        return {"kept": 0.1, "reestimated_autograd": 0.5}.get(row["variant"], 1.0)

    table = streams(
        tau_star=tau_star,
        tau=lambda row: 0.02 if row["variant"] == "resolved" else 0.1,
        difference_batch=lambda row: {"kept": 0.0, "reestimated_clarke": 0.3}.get(
            row["variant"], 1.0
        ),
    )
    assert measured("batch_stream_autograd", stream=table) == pytest.approx(5.0)
    assert measured("batch_stream_resolved", stream=table) == pytest.approx(0.2)
    assert measured("batch_stream_clarke", stream=table) == pytest.approx(0.3)
    assert measured("batch_stream_kept", stream=table) == 0.0


def test_orders_without_an_error_of_the_batch_have_no_ratio():
    def tau(row):
        if row["seed"] == 0:
            return 0.0
        return 0.02 if row["variant"] == "resolved" else 0.1

    assert measured("batch_stream_resolved", stream=streams(tau=tau)) == pytest.approx(0.2)


def test_one_deviation_anywhere_breaks_the_equality():
    def deviation(row):
        where = (row["network"], row["deletions"], row["seed"], row["dimension"])
        return 1e-3 if where == ("linear", 2, 1, 50) and row["variant"] == "kept" else 0.0

    assert measured("batch_stream_kept", stream=streams(difference_batch=deviation)) == 1e-3


def test_a_missing_network_choice_or_variant_is_not_tested():
    table, stream = batches(), streams()
    table = {
        n: c[(table["network"] == "linear") & (table["choice"] == "random")]
        for n, c in table.items()
    }
    stream = {n: c[stream["variant"] == "kept"] for n, c in stream.items()}
    tables = {"batch.batch": table, "batch.stream": stream}
    found = {c.name: c.measure(tables, {}) for c in claims() if c.name.startswith("batch_")}
    known = {"batch_kappa", "batch_linear", "batch_stream_kept"}
    assert {name for name, value in found.items() if not np.isnan(value)} == known


def test_every_claim_has_its_row():
    thresholds = {c.name: {c.comparison: 1.0, "round_off": 1e-8} for c in claims()}
    tables = {"batch.batch": batches(), "batch.stream": streams()}
    rows = {r["claim"]: r for r in scorecard.score(tables, thresholds) if r["claim"] in MEASURES}
    assert len(rows) == 15
    assert all(row["figure"] == "batch" for row in rows.values())
    assert all(row["verdict"] != "not tested" for row in rows.values())

import itertools
from collections import Counter
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from kkt_unlearning.studies import scorecard
from kkt_unlearning.studies.bootstrap import clusters, resample
from kkt_unlearning.studies.claim import CHECK, OURS, Claim
from kkt_unlearning.studies.summary import groups, median

SEED = 7


def claim(measure, *tables, origin=OURS, comparison="at_most"):
    return Claim("linear", "made_up", "", origin, "", comparison, "", tables or ("a",), {}, measure)


def table(*values, repeat=1):
    """``repeat`` rows for each replicate, replicate by replicate within the repetitions."""
    seeds = np.tile(np.arange(len(values)), repeat)
    return {"seed": seeds, "value": np.array(values)[seeds]}


def resampled(one, tables, resamples=1000, seed=SEED):
    drawn = {one.name: (one, clusters(one, tables))}
    return resample(drawn, tables, {one.name: {}}, resamples, seed)[one.name]


def mean_of(name):
    return lambda tables, _: float(np.mean(tables[name]["value"]))


def test_the_interval_of_a_mean_is_that_of_an_independent_bootstrap():
    values = np.random.default_rng(3).gamma(2.0, size=40)
    found = np.quantile(resampled(claim(mean_of("a")), {"a": table(*values)}, 4000), [0.025, 0.975])
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(4)
    )
    # such a quantile of 4000 normal values has a standard error of 0.042 deviations; two of them 0.06
    np.testing.assert_allclose(
        found, theirs.confidence_interval, atol=5 * 0.06 * theirs.standard_error
    )


def test_every_resample_of_three_replicates_comes_as_often_as_it_should():
    found = Counter(
        np.round(resampled(claim(mean_of("a")), {"a": table(0, 1, 10)}, 5400), 6).tolist()
    )
    expected = Counter(round(sum(draw) / 3, 6) for draw in itertools.product((0, 1, 10), repeat=3))
    assert found.keys() == expected.keys()
    for value, ways in expected.items():
        share = ways / 27
        assert abs(found[value] / 5400 - share) < 5 * np.sqrt(share * (1 - share) / 5400)


def test_rows_of_a_replicate_are_drawn_together_and_one_drawn_twice_counts_as_two():
    seen = []

    def measure(tables, _):
        parts = [group["value"].tolist() for _, group in groups(tables["a"], "seed")]
        seen.append(parts)
        return median(tables["a"]["value"])

    resampled(claim(measure), {"a": table(1, 2, 3, 4, repeat=3)}, 50)
    assert all(len(parts) == 4 for parts in seen)
    assert all(len(part) == 3 and len(set(part)) == 1 for parts in seen for part in parts)
    assert any(len({part[0] for part in parts}) < 4 for parts in seen)


def test_tables_of_one_experiment_have_the_same_draws_and_other_experiments_their_own():
    tables = {"a": table(1, 2, 4, 8), "a.part": table(1, 2, 4, 8, repeat=2), "b": table(1, 2, 4, 8)}

    def difference(other):
        return lambda given, _: mean_of("a")(given, _) - mean_of(other)(given, _)

    np.testing.assert_array_equal(
        resampled(claim(difference("a.part"), "a", "a.part"), tables), 0.0
    )
    assert np.ptp(resampled(claim(difference("b"), "a", "b"), tables)) > 0


def test_only_replicates_that_all_tables_of_an_experiment_have_are_drawn():
    tables = {"a": table(1, 2, 4), "a.part": table(1, 2)}
    one = claim(mean_of("a"), "a", "a.part")
    assert clusters(one, tables) == {"a": (0, 1)}
    assert resampled(one, tables).max() == 2


@pytest.mark.parametrize(
    ("one", "tables"),
    [
        (claim(mean_of("a"), origin=CHECK), {"a": table(1, 2)}),
        (claim(mean_of("a")), {"a": {"value": np.array([1.0, 2.0])}}),
        (claim(mean_of("a")), {"a": table(1, repeat=5)}),
        (claim(mean_of("a"), "a", "b"), {"a": table(1, 2), "b": {"value": np.array([1.0])}}),
    ],
    ids=["check", "no replicates", "one replicate", "one of two experiments without"],
)
def test_there_is_nothing_to_draw(one, tables):
    assert clusters(one, tables) == {}


def test_the_same_seed_draws_the_same_whatever_else_is_asked():
    tables = {"a": table(1, 2, 4, 8), "b": table(3, 5)}
    one, other = claim(mean_of("a")), claim(mean_of("b"), "b")
    pairs = {name: (part, clusters(part, tables)) for name, part in (("x", other), ("y", one))}
    both = resample(pairs, tables, {"x": {}, "y": {}}, 30, SEED)
    np.testing.assert_array_equal(both["y"], resampled(one, tables, 30))
    assert not np.array_equal(both["y"], resampled(one, tables, 30, SEED + 1))


def decided(monkeypatch, measure, tables, comparison="at_most", origin=OURS, threshold=1.0):
    one = claim(measure, origin=origin, comparison=comparison)
    monkeypatch.setattr(scorecard, "claims", lambda: (one,))
    (row,) = scorecard.score(tables, {"made_up": {comparison: threshold}}, 2000, SEED)
    return row


def test_a_verdict_that_a_part_of_the_resamples_does_not_share_is_open(monkeypatch):
    # two replicates: both are drawn in half of the resamples, and either twice in a quarter each
    row = decided(monkeypatch, mean_of("a"), {"a": table(0.0, 1.2)})
    assert row["verdict"] == "open"
    assert row["agreement"] == pytest.approx(0.75, abs=5 * np.sqrt(0.75 * 0.25 / 2000))
    assert (row["measured"], row["low"], row["high"], row["replicates"]) == (0.6, 0.0, 1.2, 2)


@pytest.mark.parametrize(("values", "verdict"), [((0.1, 0.2, 0.3), "held"), ((2, 3, 4), "failed")])
def test_a_verdict_that_all_resamples_share_stays(monkeypatch, values, verdict):
    row = decided(monkeypatch, mean_of("a"), {"a": table(*values)})
    assert (row["verdict"], row["agreement"]) == (verdict, 1.0)
    assert min(values) <= row["low"] < row["measured"] < row["high"] <= max(values)


def test_a_resample_without_a_number_agrees_with_nothing(monkeypatch):
    def measure(tables, _):
        values = tables["a"]["value"]
        return float(values.mean()) if values.max() > 0 else float("nan")

    row = decided(monkeypatch, measure, {"a": table(0.0, 0.5)})
    assert row["verdict"] == "open"
    assert row["agreement"] == pytest.approx(0.75, abs=5 * np.sqrt(0.75 * 0.25 / 2000))
    assert row["low"] == 0.25


def test_so_many_replicates_as_an_open_claim_needs_decide_it():
    """Of a mean of normal values, in many draws of n replicates and of as many as n of them ask for."""
    rng, z = np.random.default_rng(SEED), 0.8  # standard errors from the threshold
    agreement = float(NormalDist().cdf(z))
    needed = scorecard.replicates_needed(agreement, 10)
    assert needed == pytest.approx(10 * (1.6448536 / z) ** 2, rel=1e-6)
    shift = z / np.sqrt(10)
    means = rng.normal(shift, 1.0, size=(20000, round(needed))).mean(axis=1)
    assert (means > 0).mean() == pytest.approx(scorecard.AGREE, abs=0.01)
    assert scorecard.replicates_needed(0.5, 10) == np.inf


def test_a_check_of_the_code_is_decided_without_an_interval(monkeypatch):
    row = decided(monkeypatch, mean_of("a"), {"a": table(0.0, 1.2)}, origin=CHECK)
    assert row["verdict"] == "held"
    assert np.isnan([row["low"], row["high"], row["agreement"]]).all()
    assert row["replicates"] == 0


def test_a_place_on_a_grid_is_open_where_resamples_find_another(monkeypatch):
    def first(tables, _):
        return float(tables["a"]["value"].min())

    row = decided(monkeypatch, first, {"a": table(1.0, 2.0)}, comparison="equals")
    assert row["verdict"] == "open" and (row["low"], row["high"]) == (1.0, 2.0)

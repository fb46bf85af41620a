"""The verdict on tables in which it is known, and the cost that it rests on."""

import numpy as np
import pytest
from natural_tables import exact, study

from kkt_unlearning.studies.natural import assumption
from kkt_unlearning.studies.natural.assumption import cost, finding, forgotten_support


@pytest.mark.parametrize(
    ("costs", "crowdings", "verdict"),
    [
        ((9.0, 0.01), (8.0, 0.5), assumption.REASON),
        ((np.inf, 0.01), (8.0, 0.5), assumption.REASON),
        ((0.05, 0.01), (8.0, 0.5), assumption.NOT_NEEDED),
        ((0.05, 0.01), (0.9, 0.1), assumption.HOLDS),
        ((0.05, 9.0), (8.0, 0.5), assumption.NOT_NEEDED),
        ((9.0, 0.01), (0.9, 0.1), assumption.NOT_ENOUGH),
        ((9.0, 0.2), (8.0, 0.5), assumption.OTHER),
        ((9.0, 0.2), (0.9, 0.1), assumption.OTHER),
        ((0.1, 0.1), (1.0, 0.5), assumption.HOLDS),
        ((9.0, 0.01), (8.0, 1.5), assumption.UNTESTED),  # not near-orthogonal anywhere
        ((np.nan, 0.01), (8.0, 0.5), assumption.UNTESTED),
    ],
)
def test_the_verdict(costs, crowdings, verdict):
    found = finding(*study(costs, crowdings))
    assert found.verdict == verdict
    np.testing.assert_allclose([found.cost, found.lifted_cost], costs)
    np.testing.assert_allclose([found.crowding, found.lifted_crowding], crowdings)


def test_the_limit_is_what_is_called_good():
    assert finding(*study((0.3, 0.01), (8.0, 0.5)), limit=0.5).verdict == assumption.NOT_NEEDED
    assert finding(*study((0.3, 0.01), (8.0, 0.5)), limit=0.2).verdict == assumption.REASON


def test_without_the_data_as_they_are_nothing_is_tested():
    tables = study((9.0, 0.01), (8.0, 0.5))
    parts = [{k: v[p["mixing"] < 1] for k, v in p.items()} for p in tables]
    assert finding(*parts).verdict == assumption.UNTESTED
    parts = [{k: v[p["mixing"] == 1] for k, v in p.items()} for p in tables]
    assert finding(*parts).verdict == assumption.UNTESTED


def test_empty_tables_are_not_tested():
    parts = [{k: v[:0] for k, v in p.items()} for p in study((9.0, 0.01), (8.0, 0.5))]
    assert finding(*parts).verdict == assumption.UNTESTED


def test_the_cost_is_the_larger_part_of_the_worse_network():
    table, _, multipliers = study((1.0, 1.0), (8.0, 0.5))
    table = {name: column[table["mixing"] == 1] for name, column in table.items()}
    multipliers = {k: v[multipliers["mixing"] == 1] for k, v in multipliers.items()}
    linear = table["network"] == "linear"
    table["relative_delta"] = np.where(linear, 0.2, 0.3)
    table["epsilon"] = np.where(linear, 0.4, 0.1)
    assert cost(table, multipliers) == pytest.approx(0.4 * 5**0.5)
    table["epsilon"] = np.zeros(len(linear))
    assert cost(table, multipliers) == pytest.approx(0.3)


def test_only_support_vectors_of_the_same_data_count():
    table, _, _ = study((1.0, 1.0), (8.0, 0.5))
    natural, lifted = exact((1.0,), 3, support=[1, 3]), exact((0.1,), 3)
    multipliers = {name: np.concatenate([natural[name], lifted[name]]) for name in natural}
    kept = forgotten_support(table, multipliers)
    assert set(kept["forget"][kept["mixing"] == 1].tolist()) == {1}
    assert set(kept["forget"][kept["mixing"] < 1].tolist()) == {0, 1}


def test_other_starts_and_steps_do_not_count():
    table, dataset, multipliers = study((0.05, 0.01), (8.0, 0.5))
    worse = {name: column.copy() for name, column in table.items()}
    worse["relative_delta"][:] = 9.0
    worse["fraction"][:] = 0.5
    trained = {name: column.copy() for name, column in worse.items()}
    trained["fraction"][:], trained["start"][:] = 1.0, "other"
    for others in (worse, trained):
        both = {name: np.concatenate([table[name], others[name]]) for name in table}
        assert finding(both, dataset, multipliers) == finding(table, dataset, multipliers)

import numpy as np
import pytest
import result_tables as tables
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.studies.summary import (
    crossing,
    crowding,
    distinct,
    forgets_support_vector,
    groups,
    power_law,
    quantile,
    rows,
    select,
    summarise,
    take,
)


def test_quantile_of_finite_values_is_that_of_numpy():
    values = np.random.default_rng(1).normal(size=10)
    for q in (0.1, 0.5, 0.9):
        expected = np.quantile(values, q, method="averaged_inverted_cdf")
        assert quantile(values, q) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0, np.inf], 2.0),
        ([1.0, np.inf, np.inf], np.inf),
        ([1.0, 2.0, np.nan], 1.5),
        ([1.0, np.inf], np.inf),
        ([np.nan], np.nan),
        ([], np.nan),
    ],
)
def test_infinite_values_stay_the_worst_and_nan_is_left_out(values, expected):
    np.testing.assert_equal(quantile(np.array(values), 0.5), expected)


def test_summarise_counts_infinite_values():
    table = {"x": np.array([1, 1, 2]), "y": np.array([3.0, np.inf, 5.0])}
    found = summarise(table, ["x"], ["y"])
    np.testing.assert_array_equal(found["x"], [1, 2])
    np.testing.assert_array_equal(found["median"], [np.inf, 5.0])
    np.testing.assert_array_equal(found["count"], [2, 1])
    np.testing.assert_array_equal(found["infinite"], [1, 0])


def test_summarise_of_no_rows_has_the_columns():
    found = summarise({"x": np.array([]), "y": np.array([])}, ["x"], ["y"])
    assert list(found)[:3] == ["x", "quantity", "median"]
    assert len(found["median"]) == 0


def test_power_law_recovers_exponents_seed_by_seed():
    table = tables.evaluation(
        (10.0, 100.0, 1000.0), tau=lambda case: 7 * case["value"] ** (-1.0 - 0.1 * case["seed"])
    )
    law = power_law(select(table, network="linear"), "dimension", "tau", "dimension")
    np.testing.assert_allclose(law.exponents, [-1.0, -1.1, -1.2])
    assert (law.exponent, law.low, law.high) == pytest.approx((-1.1, -1.2, -1.0))


def test_power_law_leaves_out_zeros_and_infinities():
    table = {
        "seed": np.zeros(4, int),
        "value": np.array([1.0, 2.0, 4.0, 8.0]),
        "y": np.array([1.0, 4.0, np.inf, 0.0]),
    }
    assert power_law(table, "value", "y", "value").exponent == pytest.approx(2.0)


def test_power_law_of_a_single_point_has_no_exponent():
    table = {"seed": np.zeros(1, int), "value": np.ones(1), "y": np.ones(1)}
    assert np.isnan(power_law(table, "value", "y", "value").exponent)


def test_crossing_interpolates():
    x = np.array([0.0, 1.0, 2.0])
    assert crossing(x, np.array([0.0, 0.5, 1.5]), 1.0) == pytest.approx(1.5)
    assert crossing(x, np.array([2.0, 3.0, 4.0]), 1.0) == 0.0
    assert crossing(x, np.array([0.0, np.inf, np.inf]), 1.0) == 1.0
    assert np.isnan(crossing(x, np.zeros(3), 1.0))


def test_forget_sets_of_several_points():
    multipliers = select(tables.multipliers(seeds=1), network="linear")
    table = {
        "network": np.array(["linear"] * 3),
        "seed": np.zeros(3, int),
        "forget": np.array(["2", "1+2", "0"]),
    }
    np.testing.assert_array_equal(forgets_support_vector(table, multipliers), [False, True, True])


def test_crowding_by_hand_and_without_a_bound_on_the_norms():
    dataset = {"phi": np.array([0.1, 0.1, 0.1, 0.0]), "psi": np.array([0.0, 0.5, 1.0, 3.0])}
    assert crowding(dataset, 5).tolist() == [0.4, 0.8, np.inf, np.inf]


RECORDS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from("xyz"), st.floats(0, 1)), max_size=12
)


@given(RECORDS, st.data())
def test_rows_of_rows_are_those_that_plain_indexing_gives(records, data):
    number, letter, value = (
        np.array(column, kind)
        for column, kind in zip(
            zip(*records, strict=True) if records else [()] * 3, (int, str, float), strict=True
        )
    )
    table = {"number": number, "letter": letter, "value": value}
    last = max(len(records) - 1, 0)
    index = data.draw(st.lists(st.integers(0, last), max_size=20 if records else 0))
    chosen = [records[i] for i in index]
    found = take(table, np.array(index, int))
    assert rows(found) == len(chosen)
    assert found["value"].tolist() == [record[2] for record in chosen]
    assert select(found, letter="x", number=1)["value"].tolist() == [
        record[2] for record in chosen if record[:2] == (1, "x")
    ]
    grouped = {}
    for record in chosen:
        grouped.setdefault(record[:2], []).append(record[2])
    parts = [(key, part["value"].tolist()) for key, part in groups(found, "number", "letter")]
    assert parts == list(grouped.items())
    assert distinct(found, "letter") == sorted({record[1] for record in chosen})


def test_rows_are_a_table_like_any_other():
    table = {"a": np.array([1, 2, 3]), "b": np.array(["x", "y", "x"])}
    found = select(table, b="x")
    assert list(found) == ["a", "b"] and len(found) == 2
    np.testing.assert_array_equal((found | {"a": found["a"] * 2})["a"], [2, 6])
    np.testing.assert_array_equal(take(found, np.array([False, True]))["a"], [3])

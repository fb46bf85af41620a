"""Claims on correlated data, on tables of which the truth is known."""

import numpy as np
import pytest
import result_tables as tables

from kkt_unlearning.dependence import equicorrelated
from kkt_unlearning.metrics import squared_tangent
from kkt_unlearning.studies.blocks.claims import change
from kkt_unlearning.studies.claim import claims

MEASURES = {claim.name: claim.measure for claim in claims()}
RHO = (0.2, 0.4, 0.6)


def distance(tangent):
    """1 − cos of the angle with that squared tangent."""
    return 1 - 1 / np.sqrt(1 + tangent)


def sweep(size, law, before=0.05):
    """Cases in which tan² changes by ``law(ρ)``, for blocks of that many points; whole ones come out well."""
    table = tables.evaluation(
        RHO,
        along="correlation",
        distance_retrained_original=lambda case: distance(before),
        distance_retrained=lambda case: distance(before * law(case["value"])),
    )
    rows = len(table["seed"])
    return table | {"block_size": np.full(rows, size), "forget_size": np.ones(rows, int)}


def geometry(size):
    found = tables.dataset(RHO, along="correlation")
    e = equicorrelated.explained(size, found["correlation"])
    return found | {"block_size": np.full(len(e), size), "explained": e}


def odds(size):
    e = equicorrelated.explained
    return lambda rho: e(size, rho) / (1 - e(size, rho))


def results(law_of_two):
    return {
        "correlation": sweep(10, odds(10)),
        "correlation.dataset": geometry(10),
        "blocks": sweep(2, law_of_two),
        "blocks.dataset": geometry(2),
    }


def test_the_change_is_that_of_the_squared_tangent():
    table = sweep(2, lambda rho: 0.25)
    assert change(table) == pytest.approx(0.25)
    assert squared_tangent(distance(np.array([0.3]))) == pytest.approx(0.3)
    assert np.isinf(squared_tangent(np.array([1.0, 1.5]))).all()


def test_the_law_that_both_sweeps_follow():
    assert MEASURES["blocks_same_law"](results(odds(2)), {}) == pytest.approx(1.0)


def test_a_factor_off_the_law_is_measured_up_and_down():
    for factor in (3.0, 1 / 3.0):
        wrong = results(lambda rho, factor=factor: factor * odds(2)(rho))
        assert MEASURES["blocks_same_law"](wrong, {}) == pytest.approx(3.0)


def test_blocks_are_compared_at_the_smallest_shared_correlation():
    found = MEASURES["blocks_phi_is_not_enough"](results(odds(2)), {})
    assert found == pytest.approx(odds(10)(0.2) / odds(2)(0.2))


def test_only_whole_blocks_count_as_forgotten_whole():
    table = sweep(2, odds(2))
    assert np.isnan(MEASURES["blocks_forgotten_whole"]({"blocks": table}, {}))
    table["forget_size"] = np.full(len(table["seed"]), 2)
    largest = MEASURES["blocks_forgotten_whole"]({"blocks": table}, {})
    assert largest == pytest.approx(distance(0.05 * odds(2)(0.6)))


def test_the_closed_form_of_the_linear_model():
    def along(factor):
        table = tables.evaluation(
            RHO,
            along="correlation",
            distance_retrained=lambda case: (
                factor * equicorrelated.retrained_distance(10, case["value"])
            ),
        )
        return {"correlation": table, "correlation.dataset": tables.dataset(RHO)}

    assert MEASURES["correlation_closed_form"](along(1.0), {}) == pytest.approx(0, abs=1e-12)
    assert MEASURES["correlation_closed_form"](along(0.7), {}) == pytest.approx(0.3)


def test_the_worsening_is_from_the_smallest_to_the_largest_correlation():
    table = tables.evaluation(
        (0.6, 0.0, 0.9),
        along="correlation",
        tau_star=lambda case: (
            {0.0: 0.01, 0.6: 7.0, 0.9: 0.2}[case["value"]]
            if case["network"] == "two_layer"
            else 1.0
        ),
    )
    assert MEASURES["correlation_worsens"]({"correlation": table}, {}) == pytest.approx(20.0)
    alone = tables.evaluation((0.5,), along="correlation")
    assert np.isnan(MEASURES["correlation_worsens"]({"correlation": alone}, {}))


def test_rates_are_taken_before_the_break():
    table = tables.evaluation(
        (0.0, 0.1, 0.2, 0.4, 0.6, 0.9),
        along="correlation",
        phi=lambda case: case["value"],
        distance_retrained=lambda case: case["value"] ** 2 if case["value"] < 0.5 else 100.0,
        tau=lambda case: case["value"] ** 3 if case["value"] < 0.5 else 0.0,
    )
    assert MEASURES["correlation_decay_linear"]({"correlation": table}, {}) == pytest.approx(2.0)
    assert MEASURES["correlation_decay_two_layer"]({"correlation": table}, {}) == pytest.approx(3.0)

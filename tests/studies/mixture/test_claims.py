"""Claims on the mixture over the diagram of dimension and separation."""

import numpy as np
import pytest
import result_tables as tables

from kkt_unlearning.studies.claim import claims
from kkt_unlearning.studies.mixture.prediction import max_margin_accuracy, sign_share

MEASURES = {claim.name: claim.measure for claim in claims()}
D, ALPHA = (100, 1000), (-0.2, 0.0, 0.1)


def predicted(case, shift=0.0):
    return float(max_margin_accuracy(10, case["value"], case["separation"])) - shift


def results(loss=0.0, shift=0.0):
    table = tables.mixture(
        D,
        ALPHA,
        accuracy_original=lambda case: predicted(case, shift),
        accuracy_unlearned=lambda case: (
            predicted(case, shift) - loss * (case["network"] == "linear") * (case["value"] == 100)
        ),
    )
    cells = [tables.dataset(D) | {"separation": np.full(6, alpha)} for alpha in ALPHA]
    dataset = {name: np.concatenate([cell[name] for cell in cells]) for name in cells[0]}
    dataset["sign_agreement"] = sign_share(dataset["dimension"], dataset["separation"])
    return {"mixture": table, "mixture.dataset": dataset}


def test_a_loss_in_one_cell_is_found():
    assert MEASURES["mixture_phase_loss"](results(), {}) == pytest.approx(0, abs=1e-12)
    assert MEASURES["mixture_phase_loss"](results(loss=0.3), {}) == pytest.approx(0.3)


def test_only_cells_that_should_generalise_count():
    least = MEASURES["mixture_phase"](results(), {})
    assert least == pytest.approx(min(a for d in D for s in ALPHA if (a := cell(d, s)) >= 0.95))
    assert cell(1000, -0.2) < 0.7 < least


def cell(dimension, separation):
    return float(max_margin_accuracy(10, dimension, separation))


def test_where_nothing_should_generalise_nothing_is_tested():
    low = results()
    keep = low["mixture"]["separation"] == -0.2
    low["mixture"] = {name: column[keep] for name, column in low["mixture"].items()}
    assert np.isnan(MEASURES["mixture_phase"](low, {}))


def test_a_prediction_that_is_off_is_found():
    assert MEASURES["mixture_prediction"](results(), {}) == pytest.approx(0, abs=1e-12)
    assert MEASURES["mixture_prediction"](results(shift=0.2), {}) == pytest.approx(0.2)


def test_signs_that_tell_less_are_found():
    wrong = results()
    assert MEASURES["mixture_signs"](wrong, {}) == pytest.approx(0, abs=1e-12)
    wrong["mixture.dataset"]["sign_agreement"] -= 0.1
    assert MEASURES["mixture_signs"](wrong, {}) == pytest.approx(0.1)


def test_the_worse_network_is_held_against_the_retrained_one():
    def behind(case):
        return 0.9 - 0.04 * (case["network"] == "two_layer")

    table = tables.mixture(
        D, ALPHA, accuracy_retrained=lambda case: 0.91, accuracy_unlearned=behind
    )
    found = MEASURES["mixture_against_retrained"]({"mixture": table}, {})
    assert found == pytest.approx(0.05)


def test_the_reference_is_one_cell():
    only = results(loss=0.5)  # at d = 100 alone
    assert MEASURES["mixture_against_original"](only, {}) == pytest.approx(0, abs=1e-12)

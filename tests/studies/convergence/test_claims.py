"""Claims on certificates along training, from tables whose truth is known."""

import itertools

import numpy as np
import pytest
from result_tables import columns

from kkt_unlearning.studies.claim import claims
from kkt_unlearning.studies.convergence.claims import apart, curve

CLAIM = {claim.name: claim for claim in claims()}
TRAININGS = {
    "normalised_followed": ("exponential", "normalised", 1.0),
    "constant": ("exponential", "constant", 0.1),
    "logistic_followed": ("logistic", "normalised", 1.0),
    "logistic_constant": ("logistic", "constant", 0.1),
}
STEPS = (1, 10, 100, 1000)


def along(tau_star=lambda case, depth: 1.0 / depth, **overrides):
    """τ* is a function of the case and of ``−log L`` = pace · step; the first snapshot fits nothing."""
    rows = []
    for (training, (loss, descent, pace)), agent, seed, step in itertools.product(
        TRAININGS.items(), ("exact", "slopes", "clarke"), range(3), STEPS
    ):
        case = {"training": training, "loss": loss, "descent": descent, "agent": agent}
        case |= {"seed": seed, "forget": "0", "step": step, "smallest_margin": step - 1.0}
        row = {"experiment": "convergence", "network": "two_layer", **case}
        row |= {"minus_log_loss": pace * step, "tau_star": tau_star(case, pace * step)}
        row |= {"epsilon": np.inf if step == 1 else 1.0 / step, "outside": 0.5 / step}
        row |= {"holds": step == 1000}
        rows.append(row | {name: rule(case) for name, rule in overrides.items()})
    return columns(rows)


def measured(name, **rules):
    return CLAIM[name].measure({"convergence.convergence": along(**rules)}, {})


def test_the_first_snapshot_that_fits_is_compared_with_the_last():
    def epsilon(case):
        if case["loss"] == "logistic":
            return 1.0
        return np.inf if case["step"] == 1 else 1.0 / case["step"]

    assert measured("convergence_needed", epsilon=epsilon) == pytest.approx(100.0)


def test_the_share_that_holds_at_the_end():
    def holds(case):
        late = case["step"] == 1000 and case["descent"] == "normalised"
        return late and (case["agent"] == "clarke" or case["loss"] == "logistic")

    assert measured("convergence_reached_normalised", holds=holds) == pytest.approx(0.5)
    assert measured("convergence_reached_clarke", holds=holds) == 1.0
    assert measured("convergence_reached_constant", holds=holds) == 0.0


def test_every_training_counts_at_its_own_last_snapshot():
    whole = along(holds=lambda case: case["training"] == "normalised_followed")
    short = (whole["training"] == "logistic_followed") & (whole["step"] == 1000)
    table = {name: column[~short] for name, column in whole.items()}
    measure = CLAIM["convergence_reached_normalised"].measure
    assert measure({"convergence.convergence": table}, {}) == pytest.approx(0.5)


def test_the_floor_is_a_share_of_epsilon_at_the_end():
    assert measured("convergence_floor") == pytest.approx(0.5)

    def epsilon(case):  # two of three replicates without a certificate
        return np.inf if case["seed"] else 1.0 / case["step"]

    assert measured("convergence_floor", epsilon=epsilon) == pytest.approx(0.5)


def test_estimated_multipliers_that_lag_behind():
    def tau_star(case, depth):
        slow = case["agent"] == "slopes" and case["step"] < 1000
        return 1.0 if slow or case["step"] < 10 else 0.1

    assert measured("convergence_estimated", tau_star=tau_star) == pytest.approx(100.0)
    assert measured("convergence_losses_agree", tau_star=tau_star) == pytest.approx(1.0)


def test_estimated_multipliers_are_held_against_the_end_of_exact_ones():
    def tau_star(case, depth):
        return (10.0 if case["agent"] == "slopes" else 1.0) / depth

    assert measured("convergence_estimated", tau_star=tau_star) == np.inf


def test_a_loss_that_lags_behind():
    def tau_star(case, depth):
        return 1.0 if case["step"] < (100 if case["loss"] == "logistic" else 10) else 0.1

    assert measured("convergence_losses_agree", tau_star=tau_star) == pytest.approx(10.0)


def test_runs_that_never_fit_have_not_settled():
    for name in ("convergence_estimated", "convergence_losses_agree"):
        assert np.isnan(measured(name, tau_star=lambda case, depth: np.inf))


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_curves_over_the_loss_are_compared_where_they_overlap(factor):
    def tau_star(case, depth):
        return (factor if case["loss"] == "logistic" else 1.0) * depth**-0.5

    assert measured("convergence_same_path", tau_star=tau_star) == pytest.approx(factor)


def test_a_curve_starts_where_the_loss_is_below_1():
    table = along(minus_log_loss=lambda case: np.log10(case["step"]) - 1)
    assert curve(table).shape == (2, 2)


def test_curves_that_do_not_overlap_are_not_compared():
    one = np.array([[0.0, 1.0], [0.0, 0.0]])
    assert np.isnan(apart(one, one + np.array([[2.0], [0.0]])))
    assert np.isnan(apart(one, np.empty((2, 0))))
    assert apart(one, one + np.array([[0.5], [1.0]])) == pytest.approx(np.e)

import re

import numpy as np
import pytest
import result_tables as tables

from kkt_unlearning.studies import scorecard
from kkt_unlearning.studies.bounds.claims import violations
from kkt_unlearning.studies.claim import KINDS, OURS, PAPER, SUMMARY, claims, other_paper
from kkt_unlearning.studies.study import sections

D = (100.0, 1000.0, 10000.0)


def thresholds(**changes):
    """0 for every claim unless changed."""
    every = {claim.name: {claim.comparison: 0.0} for claim in claims()}
    every["bounds_hold"]["round_off"] = 1e-8
    for name, value in changes.items():
        (comparison,) = set(every[name]) - {"round_off"}
        every[name][comparison] = value
    return every


def verdicts(results, **changes):
    return {row["claim"]: row for row in scorecard.score(results, thresholds(**changes))}


def power_of_d(exponent):
    return tables.evaluation(
        D,
        phi=lambda case: case["value"] ** -0.5,
        distance_retrained=lambda case: case["value"] ** exponent,
    )


def test_names_of_claims_differ():
    assert len({claim.name for claim in claims()}) == len(claims())


def test_without_tables_nothing_is_tested():
    assert {row["verdict"] for row in scorecard.score({}, thresholds())} == {"not tested"}


@pytest.mark.parametrize(
    ("exponent", "measured", "verdict"),
    [(-1.0, 2.0, "held"), (-0.25, 0.5, "held"), (-0.1, 0.2, "failed")],
)
def test_rate_of_the_linear_cosine(exponent, measured, verdict):
    results = {"dimension": power_of_d(exponent)}
    row = verdicts(results, linear_cosine_rate=0.5 - 1e-12)["linear_cosine_rate"]
    assert row["measured"] == pytest.approx(measured)
    assert row["verdict"] == verdict
    assert row["by"] == pytest.approx(abs(measured - 0.5), abs=1e-9)


def test_the_best_step_is_found():
    table = tables.evaluation(
        fractions=tables.FRACTIONS,
        **{"epsilon_at_0.1": lambda case: abs(case["fraction"] - 1)},
        epsilon_autograd=lambda case: abs(case["fraction"] - 0.5),
    )
    rows = verdicts({"step_size": table}, step_size_two_layer=1.0, step_size_autograd=1.0)
    assert rows["step_size_two_layer"]["verdict"] == "held"
    assert rows["step_size_autograd"]["measured"] == 0.5
    assert rows["step_size_autograd"]["verdict"] == "failed"
    assert rows["step_size_trained"]["verdict"] == "not tested"


def test_violations_are_counted_beyond_round_off():
    table = tables.evaluation(seeds=2)  # everything 0.1, margin change 0.1 and kappa 0.1
    assert violations(table, 1e-8) == 0
    table["epsilon"] = np.array([0.1 + 1e-9, 0.2, 0.1, 0.1])
    table["restored_bound"] = np.array([0.1, 0.1, np.nan, np.inf])
    table["margin_change"] = np.array([0.1, 0.1, 0.1, 0.3])
    assert violations(table, 1e-8) == 2


def test_infinite_epsilon_above_a_finite_bound_is_a_violation():
    table = tables.evaluation(seeds=1, epsilon=lambda case: np.inf)
    assert violations(table, 1e-8) == 2
    table["restored_bound"] = np.full(2, np.inf)
    assert violations(table, 1e-8) == 0


def test_bounds_are_counted_over_all_tables():
    bad = tables.evaluation(seeds=1, delta=lambda case: 0.5)
    results = {
        "dimension": bad,
        "mixture": tables.mixture(seeds=1, delta=lambda case: 0.5),
        "step_size.multipliers": tables.multipliers(),
    }
    assert verdicts(results)["bounds_hold"]["measured"] == 4


def test_first_correlation_that_loses_a_margin():
    table = tables.evaluation(
        (0.1, 0.5, 0.9),
        along="correlation",
        outcome=lambda case: "not separating" if case["value"] > 0.3 else "separating",
    )
    rows = verdicts({"correlation": table}, correlation_breaks_linear=0.5)
    assert rows["correlation_breaks_linear"]["measured"] == 0.5
    assert rows["correlation_breaks_linear"]["verdict"] == "held"


def test_a_margin_that_is_never_lost_fails_the_claim():
    table = tables.evaluation((0.1, 0.9), along="correlation")
    row = verdicts({"correlation": table}, correlation_breaks_linear=0.5)
    assert row["correlation_breaks_linear"]["verdict"] == "failed"
    assert np.isinf(row["correlation_breaks_linear"]["measured"])


def test_accuracy_is_judged_in_the_worse_network():
    table = tables.mixture(
        accuracy_original=lambda case: 1.0,
        accuracy_unlearned=lambda case: 0.9 if case["network"] == "linear" else 1.0,
    )
    rows = verdicts({"mixture": table}, mixture_against_original=0.02)
    assert rows["mixture_against_original"]["measured"] == pytest.approx(0.1)
    assert rows["mixture_against_original"]["verdict"] == "failed"
    assert rows["mixture_accuracy"]["measured"] == pytest.approx(0.9)


def test_accuracy_without_fresh_data_is_not_tested():
    table = tables.mixture(accuracy_unlearned=lambda case: np.nan)
    assert verdicts({"mixture": table})["mixture_accuracy"]["verdict"] == "not tested"


def test_errors_of_multipliers():
    results = {"step_size.multipliers": tables.multipliers(orthogonal=np.inf)}
    rows = verdicts(results, multipliers_least_squares=0.05)
    assert rows["multipliers_least_squares"]["measured"] == pytest.approx(0.01)
    assert rows["multipliers_loss_gradient"]["verdict"] == "held"
    assert rows["multipliers_orthogonal"]["verdict"] == "failed"


def test_cvxpy_is_judged_by_its_worst_network_wherever_it_was_asked():
    kkt = {
        "kinks.kkt": {"cvxpy_error": np.array([1e-7, np.nan, 1e-5])},
        "flips.kkt": {"cvxpy_error": np.array([np.nan, np.nan])},
        "blocks.kkt": {"cvxpy_error": np.array([1e-3])},
    }
    row = verdicts(kkt, multipliers_by_cvxpy=1e-4)["multipliers_by_cvxpy"]
    assert (row["measured"], row["verdict"], row["section"]) == (1e-3, "failed", "checks")
    del kkt["blocks.kkt"]
    row = verdicts(kkt, multipliers_by_cvxpy=1e-4)["multipliers_by_cvxpy"]
    assert (row["measured"], row["verdict"]) == (1e-5, "held")
    del kkt["kinks.kkt"]
    assert verdicts(kkt)["multipliers_by_cvxpy"]["verdict"] == "not tested"
    assert verdicts({})["multipliers_by_cvxpy"]["verdict"] == "not tested"


def test_residuals_late_in_training():
    rows = verdicts({"kinks.stationarity": tables.stationarity()})
    assert rows["kinks_clarke_falls"]["measured"] == pytest.approx(0.1)
    assert rows["kinks_autograd_stalls"]["measured"] == pytest.approx(1.0)


def test_a_missing_network_is_not_tested_rather_than_an_error():
    table = power_of_d(-1.0)
    only = {name: column[table["network"] == "linear"] for name, column in table.items()}
    results = {"dimension": only, "step_size": only}
    results["correlation"] = {**only, "correlation": only["dimension"]}
    rows = verdicts(results, linear_cosine_rate=0.5)
    assert rows["linear_cosine_rate"]["verdict"] == "held"
    for name in ("two_layer_epsilon", "two_layer_tau_rate", "correlation_breaks_two_layer"):
        assert rows[name]["verdict"] == "not tested"


def test_crowding_and_support_vectors_of_real_data():
    evaluation = tables.evaluation(seeds=2, relative_delta=lambda case: 5.0)
    results = {
        "digits": evaluation,
        "digits.dataset": tables.dataset(seeds=2),
        "digits.multipliers": tables.multipliers(),
    }
    rows = verdicts(results, digits_crowded=1.0)
    assert rows["digits_crowded"]["measured"] == pytest.approx(0.2)
    assert rows["digits_delta"]["measured"] == 5.0
    evaluation["forget"] = np.full(4, 2)  # its multiplier is 0: nothing to unlearn
    assert verdicts(results)["digits_delta"]["verdict"] == "not tested"


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.name)
def test_a_statement_does_not_lean_on_the_one_before_it(claim):
    """Pages sort claims by verdict."""
    assert claim.statement.split()[0] not in {"It", "Its", "That", "Their", "They"}
    assert not claim.statement.startswith(("The same", "So it"))
    assert claim.statement.endswith(".")


def test_every_claim_belongs_to_a_section_and_they_are_in_its_order():
    order = [row["section"] for row in scorecard.score({}, thresholds())]
    assert order == sorted(order, key=list(sections()).index)
    assert {claim.section for claim in claims()} == set(order)


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("linear_recovered", "paper"),
        ("linear_cosine_rate", "summary"),
        ("two_layer_retrained_rate", "ours"),
        ("bounds_hold", "check"),
        ("dependence_harms", "other paper"),
    ],
)
def test_whose_claim_it_is(name, origin):
    assert verdicts({})[name]["origin"] == origin


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        (PAPER.at("Theorem 3.1"), "the paper, Theorem 3.1"),
        (SUMMARY.at("its list"), "a summary of the paper, its list"),
        (other_paper("2509.26427").at("Lemma 9"), "arXiv 2509.26427, Lemma 9"),
        (OURS, "ours"),
    ],
)
def test_a_row_says_whose_claim_it_is_and_where(origin, text):
    assert str(origin) == text


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.name)
def test_every_origin_is_known_and_says_where_unless_it_is_ours(claim):
    origin = claim.origin
    assert origin.kind in KINDS
    assert origin.place or origin == OURS
    assert bool(re.fullmatch(r"\d{4}\.\d{5}", origin.arxiv)) == (origin.kind == "other paper")


def test_rows_have_one_set_of_columns():
    scores = scorecard.score({}, thresholds())
    assert {tuple(row) for row in scores} == {tuple(scores[0])}
    assert {row["claim"] for row in scores} == {claim.name for claim in claims()}

"""The table of attacks: who is compared with whom, and what comes out where the truth is known."""

import numpy as np
import pytest
from scipy.stats import norm
from shadow_pool import FOLDS, M, pool

from kkt_unlearning.attacks.certificates import NUMBERS, ShadowCertificates
from kkt_unlearning.attacks.design import inclusion
from kkt_unlearning.attacks.membership import control, in_folds, sides
from kkt_unlearning.attacks.outputs import Outputs, outputs
from kkt_unlearning.attacks.registry import ATTACKS
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.certificates.stationarity import least_epsilon, mean_multiplier
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.membership.rows import attack_pool, attack_rows
from kkt_unlearning.unlearning.ascent import unlearn_all

SAMPLES, K, F = 12, 240, 4


def planted(shift, seed=0):
    """Outputs N(0, 1) of models without a sample, N(shift, 1) of those that have forgotten it; margins 10."""
    rng = np.random.default_rng(seed)
    member = inclusion(SAMPLES, K, F, rng)
    trained = np.where(member, 10.0, rng.normal(size=(K, SAMPLES)))
    unlearned = np.full((K, 2, SAMPLES, SAMPLES), np.nan)  # after the step, and without one
    unlearned[:, 0, *np.diag_indices(SAMPLES)] = np.where(
        member, rng.normal(shift, 1, (K, SAMPLES)), np.nan
    )
    unlearned[:, 1, *np.diag_indices(SAMPLES)] = np.where(member, trained, np.nan)
    gamma = np.repeat(np.where(member, 10.0, np.nan)[:, None], 2, axis=1)
    nothing = np.full((4, 1, SAMPLES), np.nan)
    certificates = ShadowCertificates(
        dict.fromkeys(NUMBERS, nothing),
        nearby=np.full((4, SAMPLES), np.nan),
        shift=nothing,
        given=nothing,
        nothing=np.full((4, SAMPLES), np.nan),
    )
    return Outputs(trained, unlearned, gamma, np.full(K, 10.0)), certificates, member


def aucs(shift, **where):
    rows = attack_rows(
        *planted(shift), fractions=[1.0], folds=F, attacks=ATTACKS.own, loss="logistic", s=0
    )
    return np.array([r["auc"] for r in rows if all(r[k] == v for k, v in where.items())])


def test_models_of_a_fold_stay_in_it():
    member = inclusion(SAMPLES, K, F, np.random.default_rng(1))
    order = np.broadcast_to(np.arange(K)[:, None], member.shape)
    inside, outside = in_folds(order, member, F), in_folds(order, ~member, F)
    size = K // F
    assert inside.shape == outside.shape == (F, size // 2, SAMPLES)
    assert (inside // size == np.arange(F)[:, None, None]).all()
    for i in range(SAMPLES):
        np.testing.assert_array_equal(
            np.sort(inside[:, :, i].ravel()), np.flatnonzero(member[:, i])
        )
        found = np.sort(outside[:, :, i].ravel())
        np.testing.assert_array_equal(found, np.flatnonzero(~member[:, i]))


def test_the_control_compares_models_without_the_sample():
    found, _, member = planted(3.0)
    alike = control(sides(found, 0, member, F))
    both = np.concatenate([alike.members, alike.others], axis=1)
    assert both.shape[1] == K // F // 2 and alike.members.shape == alike.others.shape
    assert np.abs(both).max() < 8  # no member, which has 10
    assert len(np.unique(both)) == both.size


@pytest.mark.parametrize("attack", ["loss_threshold", "u_lira"])
def test_a_planted_shift_has_its_auc(attack):
    found = aucs(1.0, models="unlearned", attack=attack).mean()
    # 12 samples, 30 against 30 in each of 4 folds: standard error below sqrt(61/(12 · 900 · 48)) = 0.011
    assert found == pytest.approx(norm.cdf(np.sqrt(0.5)), abs=0.045)


@pytest.mark.parametrize("models", ["unlearned", "control"])
@pytest.mark.parametrize("attack", ["margin", "loss_threshold", "u_lira"])
def test_equal_laws_are_at_chance(models, attack):
    found = aucs(0.0, models=models, attack=attack)
    assert len(found) == SAMPLES
    # 15 against 15 in each of 4 folds for the control; cross-fitted folds are dependent
    assert abs(found.mean() - 0.5) < 4 * np.sqrt(31 / (12 * 225 * SAMPLES * F)) + 0.02


@pytest.mark.parametrize("attack", ["margin", "loss_threshold", "u_lira"])
def test_without_a_step_members_are_found_by_their_margin(attack):
    rows = attack_rows(
        *planted(0.0), fractions=[1.0], folds=F, attacks=ATTACKS.own, loss="logistic", s=0
    )
    found = [r["auc_nothing"] for r in rows if (r["models"], r["attack"]) == ("unlearned", attack)]
    assert len(found) == SAMPLES and min(found) > 0.99  # 10 against N(0, 1)


def test_members_that_are_on_the_margin_are_found_by_it():
    found, certificates, member = planted(10.0)
    found.unlearned[:, 0, *np.diag_indices(SAMPLES)] = np.where(member, 10.0, np.nan)
    choices = {"fractions": [0.0], "folds": F, "attacks": ATTACKS.own, "loss": "exponential"}
    rows = attack_rows(found, certificates, member, **choices, s=3)
    for row in rows:
        assert row["seed"] == 3
        if row["models"] == "unlearned" and row["attack"] == "margin":
            assert row["auc"] == row["tpr_1"] == row["tpr_10"] == 1.0


def least_at_a_tenth(shadows, k, i, fraction):
    """ε at θ̃ of one model for δ = 0.1 of the mean multiplier, from the problem of what is retained."""
    point = shadows.point(k)
    r = np.flatnonzero(shadows.member[k]).tolist().index(i)
    (after,), keep = (
        unlearn_all(point, [[r]], [fraction]).W[0],
        np.arange(len(point.problem.y)) != r,
    )
    there = restore(point.problem, after, point.pattern, point.kinks, keep)
    rest = point.problem.retain([r])
    delta = 0.1 * mean_multiplier(rest, there.W)
    return float(least_epsilon(rest, there.W, delta, there.kinks[:, keep]).relative_epsilon)


@pytest.mark.parametrize("width", [None, 30])
def test_the_table_of_a_pool(width):
    fractions = [0.0, 1.0]
    rows = attack_pool(
        pool(width),
        fractions=fractions,
        folds=FOLDS,
        certificates=16,
        attacks=list(ATTACKS.own),
        loss="exponential",
        solver=Solver(),
        pivots=50,
        s=0,
    )
    assert len(rows) == M * (3 * len(fractions) + 3 + 1)
    assert len({tuple(row) for row in rows}) == 1
    checked = [row for row in rows if row["models"] == "unlearned" and row["auc_bounded"] >= 0]
    assert len(checked) == M * 3 * len(fractions)
    for row in checked:
        assert row["auc_low"] - 1e-12 <= row["auc_bounded"] <= row["auc_high"] + 1e-12
        assert 0 <= row["tau_star"] < 1 and row["spread"] > 0
    found, member = outputs(pool(width), fractions), pool(width).member
    for row in checked:
        i = row["sample"]
        assert row["spread"] == pytest.approx(found.trained[~member[:, i], i].std())
    before = {(r["sample"], r["attack"]): r for r in checked if r["fraction"] == 0.0}
    for row in checked:
        idle = before[row["sample"], row["attack"]]
        assert row["auc_nothing"] == idle["auc"]
        assert row["nothing_at_0.1"] == pytest.approx(idle["epsilon_at_0.1"], rel=1e-6, abs=1e-12)
    for row in (row for row in checked if row["attack"] == "margin" and row["sample"] < 4):
        models = np.flatnonzero(member[:16, row["sample"]])
        case = (row["sample"], row["fraction"])
        expected = np.median([least_at_a_tenth(pool(width), k, *case) for k in models])
        assert row["epsilon_at_0.1"] == pytest.approx(expected, rel=1e-6, abs=1e-9)
    leaks = {f: np.mean([r["auc"] for r in checked if r["fraction"] == f]) for f in fractions}
    assert leaks[0.0] > 0.9 > leaks[1.0]

"""The rows of the tables hold what their columns say."""

from dataclasses import replace

import numpy as np
import pytest
from builders import planted_pairs, solved

from kkt_unlearning.certificates.certificate import certify
from kkt_unlearning.kkt.duals import DualValues
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.bounds.rows import certificate_rows
from kkt_unlearning.studies.replicates import initialise, retrain_all, retrained_points, train_all
from kkt_unlearning.studies.tables import dual_row, multiplier_rows, point_row, retrained_rows
from kkt_unlearning.training import Descent
from kkt_unlearning.unlearning.ascent import unlearn

STARTS, FORGET, FRACTIONS = ["exact", "trained"], [[0], [2, 3]], [0.0, 1.0, 1.5]


@pytest.fixture(scope="module")
def story():
    """One replicate all the way through, and its table."""
    rng = np.random.default_rng(1)
    X, X_fresh = (rng.normal(size=(1, k, 40)) / np.sqrt(40) for k in (5, 20))
    y, y_fresh = (np.where(np.arange(k) % 2 == 0, 1.0, -1.0)[None] for k in (5, 20))
    replicates = initialise(X, y, X_fresh, y_fresh, TwoLayer(16), 0.3, 0)
    descent, solver = Descent(steps=1000), Solver()
    trained = train_all(replicates, descent).W[0]
    problem = replicates.problem(0)
    point = kkt_point(problem, problem.pattern(trained))
    retrained = retrain_all(replicates, descent, FORGET).W
    points = retrained_points(replicates, retrained, FORGET, solver, 50)
    steps = {
        (start, f, fraction): unlearn(
            point,
            forget,
            fraction=fraction,
            trained=trained if start == "trained" else None,
            allow_idle=True,
        )
        for start in STARTS
        for f, forget in enumerate(FORGET)
        for fraction in FRACTIONS
    }
    unlearned = np.stack([s.W for s in steps.values()]).reshape(2, 2, 3, *trained.shape)
    rows = list(
        certificate_rows(
            replicates,
            0,
            point,
            trained,
            unlearned,
            np.stack([p.W for p in points[0]]),
            starts=STARTS,
            forget_sets=FORGET,
            fractions=FRACTIONS,
            solver=solver,
            pivots=50,
        )
    )
    return replicates, point, points, steps, rows


def test_there_is_one_row_for_every_combination(story):
    *_, steps, rows = story
    keys = [(r["start"], r["forget"], r["fraction"]) for r in rows]
    expected = {(s, "+".join(map(str, FORGET[f])), a) for s, f, a in steps}
    assert len(keys) == len(set(keys)) == 12
    assert set(keys) == expected
    assert {r["forget"]: r["forget_size"] for r in rows} == {"0": 1, "2+3": 2}


def test_columns_are_what_they_say(story):
    replicates, point, points, steps, rows = story
    by_key = {(r["start"], r["forget"], r["fraction"]): r for r in rows}
    problem = point.problem
    for (start, f, fraction), step in steps.items():
        row = by_key[start, "+".join(map(str, FORGET[f])), fraction]
        rest, V = problem.retain(FORGET[f]), points[0][f].W
        before, after = rest.margins(step.start), rest.margins(step.W)
        assert row["margin_change"] == pytest.approx(np.abs(after - before).max(), abs=1e-15)
        assert row["smallest_margin"] == pytest.approx(after.min(), rel=1e-13)
        # Pre-activations of a few units; those within 1e-9 of 0 lie on the kink, where the derivative is 0.
        flips = (rest.preactivations(step.start) > 1e-9) != (rest.preactivations(step.W) > 1e-9)
        assert row["flips"] == flips.sum()
        for name, W in [
            ("distance_retrained", step.W),
            ("distance_retrained_original", step.start),
        ]:
            cosine = (W * V).sum() / np.linalg.norm(W) / np.linalg.norm(V)
            assert row[name] == pytest.approx(1 - cosine, abs=1e-14)
        for name, W in [("original", step.start), ("unlearned", step.W), ("retrained", V)]:
            right = replicates.fresh_outputs(0, W) * replicates.y_fresh[0] > 0
            assert row[f"accuracy_{name}"] == right.mean()
        G = problem.gram
        assert row["psi"] == pytest.approx(np.abs(np.diag(G) - 1).max(), rel=1e-13)
        assert row["phi"] == pytest.approx(np.abs(G - np.diag(np.diag(G))).max(), rel=1e-13)


def test_the_certificate_of_a_row_is_that_of_its_step(story):
    _, point, _, steps, rows = story
    row = next(r for r in rows if (r["start"], r["forget"], r["fraction"]) == ("trained", "0", 1.0))
    expected = certify(steps["trained", 0, 1.0], retained_kkt_points(point, [(0,)])[0])
    for name in ("epsilon", "epsilon_autograd", "tau", "tau_star", "kappa", "epsilon_bound"):
        assert row[name] == pytest.approx(getattr(expected, name), rel=1e-9), name
    assert row["outcome"] == expected.outcome == "separating"


def test_doing_nothing_stands_beside_every_step(story):
    *_, rows = story
    for row in rows:
        same = [r for r in rows if (r["start"], r["forget"]) == (row["start"], row["forget"])]
        none = next(r for r in same if r["fraction"] == 0.0)
        for delta in (0.03, 0.1, 0.3):
            assert row[f"nothing_at_{delta:g}"] == pytest.approx(
                none[f"epsilon_at_{delta:g}"], rel=1e-9
            )
        assert row["nothing_tau"] == pytest.approx(none["tau"], rel=1e-9, abs=1e-15)
        assert row["epsilon_at_0.3"] <= row["epsilon_at_0.1"] + 1e-9


def test_margin_changes_keep_to_kappa_and_nothing_moves_at_fraction_zero(story):
    *_, rows = story
    for row in rows:
        assert row["margin_change"] <= row["fraction"] * row["kappa"] + 1e-12
        if row["fraction"] == 0.0:
            assert row["flips"] == 0 and row["margin_change"] == 0.0
            assert row["distance_retrained"] == row["distance_retrained_original"]


def test_multiplier_rows():
    problem, W, multipliers, *_ = planted_pairs([0.5], [1.0], 2)
    point = kkt_point(problem, problem.pattern(W))
    rows = list(multiplier_rows(point, {"guess": np.array([1.0, 2.0])}, 7))
    assert [(r["seed"], r["sample"], r["guess"]) for r in rows] == [(7, 0, 1.0), (7, 1, 2.0)]
    np.testing.assert_allclose([r["exact"] for r in rows], multipliers, rtol=1e-12)


def test_point_rows(story):
    _, point, points, *_ = story
    row = point_row(point, 3)
    assert row["seed"] == 3
    assert row["stationarity"] == point.residuals.stationarity
    assert row["norm"] == pytest.approx(np.sqrt(point.multipliers.sum()), rel=1e-12)
    assert row["kink_fraction"] == point.kinks.sum() / point.kinks.size
    assert (row["cells"], row["flipped"]) == (point.cells, point.flipped)
    rows = retrained_rows(points, FORGET)
    assert [(r["seed"], r["forget"]) for r in rows] == [(0, "0"), (0, "2+3")]


@pytest.mark.parametrize(
    ("off", "told"), [(0.0, 0.0), (2.3e-7, 1e-6), (3e-5, 1e-4), (0.5, 1.0), (3.0, 10.0)]
)
def test_how_far_cvxpy_was_off_is_told_up_to_a_power_of_ten(off, told):
    _, _, point = solved(0, 6, 15, None)
    shift = np.zeros(point.problem.samples)
    shift[np.argmin(point.multipliers)] = off * point.multipliers.max()
    values = DualValues(point.multipliers + shift, point.clarke, shift == 0, "optimal_inaccurate")
    asked = replace(point, duals=values)
    row = dual_row(asked, 2)
    assert row["cvxpy_error"] == told
    assert row["cvxpy_status"] == "optimal_inaccurate"
    assert point_row(asked, 2).items() <= row.items()


def test_where_cvxpy_was_not_asked_the_row_says_so():
    _, _, point = solved(0, 6, 15, None)
    row = dual_row(point, 2)
    assert np.isnan(row["cvxpy_error"]) and row["cvxpy_status"] == "not asked"

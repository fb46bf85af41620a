import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from builders import labels, one_sentence

sys.path.insert(0, str(Path(__file__).parent))
from deep_networks import DEPTHS, trained_batch

from kkt_unlearning.deep.alignment import class_cosine, input_cosine
from kkt_unlearning.deep.ascent import layerwise_step
from kkt_unlearning.deep.near_kkt import near_kkt
from kkt_unlearning.deep.network import DeepNetwork
from kkt_unlearning.deep.orthogonal import Limit
from kkt_unlearning.deep.replicates import initialise_deep, reached_margin, retrain_deep, train_deep
from kkt_unlearning.deep.training import train_layers
from kkt_unlearning.deep.weights import cosine_distance, expand, norm, scaled
from kkt_unlearning.errors import DataError, NotConvergedError
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.depth.rows import continued, depth_rows
from kkt_unlearning.training.descent import Descent

FORGET, FRACTIONS = [[0], [1, 2]], [0.0, 1.0]


def measured(depth, spoil=False):
    batch, descent, training = trained_batch(depth)
    margins = training.margins.copy()
    if spoil:
        margins[1, 2] = -1.0  # as if replicate 1 had never learnt sample 2
    again = retrain_deep(batch, descent, FORGET)
    start = near_kkt(batch, training.W, training.patterns, margins, descent, Solver())
    goal = continued(batch, start, FORGET, descent)
    rows = depth_rows(
        batch,
        start,
        (again.W, again.margins),
        goal,
        forget_sets=FORGET,
        fractions=FRACTIONS,
        descent=descent,
        solver=Solver(),
        pivots=50,
    )
    return start, list(rows)


@pytest.mark.parametrize("depth", DEPTHS)
def test_one_row_for_every_case(depth):
    start, rows = measured(depth)
    shares = ["equal"] if depth == 2 else ["equal", "halved"]
    cases = {(row["seed"], row["layers"], row["forget"], row["fraction"]) for row in rows}
    assert cases == {
        (s, share, forget, a)
        for s in (0, 1)
        for share in shares
        for forget in ("0", "1+2")
        for a in FRACTIONS
    }
    assert len(rows) == len(cases)
    assert len({tuple(row) for row in rows}) == 1
    np.testing.assert_allclose(start.before.outputs.shape, (2, 4))
    for row in rows:
        assert row["outcome"] == "separating"
        assert (row["part_cell"] == 0.0) == (depth == 2 or row["fraction"] == 0.0)
        assert np.isfinite(row["multiplier_error"]) == (depth == 2)
        if row["fraction"] == 0.0:
            assert row["margin_same"] >= 1 - 1e-9
            assert row["distance_retrained"] == row["distance_retrained_original"]


@pytest.mark.parametrize("depth", DEPTHS)
def test_beside_every_step_stands_what_doing_nothing_costs(depth):
    _, rows = measured(depth)
    idle = {(row["seed"], row["forget"]): row for row in rows if row["fraction"] == 0.0}
    for row in rows:
        nothing = idle[row["seed"], row["forget"]]
        assert row["nothing_at_0.1"] == pytest.approx(nothing["epsilon_at_0.1"], rel=1e-9)
        assert row["nothing_tau"] == pytest.approx(nothing["tau"], rel=1e-9)
        assert row["relative_delta"] <= 0.1 or row["epsilon_at_0.1"] >= row["epsilon"] - 1e-9
    assert depth > 2 or any(row["epsilon_at_0.1"] < 0.5 * row["nothing_at_0.1"] for row in rows)


def test_margins_are_averaged_within_the_label_that_is_forgotten_and_the_other():
    start, rows = measured(3)
    W, before, multipliers = start.at(0)
    y, network = labels(4), DeepNetwork(3, 20)
    after = layerwise_step(W, before, y, np.where(np.arange(4) == 0, multipliers, 0.0), np.ones(2))
    batch, *_ = trained_batch(3)
    q = y * network.evaluate(after, batch.X[0]).outputs
    cases = {(r["seed"], r["layers"], r["forget"], r["fraction"]): r for r in rows}
    row = cases[0, "equal", "0", 1.0]
    assert row["margin_forgotten"] == pytest.approx(q[0])
    assert row["margin_same"] == pytest.approx(q[2])  # the other positive one
    assert row["margin_other"] == pytest.approx((q[1] + q[3]) / 2)
    assert np.isnan(cases[0, "equal", "1+2", 1.0]["margin_other"])  # both labels are forgotten


def test_a_whole_step_forgets_and_no_step_does_not():
    _, rows = measured(3)
    for row in rows:
        if row["fraction"] == 0.0:
            assert row["margin_forgotten"] >= 1 - 1e-9
        elif row["layers"] == "equal":
            assert row["margin_forgotten"] < 0.4


def test_the_orthogonal_limit_is_for_single_samples():
    _, rows = measured(3)
    for row in rows:
        if row["forget"] == "0":
            share = {"equal": 1.0, "halved": 0.5}[row["layers"]]
            a = row["fraction"]
            assert row["epsilon_orthogonal"] == Limit(2, 2, 2).epsilon(a, share * a)
        else:
            assert np.isnan(row["epsilon_orthogonal"])


def test_two_layers_have_the_exact_multipliers():
    start, rows = measured(2)
    assert start.residual.max() < start.autograd.max()
    assert all(row["multiplier_error"] < 0.05 for row in rows)


def test_a_replicate_that_was_not_trained_says_so_and_spoils_no_other():
    _, rows = measured(3, spoil=True)
    outcomes = {row["seed"]: row["outcome"] for row in rows}
    assert outcomes == {0: "separating", 1: "not trained"}
    assert all(np.isinf(row["epsilon"]) == (row["seed"] == 1) for row in rows)


def test_a_batch_that_never_learns_is_refused():
    batch, *_ = trained_batch(3)
    with pytest.raises(NotConvergedError) as error:
        train_deep(batch, Descent(steps=2))
    assert "steps = 2" in one_sentence(error)


def test_retraining_starts_from_the_same_weights_without_the_samples():
    batch, _, _ = trained_batch(3)
    found = retrain_deep(batch, Descent(steps=3), FORGET)
    for s, (f, forget) in product(range(2), enumerate(FORGET)):
        keep = np.setdiff1d(np.arange(4), forget)
        start = tuple(layer[s] for layer in batch.W0)
        alone = train_layers(
            batch.network, batch.X[s][keep], batch.y[s][keep], start, Descent(steps=3)
        )
        for left, right in zip(found.W, alone.W, strict=True):
            np.testing.assert_allclose(left[s, f], right, rtol=1e-10, atol=1e-12)
    with pytest.raises(DataError):
        retrain_deep(batch, Descent(steps=3), [[9]])


def test_initial_weights_do_not_depend_on_how_many_replicates_there_are():
    X = np.random.default_rng(0).normal(size=(2, 4, 30))
    y = np.tile(labels(4), (2, 1))
    both = initialise_deep(X, y, DeepNetwork(3, 6), 0.3, seed=5)
    one = initialise_deep(X[:1], y[:1], DeepNetwork(3, 6), 0.3, seed=5)
    assert both.X.shape == (2, 4, 5)  # span coordinates
    for left, right in zip(both.W0, one.W0, strict=True):
        np.testing.assert_array_equal(left[0], right[0])
    np.testing.assert_allclose(both.X[0] @ both.X[0].T, X[0] @ X[0].T, atol=1e-12)


def test_trained_looks_only_at_what_is_kept():
    q, keep = np.array([[2.0, 0.5], [2.0, 3.0]]), np.array([[True, False], [True, True]])
    np.testing.assert_array_equal(reached_margin(q, Descent()), [False, True])
    np.testing.assert_array_equal(reached_margin(q, Descent(), keep), [True, True])


def test_cosines_of_inputs():
    same = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])
    assert input_cosine((np.eye(3), same)) == pytest.approx(1.0)
    assert input_cosine((np.eye(3),)) == 0.0
    assert class_cosine(same, np.array([1.0, 1.0, -1.0])) == pytest.approx(1.0)
    assert class_cosine(same, np.array([1.0, -1.0, 1.0])) == 0.0
    assert np.isnan(class_cosine(same[:2], np.array([1.0, -1.0])))
    assert input_cosine((np.array([[0.0, 0.0], [1.0, 0.0]]),)) == 0.0  # a sample that is lost


def test_distances_between_networks_of_several_layers():
    W = (np.array([[1.0, 0.0]]), np.array([[0.0]]))
    V = (np.array([[1.0, 0.0]]), np.array([[1.0]]))
    assert norm(V) == pytest.approx(np.sqrt(2))
    assert cosine_distance(W, V) == pytest.approx(1 - np.sqrt(0.5))
    assert cosine_distance(W, scaled(W, 7.0)) == pytest.approx(0.0, abs=1e-15)
    assert cosine_distance(W, scaled(W, 0.0)) == 1.0
    assert [layer.shape for layer in expand(W, 0)] == [(1, 1, 2), (1, 1, 1)]

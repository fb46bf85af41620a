"""Distances to the retrained network: by hand, against networks in d dimensions, and after relabelling."""

from types import SimpleNamespace

import numpy as np
import pytest
from builders import ROUND_OFF, labels, network

from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.networks import Linear
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.case import Case
from kkt_unlearning.studies.replicates import (
    Replicates,
    exact_points,
    initialise,
    retrain_all,
    retrained_points,
    train_all,
)
from kkt_unlearning.studies.retrainings.rows import (
    retrained_again,
    retraining_rows,
    retrainings,
)
from kkt_unlearning.training import Descent

S, M, T, D, SEED = 3, 4, 6, 20, 11
TRAINING = {"loss": "exponential", "step": "normalised", "step_size": 1.0, "steps": 1500}
TRAINING |= {"stop_distance": 0.0, "minimum_margin": 0.01, "snapshots": []}
FORGET = [[0], [1, 2]]
METHODS = ("nothing", "prescribed", "retraining")


def cases(width, replicates=S):
    rng = np.random.default_rng(5)
    X, X_fresh = (rng.normal(size=(S, n, D)) / np.sqrt(D) for n in (M, T))
    y, y_fresh = (np.tile(labels(n), (S, 1)) for n in (M, T))
    data = (array[:replicates] for array in (X, y, X_fresh, y_fresh))
    batch = initialise(*data, network(width), 0.5, SEED)
    descent = Descent(steps=1500, minimum_margin=0.01)
    points = exact_points(batch, train_all(batch, descent).W, Solver(), 50)
    again = retrain_all(batch, descent, FORGET)
    retrained = retrained_points(batch, again.W, FORGET, Solver(), 50)
    settings = {"training": TRAINING, "duals": {"tolerance": 1e-9, "pivots": 50}, "forget": FORGET}
    for s, point in enumerate(points):
        arrays = {"retrained": np.stack([exact.W for exact in retrained[s]])}
        yield Case(s, batch, point, arrays, settings)


@pytest.mark.parametrize("width", [None, 10])
def test_a_second_retraining_starts_from_the_weights_of_the_next_replicate(width):
    found = list(cases(width))
    case, following = found[-1], found[0]
    data = {name: getattr(case.batch, name)[2:] for name in ("X", "y", "X_fresh", "y_fresh")}
    outside = case.batch.P0_outside[2:]
    batch = Replicates(network(width), W0=following.batch.W0[:1], P0_outside=outside, **data)
    result = retrain_all(batch, case.descent, FORGET)
    (expected,) = retrained_points(batch, result.W, FORGET, Solver(), 50)
    again = retrained_again(case)
    np.testing.assert_array_equal(again, np.stack([point.W for point in expected]))
    assert isinstance(expected[0], KKTPoint)


def test_two_retrainings_of_the_linear_model_are_one():
    for case in cases(None):
        rows = [row for row in retrainings(case) if row["method"] == "retraining"]
        assert max(row["outputs_fresh"] for row in rows) < 1e-7
        assert max(row["distance"] for row in rows) < ROUND_OFF


def test_the_retrained_network_is_at_distance_0_and_doing_nothing_is_not():
    for case in cases(10):
        retrained = case.arrays["retrained"]
        networks = {"itself": 3.0 * retrained, "nothing": np.stack([case.point.W] * 2)}
        rows = list(retraining_rows(case.batch, case.s, FORGET, retrained, networks))
        assert [row["forget"] for row in rows] == ["0", "0", "1+2", "1+2"]
        for row in rows:
            names = ("distance", "outputs_fresh", "outputs_forgotten", "outputs_retained")
            if row["method"] == "itself":
                assert max(row[name] for name in names) < ROUND_OFF
                assert row["labels_differ"] == 0
            else:
                assert row["outputs_forgotten"] > 0.1 and row["distance"] > 1e-3


def test_distances_by_hand():
    one = {"X": np.eye(3)[None], "y": np.array([[1.0, -1.0, 1.0]]), "W0": np.zeros((1, 1, 3))}
    fresh = {"X_fresh": np.array([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]), "y_fresh": np.ones((1, 2))}
    batch = Replicates(Linear(), P0_outside=np.zeros((1, 1, 2)), **one, **fresh)
    retrained = np.array([[[1.0, -1.0, 0.0]]])
    other = np.array(
        [[[4.0, -2.0, 2.0]]]
    )  # margins 4, 2, 2: at smallest retained margin 1 (2, −1, 1)
    lost = np.array([[[1.0, 1.0, 0.0]]])
    rows = list(retraining_rows(batch, 0, [[2]], retrained, {"other": other, "lost": lost}))
    assert rows[0]["outputs_retained"] == pytest.approx(np.sqrt(0.5))
    assert rows[0]["outputs_forgotten"] == pytest.approx(1.0)
    assert rows[0]["outputs_fresh"] == pytest.approx(np.sqrt(0.5) / 1.0)
    assert rows[0]["labels_differ"] == 0.0
    assert rows[1]["outputs_fresh"] == rows[1]["outputs_forgotten"] == np.inf
    assert np.isnan(rows[1]["labels_differ"])


def test_every_network_has_a_row_but_one_replicate_has_no_second_retraining():
    (case,) = cases(10, replicates=1)
    rows = list(retrainings(case))
    assert [row["method"] for row in rows] == ["nothing", "prescribed"] * 2
    rows = list(retrainings(next(cases(10))))
    assert [row["method"] for row in rows] == [*METHODS] * 2


def test_without_fresh_samples_their_columns_are_nan():
    case = next(cases(10))
    batch = case.batch
    none = {"X_fresh": batch.X_fresh[:, :0], "P0_outside": batch.P0_outside[..., :0]}
    bare = SimpleNamespace(**(vars(batch) | none | {"y_fresh": batch.y_fresh[:, :0]}))
    bare = Replicates(**vars(bare))
    retrained = case.arrays["retrained"]
    for row in retraining_rows(bare, 0, FORGET, retrained, {"itself": retrained}):
        assert np.isnan(row["outputs_fresh"]) and np.isnan(row["labels_differ"])
        assert row["outputs_forgotten"] == 0

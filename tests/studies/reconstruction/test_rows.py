"""The table of the reconstruction study: a row for each start and network."""

import numpy as np
import pytest
from builders import gaussian

from kkt_unlearning.certificates.method import weights_by
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.reconstruction.rows import MODELS, reconstruction_rows
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.span import span_coordinates
from kkt_unlearning.unlearning.ascent import unlearn


def spanned(width):
    """A trained network in span coordinates, and its exact point."""
    problem, W0 = gaussian(1, 6, 40, width)
    span = span_coordinates(problem.X, W0)
    small = Problem(problem.network, span.X, problem.y)
    W = train(small, span.W0, Descent(steps=1500, minimum_margin=1e-3)).W
    return kkt_point(small, small.pattern(W)), W


def found(width, forget):
    point, W = spanned(width)
    (exact,) = retained_kkt_points(point, [forget])
    retrained = {"exact": exact.W, "trained": exact.W}
    return point, W, list(reconstruction_rows(point, W, forget, retrained, Solver()))


@pytest.mark.parametrize("width", [None, 8])
@pytest.mark.parametrize("forget", [[1], [0, 4]])
def test_there_is_a_row_for_every_start_and_network(width, forget):
    _, _, rows = found(width, forget)
    assert len({tuple(row) for row in rows}) == 1
    cases = [(row["start"], row["model"]) for row in rows]
    assert cases == [(start, model) for start in ("trained", "exact") for model in MODELS]
    assert {row["forget"] for row in rows} == {"+".join(map(str, forget))}
    assert all(np.isnan(row["both_miss"]) == (row["model"] == "nothing") for row in rows)


def test_exact_networks_show_no_more_than_the_others_span():
    _, _, rows = found(8, [1])
    for row in rows:
        if row["start"] == "exact" and row["model"] != "nothing":
            assert row["alone"] <= row["overlap"] * (1 + 1e-9)
            assert row["remaining"] < 1e-9
    before = next(row for row in rows if (row["start"], row["model"]) == ("exact", "nothing"))
    assert before["alone"] > 0.9 > 2 * before["overlap"]
    assert (before["remaining"], before["multiplier"]) == (1.0, pytest.approx(1.0, rel=1e-6))


def test_the_initial_weights_outside_the_span_are_of_each_neuron_its_own():
    """The best pair written out in coordinates in which they are orthogonal."""
    point, W, rows = found(8, [1])
    step = unlearn(point, [1], trained=W)
    for model in ("step", "restored"):
        V = weights_by(model, step) / point.problem.output_weights[:, None]
        V = np.column_stack([V[:, :-1], np.diag(V[:, -1])])
        x = np.append(point.problem.X[1, :-1], np.zeros(8))
        pairs = [a - b for i, a in enumerate([*V, 0 * V[0]]) for b in [*V, 0 * V[0]][:i]]
        best = max(abs(p @ x) / np.linalg.norm(p) / np.linalg.norm(x) for p in pairs)
        row = next(row for row in rows if (row["start"], row["model"]) == ("trained", model))
        assert row["alone"] == pytest.approx(best, rel=1e-9)

"""Counts of flips, against planted networks, a plain loop and the orthant probability they estimate."""

import numpy as np
import pytest
from builders import labels, planted_crossing, planted_orthogonal, planted_pairs, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates.certificate import certify
from kkt_unlearning.certificates.flips import count_flips, predicted_crossings
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.kkt.point import PIVOTS, kkt_point
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.flips.rows import flips_rows
from kkt_unlearning.unlearning.ascent import unlearn, unlearn_all


def test_on_orthogonal_data_nothing_flips():
    problem, _, _, clarke = planted_orthogonal([1.0, 2.0, 0.5, 1.5], labels(4), 6)
    found = count_flips(unlearn_all(kkt_point(problem, clarke), [[2], [0, 1]], [1.0]))
    assert found.entries[:, 0].tolist() == [18, 12]
    assert found.flipped.sum() == found.put_back.sum() == found.left.sum() == 0
    assert found.kinks[0, 0] == 9  # the other half of 6 neurons speaks for each of 3 samples


def test_the_kinks_of_a_partner_fall_off_and_are_put_back():
    # Two pairs, ρ = ½, without the last point: the two odd neurons were held on x₂ by x₃ and fall to
    # P < 0; the kinks of pair 0 stay.
    problem, W, *_ = planted_pairs([0.5, 0.5], [1.0, 1.0], 4)
    steps = unlearn_all(kkt_point(problem, problem.pattern(W)), [[3]], [1.0])
    found = count_flips(steps)
    assert found.kink_off[0, 0] == 2 == found.flipped[0, 0] == found.put_back[0, 0]
    assert found.left[0, 0] == found.added[0, 0] == 0


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_a_plain_loop(seed):
    problem, _, point = solved(seed, 6, 15, 8)
    sets = [[0], [1, 4]]
    steps = unlearn_all(point, sets, [0.3, 1.0])
    found = count_flips(steps)
    before = problem.preactivations(point.W)
    names = (
        "kink_on",
        "kink_off",
        "off_on",
        "on_off",
        "opposed",
        "supporting",
        "put_back",
        "added",
    )
    for f, forget in enumerate(sets):
        for a in range(2):
            after = problem.preactivations(steps.W[f, a])
            rest = np.isin(np.arange(6), forget, invert=True)
            restored = restore(problem, steps.W[f, a], point.pattern, point.kinks, rest)
            held = restored.kinks  # more may be 0 by chance: a neuron can be left without weights
            assert np.abs(problem.preactivations(restored.W))[held].max() < 1e-12
            counts = dict.fromkeys(names, 0)
            for j in range(8):
                for i in set(range(6)) - set(forget):
                    now = 0.0 if abs(after[j, i]) < 1e-9 else np.sign(after[j, i])
                    was = 0.0 if point.kinks[j, i] else np.sign(before[j, i])
                    for_label = problem.signs[j, i] > 0 and point.pattern[j, i] == 0
                    counts["supporting"] += for_label and now > 0
                    counts["put_back"] += now != was and held[j, i]
                    counts["added"] += now == was != 0 and held[j, i]
                    if point.kinks[j, i]:
                        counts["kink_on"] += after[j, i] > 1e-9
                        counts["kink_off"] += after[j, i] < -1e-9
                    else:
                        counts["off_on"] += before[j, i] < 0 < after[j, i]
                        counts["on_off"] += before[j, i] > 0 > after[j, i]
                        crossed = before[j, i] < 0 < after[j, i]
                        counts["opposed"] += crossed and problem.signs[j, i] < 0
            assert found.supporting_on[f, a] == counts["supporting"]
            for name in set(names) - {"opposed", "supporting"}:
                assert getattr(found, name)[f, a] == counts[name], name
            assert found.opposed_off_on[f, a] == counts["opposed"]
            assert found.left[f, a] == 0
            assert found.put_back[f, a] <= found.flipped[f, a]  # some come back of themselves
    assert found.flipped.max() > 0


def test_a_supporting_entry_that_is_turned_on_leads_to_a_pivot():
    problem, W, *_ = planted_crossing(0.1, 6)
    point = kkt_point(problem, problem.pattern(W))
    (row,) = flips_rows(point, [[2]], Solver(), PIVOTS, 0)
    assert row["supporting_on"] == row["off_on"] == 3  # half of the neurons, at sample 1
    assert row["pivots"] == 1


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2), st.floats(0.1, 5.0))
def test_the_scale_of_the_network_does_not_matter(seed, factor):
    _, _, point = solved(seed, 6, 15, 8)
    steps = unlearn_all(point, [[0], [2]], [1.0])
    scaled = type(steps)(
        point, steps.start, steps.clarke, steps.forget_sets, steps.fractions, factor * steps.W
    )
    np.testing.assert_array_equal(count_flips(scaled).flipped, count_flips(steps).flipped)


def test_a_linear_model_has_no_activations_to_flip():
    _, _, point = solved(0, 6, 15, None)
    found = count_flips(unlearn_all(point, [[0]], [1.0]))
    assert found.flipped.sum() == found.left.sum() == found.predicted_off_on.sum() == 0


def test_the_prediction_is_the_orthant_probability():
    # P(z < 0 < z − λ_r g_r) for z = Σ_k λ_k g_k, by drawing; one neuron on at three of its samples.
    problem, _, multipliers, clarke = planted_orthogonal(
        [1.0, 0.8, 0.6, 1.0, 1.0, 1.0], labels(6), 2
    )
    steps = unlearn_all(kkt_point(problem, clarke), [[2], [0, 2]], [1.0])
    g = np.random.default_rng(3).normal(size=(400_000, 3))
    weights = steps.point.multipliers[[0, 2, 4]]
    np.testing.assert_allclose(weights, multipliers[[0, 2, 4]])
    z = g @ weights
    for found, gone in zip(predicted_crossings(steps), ([1], [0, 1]), strict=True):
        after = z - g[:, gone] @ weights[gone]
        drawn = ((z < 0) & (after > 0)).mean()
        # Only the neuron that speaks for the even samples loses some; it opposes the three odd ones.
        assert found == pytest.approx(3 * drawn, abs=3 * 4 * np.sqrt(0.25 / len(g)))


def test_rows_add_up():
    _, _, point = solved(1, 6, 15, 8)
    rows = flips_rows(point, [[0], [1, 4]], Solver(), PIVOTS, 3)
    assert [row["forget"] for row in rows] == ["0", "1+4"]
    for row, forget in zip(rows, ([0], [1, 4]), strict=True):
        total = row["kink_on"] + row["kink_off"] + row["off_on"] + row["on_off"]
        assert row["share"] == total / row["entries"]
        assert row["seed"] == 3
        assert row["tau_star"] == pytest.approx(certify(unlearn(point, forget)).tau_star)
        (nearest,) = retained_kkt_points(point, [forget])
        cosine = (point.W * nearest.W).sum() / np.linalg.norm(point.W) / np.linalg.norm(nearest.W)
        assert row["distance_original"] == pytest.approx(1 - cosine, abs=1e-12)


def test_rows_bound_tau_star_where_no_pivot_is_made_and_know_where_there_is_no_bound():
    _, _, point = solved(4, 6, 400, 8)
    rows = flips_rows(point, [[0], [1, 4]], Solver(), PIVOTS, 0)
    assert [row["pivots"] for row in rows] == [
        nearest.cells - 1 for nearest in retained_kkt_points(point, [[0], [1, 4]])
    ]
    bounded = [row for row in rows if row["pivots"] == 0]
    assert bounded
    assert all(0 < row["tau_star"] <= row["tau_star_bound"] < 0.1 for row in bounded)
    _, _, crowded = solved(0, 8, 9, 8)
    (row,) = flips_rows(crowded, [[0]], Solver(), PIVOTS, 0)
    assert row["tau_star_bound"] == np.inf

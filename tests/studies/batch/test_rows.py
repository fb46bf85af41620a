"""The rows of the tables about batches and streams hold what their columns say."""

import itertools

import numpy as np
import pytest
from builders import one_sentence, solved

from kkt_unlearning.certificates.bounds import margin_shift
from kkt_unlearning.certificates.certificate import certify
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.batch.rows import batch_rows, sizes_of, stream_rows
from kkt_unlearning.studies.bounds.claims import violations
from kkt_unlearning.unlearning.ascent import unlearn, unlearn_all
from kkt_unlearning.unlearning.forget_sets import ORDERS

M, CHOICES = 6, ["random", "correlated", "multipliers", "coupled"]
SOLVING = {"solver": Solver(), "pivots": 50}


def as_columns(rows):
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module", params=[None, 8])
def tables(request):
    """Batches and streams of one replicate."""
    _, training, point = solved(2, M, 18, request.param)
    options = {"sizes": "all", "choices": CHOICES, "draws": 2, "starts": ["exact", "trained"]}
    batches = list(batch_rows(point, training.W, 3, seed=5, **options, **SOLVING))
    options = {"deletions": "all", "draws": 2, "kink_band": 0.3}
    streams = list(stream_rows(point, 3, seed=5, **options, **SOLVING))
    return training, point, batches, streams


def members(row):
    return tuple(map(int, row["forget"].split("+")))


def test_there_is_one_row_for_every_combination(tables):
    *_, batches, streams = tables
    keys = {(r["start"], r["choice"], r["draw"], r["forget_size"]) for r in batches}
    assert len(keys) == len(batches) == 2 * 5 * (M - 2)
    keys = {(r["draw"], r["variant"], r["deletions"]) for r in streams}
    assert len(keys) == len(streams) == 2 * 4 * (M - 2)
    assert {r["seed"] for r in (*batches, *streams)} == {3}


def test_sets_have_their_size_and_are_those_of_their_choice(tables):
    _, point, batches, _ = tables
    for row in batches:
        assert len(set(members(row))) == row["forget_size"]
        if row["choice"] in ORDERS:
            order = ORDERS[row["choice"]](point)
            assert set(members(row)) == set(order[: row["forget_size"]].tolist())


def test_a_row_of_batches_is_the_certificate_of_its_step(tables):
    training, point, batches, _ = tables
    for row in batches[::7]:
        step = unlearn(
            point, members(row), trained=training.W if row["start"] == "trained" else None
        )
        (nearest,) = retained_kkt_points(point, [members(row)])
        expected = certify(step, nearest)
        for name in ("epsilon", "epsilon_clarke", "delta", "tau", "tau_star", "kappa"):
            assert row[name] == pytest.approx(getattr(expected, name), rel=1e-6, abs=1e-8), name
        rest = point.problem.retain(members(row))
        q, before = rest.margins(step.W), rest.margins(step.start)
        assert row["smallest_margin"] == pytest.approx(q.min(), rel=1e-12)
        assert row["margin_change"] == pytest.approx(np.abs(q - before).max(), rel=1e-12)
        cosine = (step.start * nearest.W).sum() / np.linalg.norm(step.start)
        cosine /= np.linalg.norm(nearest.W)
        assert row["distance_original"] == pytest.approx(1 - cosine, abs=1e-8)
        assert row["phi"] == pytest.approx(np.abs(np.triu(point.problem.gram, 1)).max())


def test_no_row_of_batches_is_above_its_bounds(tables):
    table = as_columns(tables[2])
    assert violations(table, 1e-8) == 0
    table["kappa"] = 0.5 * table["kappa"]
    assert violations(table, 1e-8) > 0


def test_kappa_never_exceeds_the_sum_of_its_points(tables):
    """Subadditive: at most in proportion to the size, from every choice of points."""
    _, point, batches, _ = tables
    single = list(
        batch_rows(
            *(point, None, 0),
            seed=0,
            sizes=[1],
            choices=["random"],
            draws=60,
            starts=["exact"],
            **SOLVING,
        )
    )
    kappa = {members(row)[0]: row["kappa"] for row in single}
    assert set(kappa) == set(range(M))
    for row in batches:
        if row["start"] == "exact":
            assert row["kappa"] <= sum(kappa[r] for r in members(row)) + 1e-9


@pytest.mark.parametrize("width", [None, 8])
def test_mean_kappa_over_all_sets_grows_at_most_in_proportion(width):
    # Theorem 1 (b) and (c) of docs/questions/batch.md.
    problem, _, point = solved(2, M, 18, width)
    sizes = np.arange(1, M)
    means = []
    for k in sizes.tolist():
        keep = kept(M, list(itertools.combinations(range(M), k)))
        means.append(margin_shift(problem, point.multipliers, point.clarke, keep).mean())
    shares = np.array(means) / sizes
    assert (np.diff(shares) <= 1e-12).all() and shares[-1] < shares[0]
    assert np.polyfit(np.log(sizes), np.log(means), 1)[0] <= 1


def test_near_orthogonal_data_grant_an_angle_in_proportion_to_the_size():
    # Theorem 2 of docs/questions/batch.md: its chain of inequalities, and theorem 6.5 of docs/theory.md.
    problem, _, point = solved(0, M, 3000, 20)
    gram, lam, u = problem.gram, point.multipliers, np.abs(problem.output_weights)[:, None]
    psi, phi = np.abs(np.diag(gram) - 1).max(), np.abs(np.triu(gram, 1)).max()
    c_0 = 1 - psi - (M - 1) * phi
    c_1 = (1 - psi - 2 * (M - 1) * phi) / (1 + psi)
    assert c_1 > 0.1
    assert (lam * (u**2 * point.clarke).sum(axis=0)).max() <= 1 / c_0
    sets = [R for k in range(1, M) for R in itertools.combinations(range(M), k)]
    moved = 0
    for R, W in zip(sets, unlearn_all(point, sets, [1.0]).W[:, 0], strict=True):
        rest = np.setdiff1d(np.arange(M), R)
        left = problem.retain(R)
        P, kinks = left.preactivations(W), point.kinks[:, rest]
        back = kinks | ((2.0 * point.pattern[:, rest] - 1.0) * P < 0)
        reach = u * ((lam * point.clarke)[:, R] @ np.abs(gram[np.ix_(R, rest)]))
        D = np.sqrt((reach**2)[back].sum() / np.linalg.eigvalsh(left.gram)[0])
        restored = W - np.where(back, P, 0.0) @ np.linalg.pinv(left.X).T
        norm, tau = np.linalg.norm(W), float(cosine_distance(W, restored))
        assert np.linalg.norm(restored - W) <= D * (1 + 1e-9)
        assert norm**2 >= c_1 * lam[rest].sum()
        assert tau <= D**2 / norm**2
        granted = len(R) * phi**2 / (c_0**2 * c_1) * lam.sum() / lam[rest].min()
        assert D**2 / norm**2 <= granted
        fit = least_epsilon(left, restored, np.inf, back)
        assert fit.relative_epsilon <= D / (norm - D) + 1e-9
        moved += tau > 0
    assert moved > len(sets) / 2


def test_a_stream_deletes_the_points_of_the_random_batches(tables):
    *_, batches, streams = tables
    for draw in range(2):
        sets = [members(r) for r in batches if r["choice"] == "random" and r["start"] == "exact"]
        sets = sets[draw * (M - 2) : (draw + 1) * (M - 2)]
        for variant in {r["variant"] for r in streams}:
            chosen = [r for r in streams if (r["draw"], r["variant"]) == (draw, variant)]
            order = [r["point"] for r in chosen]
            assert [tuple(sorted(order[:k])) for k in range(1, M - 1)] == sets


def test_the_stream_with_multipliers_kept_has_the_certificates_of_the_batches(tables):
    *_, batches, streams = tables
    rows = {(r["draw"], r["deletions"]): r for r in streams if r["variant"] == "kept"}
    for row in batches:
        if (row["choice"], row["start"]) == ("random", "exact"):
            other = rows[row["draw"], row["forget_size"]]
            for name in ("epsilon", "delta", "tau", "tau_star", "smallest_margin"):
                assert other[name] == pytest.approx(row[name], rel=1e-6, abs=1e-8), name
            assert other["distance_original"] == pytest.approx(row["distance_original"], abs=1e-8)
            assert other["difference_batch"] < 1e-12
            assert other["multiplier_ratio"] == 1.0


def test_a_step_after_solving_anew_is_certified_against_its_own_problem(tables):
    _, point, _, streams = tables
    rows = [r for r in streams if (r["draw"], r["variant"]) == (0, "resolved")]
    left, before = list(range(M)), point
    for row in rows:
        forget = (left.index(row["point"]),)
        (after,) = retained_kkt_points(before, [forget])
        expected = certify(unlearn(before, forget), after)
        for name in ("epsilon", "tau", "tau_star"):
            assert row[name] == pytest.approx(getattr(expected, name), rel=1e-6, abs=1e-8), name
        idle = cosine_distance(point.W, after.W)  # from before the stream, not before its last step
        assert row["distance_original"] == pytest.approx(idle, abs=1e-8)
        ratio = before.multipliers[forget[0]] / point.multipliers[row["point"]]
        assert row["multiplier_ratio"] == pytest.approx(ratio, rel=1e-6)
        left.remove(row["point"])
        before = after


def test_sizes():
    assert sizes_of(6, "all") == [1, 2, 3, 4]
    assert sizes_of(6, [1, 5]) == [1, 5]


def test_more_deletions_than_samples_are_refused():
    _, _, point = solved(2, M, 18, None)
    options = {"deletions": M, "draws": 1, "kink_band": 0.0}
    with pytest.raises(DataError) as error:
        list(stream_rows(point, 0, seed=0, **options, **SOLVING))
    assert "all 6 samples" in one_sentence(error)

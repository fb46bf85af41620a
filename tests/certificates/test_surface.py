"""The surface: its ends, its monotonicity, what its path keeps, and what it must not be better than."""

import numpy as np
import pytest
from builders import gaussian, labels, one_sentence, planted_orthogonal, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates import surface as surface_module
from kkt_unlearning.certificates.certificate import certify_all
from kkt_unlearning.certificates.condense import condensed_steps
from kkt_unlearning.certificates.restore import project, restore
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.certificates.surface import candidates, face_point, surface
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.flips.rows import surface_rows
from kkt_unlearning.unlearning.ascent import unlearn_all

MACHINE = 1e-9
DELTAS, TAUS = (0.0, 0.1, 1.0), (0.0, 0.01, 0.1, 0.5, 1.0)
SETS = [[0], [3], [1, 4]]


def step_of(seed, width=8, sets=SETS):
    _, _, point = solved(seed, 6, 15, width)
    return unlearn_all(point, sets, [1.0]), retained_kkt_points(point, sets)


@pytest.mark.parametrize("seed", range(3))
def test_the_ends_are_those_of_the_certificate(seed):
    steps, nearest = step_of(seed)
    found, certificate = surface(steps, nearest, DELTAS, TAUS, 4), certify_all(steps, nearest)
    np.testing.assert_allclose(found.delta[:, -1], certificate.delta_budget[:, 0])
    units = (certificate.delta / certificate.relative_delta)[:, 0]
    np.testing.assert_allclose(found.relative_delta, found.delta / units[:, None])
    np.testing.assert_allclose(found.tau[:, -1], certificate.tau_star[:, 0])
    np.testing.assert_array_equal(certificate.delta_budget, certificate.delta_bound)
    start = certificate.epsilon_clarke[:, 0]
    np.testing.assert_allclose(found.epsilon[:, -1, 0], start, rtol=1e-7)
    assert found.epsilon[:, :, -1].max() < MACHINE
    # From τ of the restored network on, the surface is no worse than its certificate.
    wide = surface(steps, nearest, (1.0,), (1e-9, 1e6), 4)
    assert (wide.epsilon[:, 0, -1] <= certificate.epsilon[:, 0] + MACHINE).all()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2), st.integers(1, 5))
def test_it_never_rises_and_never_beats_theta_itself_at_tau_0(seed, path_points):
    steps, nearest = step_of(seed)
    found = surface(steps, nearest, DELTAS, TAUS, path_points)
    assert (found.epsilon[:, 1:] <= found.epsilon[:, :-1]).all()
    assert (found.epsilon[:, :, 1:] <= found.epsilon[:, :, :-1]).all()
    problem = steps.point.problem
    for f, forget in enumerate(SETS):
        rest, W = problem.retain(forget), steps.W[f, 0]
        P = rest.preactivations(W)
        kinks = np.abs(P) < 1e-9 * np.abs(P).max()
        for d, delta in enumerate(found.delta[f]):
            own = float(least_epsilon(rest, W, delta, kinks).relative_epsilon)
            assert found.epsilon[f, d, 0] == pytest.approx(own, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_every_number_belongs_to_a_network_of_the_path(seed):
    # The definition, evaluated plainly on the retained problem.
    steps, nearest = step_of(seed)
    found = surface(steps, nearest, DELTAS, TAUS, 3)
    small, targets = condensed_steps(steps, np.stack([point.W for point in nearest]))
    path, problem = candidates(small, targets, 3), small.point.problem
    for f, forget in enumerate(SETS):
        keep = kept(6, [forget])[0]
        best = np.full(found.epsilon[f].shape, np.inf)
        for W, kinks in zip(path.W[f], path.kinks[f], strict=True):
            tau = float(cosine_distance(small.W[f, 0], W))
            P = problem.preactivations(W)[:, keep]
            assert np.abs(P[kinks[:, keep]]).max(initial=0.0) < MACHINE * np.abs(P).max()
            for d, delta in enumerate(found.delta[f]):
                fit = least_epsilon(problem.retain(forget), W, delta, kinks[:, keep])
                better = tau <= found.tau[f] * (1 + 1e-6) + 1e-15
                best[d] = np.where(better, np.minimum(best[d], fit.relative_epsilon), best[d])
        np.testing.assert_allclose(
            np.minimum.accumulate(best, axis=0), found.epsilon[f], rtol=1e-5, atol=1e-8
        )


@pytest.mark.parametrize("seed", range(3))
def test_on_the_first_part_the_angle_grows_and_the_restored_network_is_on_it(seed):
    steps, nearest = step_of(seed)
    points = 5
    path = candidates(steps, np.stack([point.W for point in nearest]), points)
    first = path.tau[:, : points + 2]
    assert (np.diff(first, axis=1) >= -1e-15).all()
    # cos(θ', Πθ') = ‖Πθ'‖/‖θ'‖
    size = np.linalg.norm(path.W[:, : points + 2], axis=(-2, -1))
    np.testing.assert_allclose(1 - first, size / size[:, :1], atol=1e-12)
    point = steps.point
    restored = restore(
        point.problem, steps.W[:, 0], point.pattern, point.kinks, kept(6, steps.forget_sets)
    )
    np.testing.assert_allclose(path.W[:, points], restored.W, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_between_two_networks_the_angle_is_no_larger_than_at_the_worse_one(seed):
    steps, nearest = step_of(seed)
    points = 5
    tau = candidates(steps, np.stack([point.W for point in nearest]), points).tau
    lead, face = points + 1, 2 * points + 1
    assert tau.shape[1] == 3 * points + 2
    for first, last in ((lead, face), (face, -1)):
        ends = np.maximum(tau[:, first], tau[:, last])
        inside = tau[:, first : None if last == -1 else last + 1]
        assert (inside <= ends[:, None] + 1e-14).all()


def test_a_projection_is_the_nearest_network_on_the_kinks():
    problem, W = gaussian(2, 5, 9, 4)
    kinks = np.random.default_rng(0).random((2, 4, 5)) < 0.4
    moved = project(problem, W, kinks)
    P = moved @ problem.X.T
    assert np.abs(P[kinks]).max() < 1e-12
    rows = np.random.default_rng(1).normal(size=W.shape)
    other = project(problem, rows, kinks)  # any network on the kinks
    inner = ((W - moved) * other).sum(axis=(-2, -1))
    np.testing.assert_allclose(inner, 0.0, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_face_point_is_the_least_network_with_equal_margins(seed):
    cp = pytest.importorskip("cvxpy")
    steps, _ = step_of(seed)
    point, problem, keep = steps.point, steps.point.problem, kept(6, steps.forget_sets)
    start = restore(problem, steps.W[:, 0], point.pattern, point.kinks, keep).kinks
    W, held = face_point(problem, point.pattern, start, keep)
    for f, retain in enumerate(keep):
        q = problem.margins(W[f])[retain]
        np.testing.assert_allclose(q, 1.0, atol=1e-9)
        V = cp.Variable(W[f].shape)
        P = V @ problem.X.T
        active = problem.signs * np.where(held[f], 0.0, point.pattern)
        margins = cp.sum(cp.multiply(active, P), axis=0)
        rows = [margins[i] == 1 for i in np.flatnonzero(retain)]
        rows += [P[j, i] == 0 for j, i in np.argwhere(held[f])]
        cp.Problem(cp.Minimize(cp.sum_squares(V)), rows).solve(solver="CLARABEL")
        np.testing.assert_allclose(W[f], V.value, atol=1e-6)
        rest = problem.retain(SETS[f])
        fit = least_epsilon(rest, W[f], 0.0, held[f][:, retain])
        assert np.isfinite(fit.relative_epsilon)


@pytest.mark.parametrize("seed", range(3))
def test_the_residual_of_the_face_point_is_what_the_kinks_cannot_take_up(seed):
    # Proposition 2: ‖Σ_K (C − Ĉ) e_j x_iᵀ‖, Ĉ the nearest number to C between 0 and λ_i y_i u_j.
    steps, _ = step_of(seed)
    point, problem, keep = steps.point, steps.point.problem, kept(6, steps.forget_sets)
    start = restore(problem, steps.W[:, 0], point.pattern, point.kinks, keep).kinks
    W, held = face_point(problem, point.pattern, start, keep)
    tested = 0
    for f, retain in enumerate(keep):
        K, A, signs = held[f][:, retain], point.pattern[:, retain], problem.signs[:, retain]
        P = problem.preactivations(W[f])[:, retain]
        assert ((2.0 * A - 1.0) * P)[~K].min() >= -MACHINE * np.abs(P).max()
        C = W[f] @ np.linalg.pinv(problem.X[retain])
        on = ~K & (A > 0)
        multipliers = np.where(on, C * signs, 0.0).sum(axis=0)
        multipliers /= np.where(on, signs**2, 0.0).sum(axis=0)
        np.testing.assert_allclose(C[on], (multipliers * signs)[on], atol=1e-8)
        if multipliers.min() < 0:
            continue
        full = multipliers * signs
        nearest = np.clip(C, np.minimum(full, 0.0), np.maximum(full, 0.0))
        bound = np.linalg.norm(np.where(K, C - nearest, 0.0) @ problem.X[retain])
        found = least_epsilon(problem.retain(SETS[f]), W[f], 0.0, K).epsilon
        assert found <= bound + 1e-7
        tested += 1
    assert tested > 0


def test_on_orthogonal_data_the_surface_is_0_everywhere():
    problem, _, _, clarke = planted_orthogonal([1.0, 2.0, 0.5, 1.5], labels(4), 4)
    point = kkt_point(problem, clarke)
    steps, nearest = unlearn_all(point, [[2]], [1.0]), retained_kkt_points(point, [[2]])
    assert surface(steps, nearest, (0.0, 1.0), (0.0, 1.0), 2).epsilon.max() < MACHINE


def test_a_linear_model_needs_slack_only():
    steps, nearest = step_of(0, width=None)
    found = surface(steps, nearest, (0.0, 1.0), (0.0, 0.5, 1.0), 3)
    assert found.epsilon[:, -1].max() < MACHINE  # theory, section 6.3: ε = 0 at δ*
    assert found.epsilon[:, 0, 0].min() > 0.1


def test_some_neurons_at_a_time_give_the_same_surface(monkeypatch):
    steps, nearest = step_of(0)
    whole = surface(steps, nearest, DELTAS, TAUS, 3)
    monkeypatch.setattr(surface_module, "WORK_ARRAY", 5 * 15)
    parts = surface(steps, nearest, DELTAS, TAUS, 3)
    for name in ("epsilon", "delta", "relative_delta", "tau", "tau_restored"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), atol=MACHINE)


def test_a_machine_too_small_is_one_sentence_with_the_memory_needed(monkeypatch):
    steps, nearest = step_of(0)
    monkeypatch.setattr("kkt_unlearning.datasets.memory.os.sysconf", lambda name: 2**10)
    with pytest.raises(DataError, match=r"surface of 6 samples .* its arrays would need") as error:
        surface(steps, nearest, DELTAS, TAUS, 3)
    assert one_sentence(error)


@pytest.mark.parametrize("width", [None, 8])
def test_doing_nothing_has_as_much_slack_in_mean_multipliers(width):
    steps, nearest = step_of(1, width)
    found, point = surface(steps, nearest, DELTAS, TAUS, 2), steps.point
    for f, forget in enumerate(SETS):
        keep, rest = np.setdiff1d(np.arange(6), forget), point.problem.retain(forget)
        unit = (point.W**2).sum() / len(keep)  # of the exact point all margins are at least 1
        for d, relative in enumerate(found.relative_delta[f]):
            alone = least_epsilon(rest, point.W, relative * unit, point.kinks[:, keep])
            expected = pytest.approx(float(alone.relative_epsilon), rel=1e-6, abs=1e-9)
            assert found.nothing_epsilon[f, d] == expected


def test_shares_must_ascend():
    steps, nearest = step_of(0)
    with pytest.raises(DataError, match=r"deltas = \[1.0, 0.5\].*sort them"):
        surface(steps, nearest, [1.0, 0.5], TAUS, 2)
    with pytest.raises(DataError, match="a surface is of one step"):
        surface(unlearn_all(steps.point, SETS, [0.5, 1.0]), nearest, DELTAS, TAUS, 2)


def test_rows_are_tidy():
    _, _, point = solved(0, 6, 15, 8)
    rows = surface_rows(point, [[0], [1, 4]], DELTAS, TAUS, 2, Solver(), 50, 7)
    assert len(rows) == 2 * len(DELTAS) * len(TAUS)
    assert {row["seed"] for row in rows} == {7}
    assert all(row["nothing_epsilon"] > row["epsilon"] for row in rows if row["tau_share"] == 1)
    last = rows[-1]
    assert last["tau"] == pytest.approx(last["tau_star"])
    assert last["delta"] == pytest.approx(last["delta_star"])

"""What docs/theory.md, section 6.7, proves: each statement on instances, its terms computed here anew."""

from itertools import product

import numpy as np
import pytest
from builders import ROUND_OFF, labels, planted_crossing, solved
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates.certificate import certify
from kkt_unlearning.certificates.restore import keep_margins
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.datasets.geometry import near_orthogonality
from kkt_unlearning.kkt.point import KKTPoint, cell_optima, kkt_point
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning.ascent import unlearn

SOLVED = 1e-7  # of sums of a hundred terms of a program solved to 1e-9


class Step:
    """A step from an exact point, or from trained weights with 0/1 derivatives, and the terms of 6.7."""

    def __init__(self, start: tuple, forget, fraction: float = 1.0, trained: bool = False):
        self.problem, training, point = start
        problem, (n, m) = self.problem, point.clarke.shape
        self.multipliers, self.W, self.a = point.multipliers, point.W, point.clarke
        self.pattern, self.kinks = point.pattern, point.kinks
        if trained:
            self.W = training.W / problem.margins(training.W).min()
            self.a = self.pattern = problem.network.derivative(problem.preactivations(self.W))
            self.kinks = np.zeros((n, m), bool)
        self.forget, self.fraction = list(forget), fraction
        self.keep = ~np.isin(np.arange(m), self.forget)
        gone = np.where(self.keep, 0.0, self.multipliers)
        self.removed = problem.combination(gone, self.a)
        self.after = self.W - fraction * self.removed
        self.rest = problem.retain(self.forget)
        self.G = self.rest.X @ self.rest.X.T
        self.least, self.most = np.linalg.eigvalsh(self.G)[[0, -1]]
        self.P = self.rest.preactivations(self.after)
        self.q = self.rest.margins(self.W)
        self.kept = keep_margins(problem, self.W, self.after, self.pattern, self.kinks, self.keep)

    @property
    def kappa(self) -> float:
        X, u2 = self.problem.X, self.problem.output_weights[:, None] ** 2
        pushes = [
            sum(
                self.multipliers[r] * abs(X[i] @ X[r]) * (u2[:, 0] * self.a[:, r]).sum()
                for r in self.forget
            )
            for i in np.flatnonzero(self.keep)
        ]
        return float(max(pushes))

    @property
    def carried(self) -> np.ndarray:
        """T of section 6.4, over the retained samples."""
        if not self.problem.network.has_kinks:
            return np.zeros_like(self.P, bool)
        side = 2.0 * self.pattern[:, self.keep] - 1.0
        return self.kinks[:, self.keep] | (side * self.P < 0)

    @property
    def distance_bound(self) -> float:
        """The bound of theorem 6.9 on D°."""
        X, u2 = self.problem.X, self.problem.output_weights[:, None] ** 2
        reach = sum(
            self.multipliers[r] * self.a[:, [r]] * np.abs(X[[r]] @ self.rest.X.T)
            for r in self.forget
        )
        moved = self.fraction**2 * (u2 * self.carried * reach**2).sum()
        share = self.fraction * self.kappa / (1.0 - self.fraction * self.kappa)
        scaled = share**2 * (self.P[~self.carried] ** 2).sum()
        return float(np.sqrt((moved + scaled) / self.least))

    @property
    def sum_left(self) -> np.ndarray:
        """``Σ_{i∈I} λ_i y_i g_i``."""
        return self.problem.combination(np.where(self.keep, self.multipliers, 0.0), self.a)

    @property
    def error(self) -> float:
        """ε₁."""
        return float(np.linalg.norm(self.W - self.problem.combination(self.multipliers, self.a)))


@st.composite
def steps(draw):
    width = draw(st.sampled_from([None, 2, 8, 20]))
    start = solved(draw(st.integers(0, 4)), 6, draw(st.sampled_from([40, 400])), width, 1500)
    forget = sorted(draw(st.sets(st.integers(0, 5), min_size=1, max_size=3)))
    fraction = draw(st.sampled_from([1.0, 1.0, 0.4, 1.3]))
    return Step(start, forget, fraction, draw(st.booleans()) and width is not None)


@settings(max_examples=60)
@given(steps())
def test_theorem_6_9_margins_are_kept_and_slack_with_them(step):
    assume(step.fraction * step.kappa < 1)
    P = step.rest.preactivations(step.kept)
    np.testing.assert_allclose(step.rest.margins(step.kept), step.q, rtol=1e-10)
    np.testing.assert_allclose(P[step.carried], 0.0, atol=1e-10)
    if step.problem.network.has_kinks:  # the closed cell: every derivative is still one
        side = (2.0 * step.pattern[:, step.keep] - 1.0) * P
        assert side[~step.carried].min() > -1e-10
    distance = np.linalg.norm(step.kept - step.after)
    residual = np.linalg.norm(step.kept - step.sum_left)
    left_over = abs(1.0 - step.fraction) * np.linalg.norm(step.removed)
    assert residual <= step.error + left_over + distance + 1e-10
    assert distance <= step.distance_bound + 1e-10
    size = np.linalg.norm(step.after)
    if distance < size:
        assert cosine_distance(step.after, step.kept) <= (distance / size) ** 2 + ROUND_OFF


def test_margins_are_not_kept_where_a_step_separates_nothing_or_samples_depend_on_one_another():
    problem, _, point = solved(0, 6, 40, 8)
    keep = np.arange(6) > 0
    step = unlearn(point, [0], fraction=200.0).W
    arguments = (point.pattern, point.kinks, keep)
    assert np.isnan(keep_margins(problem, point.W, step, *arguments)).all()
    twice = Problem(problem.network, problem.X[[0, 1, 2, 3, 4, 4]], problem.y[[0, 1, 2, 3, 4, 4]])
    assert np.isnan(keep_margins(twice, point.W, point.W, *arguments)).all()


def test_margins_of_many_steps_are_kept_as_those_of_each():
    problem, _, point = solved(1, 6, 40, 8)
    sets = [[0], [1, 2], [5]]
    W = np.stack([unlearn(point, forget).W for forget in sets])
    keep = np.array([~np.isin(np.arange(6), forget) for forget in sets])
    found = keep_margins(problem, point.W, W, point.pattern, point.kinks, keep)
    for f in range(3):
        alone = keep_margins(problem, point.W, W[f], point.pattern, point.kinks, keep[f])
        np.testing.assert_allclose(found[f], alone, atol=ROUND_OFF)


def nearly_orthogonal(seed: int, m: int, phi: float, width: int, spread: float = 0.0):
    """Samples whose inner products are ±φ, ψ = ``spread``; labels alternate."""
    rng = np.random.default_rng(seed)
    G = np.triu(rng.choice([-phi, phi], size=(m, m)), 1)
    G = G + G.T + np.diag(1.0 + spread * rng.choice([-1.0, 1.0], size=m))
    return Problem(TwoLayer(width), np.linalg.cholesky(G), labels(m)), rng


def point_of(problem: Problem, rng) -> KKTPoint:
    """An exact point from random activations, at least one of a label's neurons on at each sample."""
    pattern = (rng.random(problem.signs.shape) < 0.5).astype(float)
    pattern[:2] = problem.signs[:2] > 0
    return kkt_point(problem, pattern)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("forget", [[0], [1, 4]])
def test_corollary_6_10_a_certificate_without_slack_on_near_orthogonal_data(seed, forget):
    m, k, phi, psi = 6, len(forget), 0.005, 0.1
    problem, rng = nearly_orthogonal(seed, m, phi, 12, psi)
    assert near_orthogonality(problem.X) == pytest.approx((psi, phi))
    point = point_of(problem, rng)
    step = Step((problem, None, point), forget)
    room = 1.0 - psi - (m - 1) * phi
    before, after = np.linalg.norm(point.W), np.linalg.norm(step.after)
    condition = np.sqrt((1.0 + psi + (m - 1) * phi) / room)
    bound = phi * (np.sqrt(k * (m - k)) / room * before + k / (room - k * phi) * condition * after)
    distance = np.linalg.norm(step.kept - step.after)
    assert distance <= bound
    assert bound <= 0.05 * after  # not vacuous: ε of 5 % at most, δ = 0
    found = least_epsilon(
        step.rest, step.kept, delta=1e-12, kinks=np.abs(step.rest.preactivations(step.kept)) < 1e-10
    )
    assert found.relative_epsilon <= distance / np.linalg.norm(step.kept) + SOLVED


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("psi", [0.0, 0.1])
def test_proposition_6_11_a_multiplier_is_the_inverse_of_a_share(seed, psi):
    m, phi = 6, 0.004
    problem, rng = nearly_orthogonal(seed, m, phi, 20, psi)
    point = point_of(problem, rng)
    room, u2 = 1.0 - psi - (m - 1) * phi, problem.output_weights[:, None] ** 2
    on = problem.preactivations(point.W) > 1e-9
    share, reach = (u2 * on).sum(axis=0), (u2 * point.clarke).sum(axis=0)
    upper = 1.0 / (room * reach)
    lower = (1.0 - psi - 2 * (m - 1) * phi) / ((1.0 + psi) * room * share)
    assert np.all(lower <= point.multipliers * (1 + SOLVED))
    assert np.all(point.multipliers <= upper * (1 + SOLVED))
    assert np.all(upper <= 1.0 / (room * share) * (1 + SOLVED))
    assert np.all(upper <= (1.1 + 2.5 * psi) * lower)  # the two sides are near one another
    assert point.multipliers.max() > 1.5 * point.multipliers.min()  # and shares differ
    bound = 2 * phi / (share.min() * (room - phi) ** 2)
    assert certify(unlearn(point, [0])).delta_bound <= bound * (1 + SOLVED)


def test_without_the_share_a_multiplier_is_as_large_as_the_width():
    # Orthogonal samples, neuron i alone on at sample i.
    problem = Problem(TwoLayer(10), np.eye(4), labels(4))
    pattern = np.zeros((10, 4))
    pattern[range(4), range(4)] = 1.0
    np.testing.assert_allclose(kkt_point(problem, pattern).multipliers, 10.0, rtol=1e-9)


def share_of_start(phi, psi, m, beta, step) -> np.ndarray:
    """The R that theorem 6.12 allows."""
    R = np.geomspace(1.0, 1e4, 2000)
    b = np.exp(step * (1 + psi + 2 * phi))
    allowed = b * ((1 + psi) / R + 2 * (m - 1) * phi) <= beta * (1 - psi)
    return R[allowed & (R * (m - 1) * phi < 1 - psi)]


@pytest.mark.parametrize(
    ("m", "phi", "width", "step"), [(4, 0.01, 200, 0.05), (4, 0.005, 64, 0.5), (5, 0.002, 32, 1.0)]
)
def test_theorem_6_12_neurons_that_start_on_stay_on(m, phi, width, step):
    problem, rng = nearly_orthogonal(2, m, phi, width)
    W = 0.05 * rng.normal(size=(width, m))
    u = problem.output_weights[:, None]
    P = problem.preactivations(W)
    started = (problem.signs > 0) & (P > 0)
    beta = (u**2 * started).sum(axis=0).min()
    allowed = share_of_start(phi, 0.0, m, beta, step)
    ratio = np.exp(np.ptp(problem.margins(W)))
    R = allowed[allowed >= ratio].min()
    for _ in range(1500):  # gradient descent as it is written
        p = np.exp(-problem.margins(W))
        assert p.max() <= R * p.min()
        W = W + step / p.sum() * ((p * problem.y) * u * (P > 0)) @ problem.X
        P, before = problem.preactivations(W), P
        assert np.all(P[started] > before[started])
    point = kkt_point(problem, problem.pattern(W))
    assert point.pattern[started].all()
    bound = 1.0 / ((1.0 - (m - 1) * phi) * beta)
    assert point.multipliers.max() <= bound
    assert bound <= 3.0 * point.multipliers.max()


def left_at_zero_tau(step: Step) -> tuple[float, float]:
    """The two sides of theorem 6.13, relative to ``‖θ'‖``."""
    u2, a = step.problem.output_weights**2, step.a[:, step.keep]
    size = np.abs(step.P).max()
    below = above = 0.0
    for i, multiplier in enumerate(step.multipliers[step.keep]):
        on, off = step.P[:, i] > 1e-10 * size, step.P[:, i] < -1e-10 * size
        mean = (u2 * a[:, i])[on].sum() / u2[on].sum()
        value = (u2 * (a[:, i] - mean) ** 2)[on].sum() + (u2 * a[:, i] ** 2)[off].sum()
        extra = (u2 * np.maximum(a[:, i] - mean, 0.0) ** 2)[~on & ~off].sum()
        below += multiplier**2 * value
        above += multiplier**2 * (value + extra)
    after = np.linalg.norm(step.after)
    return np.sqrt(step.least * below) / after, np.sqrt(step.most * above) / after


@settings(max_examples=25)
@given(st.integers(0, 4), st.sampled_from([2, 8, 20]), st.integers(0, 5))
def test_theorem_6_13_epsilon_at_the_unlearned_network_from_both_sides(seed, width, r):
    step = Step(solved(seed, 6, 400, width, 1500), [r])
    assume(step.kappa < 1)
    below, above = left_at_zero_tau(step)
    assert above <= np.sqrt(step.most / step.least) * below + 0.05
    certificate = certify(unlearn(solved(seed, 6, 400, width, 1500)[2], [r]))
    assert below <= certificate.epsilon_clarke + SOLVED
    kinks = np.abs(step.P) <= 1e-10 * np.abs(step.P).max()
    whole = least_epsilon(step.rest, step.after, kinks=kinks).relative_epsilon  # any δ
    assert below - SOLVED <= whole <= certificate.epsilon_clarke + SOLVED
    assert certificate.epsilon_clarke <= above + SOLVED


def turned_on(G: np.ndarray, y: np.ndarray, r: int) -> int:
    """``N₁ + N₂`` of theorem 6.14, from the signs of inner products alone."""
    own = [i for i in range(len(y)) if y[i] == y[r] and i != r]
    other = [i for i in range(len(y)) if y[i] != y[r]]
    first = sum(G[r, i] < 0 and G[own, i].sum() > 0 for i in other)
    return first + sum(G[r, i] > 0 and G[other, i].sum() > 0 and G[other, r].sum() > 0 for i in own)


def test_theorem_6_14_tau_0_is_not_enough_in_any_dimension():
    y, m, rng, seen = labels(8), 8, np.random.default_rng(0), []
    for _ in range(12):
        X = rng.normal(size=(m, 40000)) / 200.0
        problem = Problem(TwoLayer(2), np.linalg.cholesky(X @ X.T), y)  # the same, in its span
        point = kkt_point(problem, (problem.signs > 0).astype(float))
        assert point.cells == 1
        certificate = certify(unlearn(point, [0]))
        expected = turned_on(problem.gram, y, 0) / (2 * (m - 1))
        assert certificate.epsilon_clarke**2 == pytest.approx(expected, rel=0.1, abs=1e-3)
        assert certificate.epsilon < 0.02
        assert certificate.tau < 1e-3
        seen.append(expected)
    assert max(seen) > 0.1 > min(seen)


def test_the_law_of_theorem_6_14():
    y, rng, draws = labels(8), np.random.default_rng(1), 4000
    Z = rng.normal(size=(draws, 8, 8))
    counts = np.array([turned_on(np.triu(z, 1) + np.triu(z, 1).T, y, 0) for z in Z])
    # Mean (2 · 4 + 4 − 1)/8 of N₁ + N₂; five standard errors of counts of at most 7.
    assert counts.mean() == pytest.approx(11 / 8, abs=5 * counts.std() / np.sqrt(draws))
    assert (counts > 0).mean() > 1 - 0.75**4 - 0.03


def cell_optimum(step: Step) -> tuple[KKTPoint, np.ndarray]:
    """The optimum of the retained cell, and the entries that a first pivot would flip."""
    guess = (step.multipliers[step.keep], step.a[:, step.keep])
    return cell_optima([step.rest], [step.pattern[:, step.keep]], [guess], Solver())[0]


@settings(max_examples=40)
@given(steps())
def test_theorem_6_15_an_exact_point_is_near(step):
    assume(step.problem.network.has_kinks and step.fraction * step.kappa < 1)
    optimum, wrong = cell_optimum(step)
    residual = np.linalg.norm(step.kept - step.sum_left)
    slack = (step.multipliers[step.keep] * (step.q - 1.0)).sum()
    squared = residual**2 + 2.0 * slack
    near = [np.linalg.norm(V - optimum.W) ** 2 for V in (step.kept, step.sum_left)]
    assert sum(near) <= squared * (1 + SOLVED) + SOLVED
    distance = np.linalg.norm(step.kept - step.after)
    reach = (distance + np.sqrt(squared)) / np.linalg.norm(step.after)
    if not wrong.any() and reach < 1:
        assert optimum.residuals.worst < 1e-6
        assert cosine_distance(step.after, optimum.W) <= reach**2 + SOLVED


@pytest.mark.parametrize("seed", range(4))
def test_theorem_6_15_gives_tau_star_beforehand_where_every_supporting_neuron_is_on(seed):
    problem, _ = nearly_orthogonal(seed, 6, 0.003, 4)
    point = kkt_point(problem, (problem.signs > 0).astype(float))
    step = Step((problem, None, point), [0])
    distance = np.linalg.norm(step.kept - step.after)
    P = np.abs(step.rest.preactivations(step.kept))[step.rest.signs > 0]
    assert (
        P.min() > distance
    )  # ρ = D° here, and samples have length 1: no supporting entry is near its kink
    (nearest,) = retained_kkt_points(point, [[0]])
    assert nearest.cells == 1
    tau = cosine_distance(step.after, nearest.W)
    assert 0 < tau <= 4 * (distance / np.linalg.norm(step.after)) ** 2 < 1e-3


@pytest.mark.parametrize("seed", range(8))
def test_theorem_6_16_the_first_pivot_flips_what_the_step_carried_across(seed):
    m, phi = 6, 1e-5
    problem, rng = nearly_orthogonal(seed, m, phi, 16)
    Z = (problem.X @ problem.X.T - np.eye(m)) / phi
    Z *= rng.uniform(0.5, 1.5, size=(m, m))
    Z = np.triu(Z, 1) + np.triu(Z, 1).T
    problem = Problem(problem.network, np.linalg.cholesky(np.eye(m) + phi * Z), problem.y)
    point = point_of(problem, rng)
    supporting = problem.signs > 0
    on = supporting & (point.pattern > 0)
    multipliers = 1.0 / (problem.output_weights[:, None] ** 2 * on).sum(axis=0)
    for r in range(m):
        step = Step((problem, None, point), [r])
        left = on & step.keep
        alive = left.any(axis=1)
        zeta = ((left * multipliers) @ Z)[:, step.keep]
        watched = (supporting & ~on)[:, step.keep] & alive[:, None]
        expected = watched & (zeta > 0)
        off = np.abs(np.where(watched, zeta, 1.0)).min()
        assert off > 100 * phi  # none is on the border
        if not np.all(alive | ~on.any(axis=1)):
            continue  # a neuron was on for the forgotten sample alone
        carried = watched & (step.P > 0)
        np.testing.assert_array_equal(carried, expected)
        optimum, wrong = cell_optimum(step)
        np.testing.assert_array_equal(wrong, expected)
        near = cosine_distance(step.after, optimum.W)
        assert near < 100 * phi**2 * m**2


@pytest.mark.parametrize("width", [2, 6])
@pytest.mark.parametrize("g", [0.1, 0.01, 0.001])
def test_proposition_6_17_a_small_certificate_and_no_exact_point_near(g, width):
    problem, W, multipliers, _ = planted_crossing(g, width)
    point = kkt_point(problem, problem.pattern(W))
    np.testing.assert_allclose(point.W, W, atol=1e-8)
    np.testing.assert_allclose(point.multipliers, multipliers, rtol=1e-8)
    assert not point.kinks.any()
    assert point.residuals.worst < 1e-7
    unlearned = unlearn(point, [2])
    first, second = multipliers[:2]
    squared = (2 * first**2 + second**2 + 2 * g * first * second) / 2
    assert np.linalg.norm(unlearned.W) ** 2 == pytest.approx(squared, rel=1e-8)
    found = certify(unlearned)
    assert 0.5 * g < found.restored_bound / (first / np.sqrt(2) / np.sqrt(squared)) < 1.1 * g
    assert found.epsilon <= found.restored_bound + SOLVED
    assert found.delta <= g**2
    assert found.tau <= first**2 * g**2 / 2 / squared
    assert found.tau_star == pytest.approx(1 - np.sqrt(2 / 3), abs=g)
    assert found.epsilon_clarke == pytest.approx(1 / np.sqrt(3), abs=g)


def test_proposition_6_17_all_exact_points_of_the_retained_problem():
    problem, W, *_ = planted_crossing(0.001)
    after = unlearn(kkt_point(problem, problem.pattern(W)), [2]).W
    rest = problem.retain([2])
    distances = set()
    for sides in product((0.0, 1.0), repeat=4):
        pattern = np.reshape(sides, (2, 2))
        if not pattern.any(axis=0).all():
            continue  # a sample without a neuron: an empty cell
        found = kkt_point(rest, pattern)
        assert found.residuals.worst < 1e-7
        distances.add(round(float(cosine_distance(after, found.W)), 2))
    expected = [1 - np.sqrt(3) / 2, 1 - np.sqrt(2 / 3), 1 - 1 / np.sqrt(12)]
    assert sorted(distances) == [round(value, 2) for value in expected]

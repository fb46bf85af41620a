"""Each KKT condition is broken by itself, and only its own residual moves."""

from dataclasses import asdict

import numpy as np
import pytest
from builders import network, planted_orthogonal, planted_pairs

from kkt_unlearning.kkt.residuals import kkt_residuals, stationarity_residual
from kkt_unlearning.problem import Problem

# Planted by hand: min ½‖w‖² with w₁ ≥ 1, −2w₂ ≥ 1, slack rows below; w = (1, −½, 0), λ = (1, ¼).
X = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
Y = np.array([1.0, -1.0])
W = np.array([[1.0, -0.5, 0.0]])
MULTIPLIERS = np.array([1.0, 0.25])


def residuals(X=X, y=Y, W=W, multipliers=MULTIPLIERS, clarke=None, kinks=None, width=None):
    problem = Problem(network(width), np.asarray(X, float), np.asarray(y, float))
    if clarke is None:
        clarke = np.ones((1, len(y)))
    return kkt_residuals(
        problem, np.asarray(W, float), np.asarray(multipliers, float), clarke, kinks
    )


def moved(**change):
    """The residuals that are not 0, by name."""
    return {name: value for name, value in asdict(residuals(**change)).items() if value != 0.0}


def with_third(x, y=1.0):
    return {"X": np.vstack([X, x]), "y": np.append(Y, y)}


def test_all_residuals_of_the_planted_point_are_zero():
    assert moved() == {}
    assert residuals().worst == 0.0


def test_only_stationarity_moves():
    # A component outside the span changes no margin; ‖θ‖² = 1.25 + 0.09.
    change = moved(W=W + np.array([0.0, 0.0, 0.3]))
    assert change == {"stationarity": pytest.approx(0.3 / np.sqrt(1.34), rel=1e-15)}


def test_only_primal_feasibility_moves():
    # A third sample of margin ½ whose multiplier is 0.
    change = moved(**with_third([0.5, 0.0, 1.0]), multipliers=[1.0, 0.25, 0.0])
    assert change == {"primal_feasibility": 0.5}


def test_only_dual_feasibility_moves():
    # The first sample twice, with 2 + (−1) for its multiplier 1.
    change = moved(**with_third(X[0]), multipliers=[2.0, 0.25, -1.0])
    assert change == {"dual_feasibility": 0.5}


def test_only_complementary_slackness_moves():
    # A third sample 2x₁ of margin 2: λ₁ + 2λ₃ = 1, and λ₃ (2 − 1) = ¼.
    change = moved(**with_third(2.0 * X[0]), multipliers=[0.5, 0.25, 0.25])
    assert change == {"complementary_slackness": 0.25}


@pytest.mark.parametrize(
    ("a", "kink", "distance"),
    [
        (1.25, False, 0.25),
        (0.25, False, 0.75),
        (1.0, False, 0.0),
        (1.25, True, 0.25),
        (-0.5, True, 0.5),
        (0.25, True, 0.0),
        (0.0, True, 0.0),
    ],
)
def test_only_the_subgradient_moves(a, kink, distance):
    # Two neurons u = ±1/√2, each active on its own sample; the third sample has λ = 0, so no a
    # of it changes the sum. It lies where the first neuron is active, with margin 2.
    root = np.sqrt(2.0)
    clarke = np.array([[1.0, 0.0, a], [0.0, 1.0, 0.0]])
    kinks = np.zeros((2, 3), bool)
    kinks[0, 2] = kink
    change = residuals(
        X=[[root, 0.0], [0.0, root], [2 * root, 0.0]],
        y=[1, -1, 1],
        W=np.eye(2),
        multipliers=[1.0, 1.0, 0.0],
        clarke=clarke,
        kinks=kinks,
        width=2,
    )
    assert change.subgradient == distance
    others = {k: v for k, v in asdict(change).items() if k != "subgradient"}
    assert others == dict.fromkeys(others, pytest.approx(0.0, abs=1e-15))


def test_worst_is_the_largest():
    both = residuals(W=2.0 * W, multipliers=2.0 * MULTIPLIERS)
    # θ = 2θ* is stationary with 2λ*; both margins are 2, so λ(q − 1) = 2 and ½, of Σλ = 2½.
    assert both.complementary_slackness == both.worst == 0.8


@pytest.mark.parametrize("c", [1e-8, 1e-3, 1e5])
def test_units_of_the_features_do_not_matter(c):
    """At weights that are no KKT point, each residual is what it is in other units."""
    rng = np.random.default_rng(0)
    X, V, multipliers = rng.normal(size=(5, 3)), rng.normal(size=(4, 3)), rng.normal(size=5)
    y, a = np.array([1.0, -1.0, 1.0, 1.0, -1.0]), rng.uniform(-0.5, 1.5, size=(4, 5))
    kinks = rng.uniform(size=(4, 5)) < 0.3
    plain = kkt_residuals(Problem(network(4), X, y), V, multipliers, a, kinks)
    scaled = kkt_residuals(Problem(network(4), c * X, y), V / c, multipliers / c**2, a, kinks)
    assert asdict(scaled) == pytest.approx(asdict(plain), rel=1e-12)


def test_residual_is_not_divided_by_the_norm():
    problem = Problem(network(None), X, Y)
    clarke = np.ones((1, 2))
    assert stationarity_residual(problem, 3.0 * W, 3.0 * MULTIPLIERS, clarke) == 0.0
    assert stationarity_residual(problem, W, 0.0 * MULTIPLIERS, clarke) == np.sqrt(1.25)


@pytest.mark.parametrize("broken", ["W", "multipliers"])
def test_nan_is_never_reported_as_a_residual_of_zero(broken):
    change = {"W": W * np.nan} if broken == "W" else {"multipliers": MULTIPLIERS * np.nan}
    found = residuals(**change)
    assert not found.worst < np.inf
    assert found.primal_feasibility != 0.0 or broken == "multipliers"
    assert found.dual_feasibility != 0.0 or broken == "W"


def test_weights_of_zero_have_no_relative_stationarity():
    assert residuals(W=0.0 * W, multipliers=0.0 * MULTIPLIERS).stationarity == np.inf


@pytest.mark.parametrize("width", [None, 2, 3, 10])
def test_orthogonal_rows_have_the_planted_multipliers(width):
    found = planted_orthogonal([1.0, 2.0, 0.5], [1, -1, 1], width)
    # Round-off of a few operations on numbers up to λ = 8.
    assert kkt_residuals(*found).worst < 1e-14


def test_orthogonal_rows_by_hand():
    # n = 4, u = ½ (1, −1, 1, −1): λ = 1/(‖x‖² · 2 · ¼) = 2/‖x‖².
    _, W, multipliers, _ = planted_orthogonal([1.0, 2.0], [1, -1], 4)
    np.testing.assert_allclose(multipliers, [2.0, 0.5], rtol=1e-15)
    np.testing.assert_allclose(W, [[1.0, 0.0], [0.0, 0.5], [1.0, 0.0], [0.0, 0.5]], rtol=1e-15)


@pytest.mark.parametrize("width", [2, 6])
def test_correlated_pairs_have_the_planted_multipliers_and_kinks(width):
    *point, kinks = planted_pairs([0.5, -0.3, 0.9], [1.0, 2.0, 0.7], width)
    assert kinks.sum() == 2 * width
    # Round-off relative to λ = 2/(0.49 · 0.19) = 21.
    assert kkt_residuals(*point, kinks).worst < 1e-13


def test_without_the_clarke_weights_the_kinks_break_stationarity():
    # ρ = ½, n = 2: with a = 0 in place of ½ on both kinks the sum misses λ s ρ x on each neuron;
    # λ = 8/3, ‖θ‖² = Σ λ = 16/3 and s² = ½: √(2 · λ² ¼ ½) / √(16/3) = λ/2 / √(16/3) = 1/√3.
    problem, W, multipliers, clarke, kinks = planted_pairs([0.5], [1.0], 2)
    autograd = kkt_residuals(problem, W, multipliers, np.where(kinks, 0.0, clarke), kinks)
    assert autograd.stationarity == pytest.approx(1 / np.sqrt(3.0), rel=1e-14)

"""Factorised positive definite matrices, small ones and large ones alike."""

import numpy as np
import pytest

from kkt_unlearning.quadratic.positive import Positive


def gram(size, dimension, seed=0):
    Z = np.random.default_rng(seed).normal(size=(size, dimension))
    return Z, Z @ Z.T


@pytest.mark.parametrize("size", [1, 32, 33, 90])
def test_one_factorisation_solves_every_right_hand_side(size):
    _, matrix = gram(size, 2 * size)
    x = np.random.default_rng(1).normal(size=(3, size))
    factorised = Positive(matrix.copy())
    for one in x:
        assert factorised.solve(matrix @ one) == pytest.approx(one, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("size", [1, 32, 33, 90])
def test_the_least_height_is_that_of_a_qr_factorisation(size):
    Z, matrix = gram(size, 2 * size)
    heights = np.abs(np.diagonal(np.linalg.qr(Z.T, mode="r")))
    assert Positive(matrix).least_height() == pytest.approx(heights.min(), rel=1e-9)


@pytest.mark.parametrize("size", [2, 32, 33, 90])
def test_a_matrix_that_is_not_positive_definite_is_none(size):
    matrix = np.eye(size)
    matrix[-1, -1] = 0.0
    with pytest.raises(np.linalg.LinAlgError):
        Positive(matrix).solve(np.ones(size))


def test_a_small_matrix_that_is_not_positive_definite_has_no_height():
    assert Positive(np.diag([1.0, -1.0])).least_height() == 0.0

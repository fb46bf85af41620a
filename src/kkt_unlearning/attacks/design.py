"""Which samples of a pool each shadow model is trained on, and where its training starts."""

import numpy as np

from kkt_unlearning.errors import DataError
from kkt_unlearning.training.span import span_coordinates

_FEWEST = 2  # samples of a shadow model: one to forget and one to retain
_ATTEMPTS = 1000


def inclusion(samples: int, models: int, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Boolean ``(models, samples)``: in each fold a random half of the models holds each sample.

    Halves are drawn for each sample by itself. Given who holds x, the other samples of a model that holds x
    have therefore the same law as those of a model that does not: what is retained when x is forgotten and
    what a model without x is trained on differ by nothing but chance. Designs with a model of fewer than two
    samples are drawn again. Fold f holds the models ``f·models/folds`` to ``(f + 1)·models/folds − 1``.

    Raises:
        DataError: the number of models is no multiple of twice the folds, or the pool is so small that
            models with fewer than two samples keep turning up.
    """
    if models % (2 * folds):
        raise DataError(
            f"models = {models}: allowed are multiples of 2 × folds = {2 * folds}; change one of them."
        )
    size = models // folds
    half = np.arange(size) < size // 2
    for _ in range(_ATTEMPTS):
        order = rng.random((folds, size, samples)).argsort(axis=1)
        member = half[order].reshape(models, samples)
        if member.sum(axis=1).min() >= _FEWEST:
            return member
    raise DataError(
        f"samples = {samples}: in pools so small, some of {models} models hold fewer than {_FEWEST} samples; "
        "raise it."
    )


def span_of_pool(X: np.ndarray) -> np.ndarray:
    """The pool ``(M, d)`` in span coordinates, ``(M, k)`` with ``k = min(M, d) + 1``."""
    return span_coordinates(X, np.zeros((1, X.shape[1]))).X


def shadow_weights(
    models: int, width: int, dimension: int, k: int, scale: float, rng: np.random.Generator
) -> np.ndarray:
    """``w_j(0) ~ N(0, scale² I_d/d)`` of every model, in span coordinates of the pool, ``(models, n, k)``.

    The coordinates of such a vector in an orthonormal basis of k − 1 directions are independent normal
    numbers, and the squared length of its remainder is ``scale²/d`` times a χ² number of ``d − k + 1``
    degrees of freedom, independent of them. So the law is that of vectors drawn in d dimensions, at a cost
    that does not contain d. The weights of a model do not depend on how many models there are.

    Args:
        k: number of span coordinates, the last of which is the length of the remainder.
    """
    outside, size = dimension - (k - 1), scale / np.sqrt(dimension)
    W0 = np.zeros((models, width, k))
    for W in W0:
        W[:, :-1] = rng.normal(size=(width, k - 1)) * size
        if outside > 0:
            W[:, -1] = np.sqrt(rng.chisquare(outside, size=width)) * size
    return W0

"""A pool of shadow models that several tests share."""

from functools import cache

from builders import labels, network
from numpy.random import default_rng

from kkt_unlearning.attacks.shadows import Shadows, shadows_of_pool
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.training import Descent

M, MODELS, FOLDS, D = 8, 32, 4, 60
DESCENT = Descent(steps=1500, stop_distance=1e-3, minimum_margin=1e-3)


@cache
def pool(width: int | None) -> Shadows:
    X = default_rng(3).normal(size=(M, D)) / D**0.5
    return shadows_of_pool(
        X,
        labels(M),
        network(width),
        0.1,
        DESCENT,
        models=MODELS,
        folds=FOLDS,
        seed=7,
        s=0,
        solver=Solver(),
        pivots=50,
    )

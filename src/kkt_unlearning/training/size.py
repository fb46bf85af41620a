"""What a training holds, counted before any of it is made."""

import math

from kkt_unlearning.backends import Array, is_cupy, namespace
from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.problem import Problem
from kkt_unlearning.training.step import on_weights, together


def check_size(problem: Problem, W0: Array, batch: tuple[int, ...], resting: bool = False) -> None:
    """Arrays of a training ``≤`` memory of this machine; those of CuPy are not in it.

    Args:
        problem: network and data, of which only shapes count.
        W0: initial weights.
        batch: leading axes of all networks.
        resting: whether networks may end before others, whose systems are then copied.

    Raises:
        DataError: they are more; the sentence says how much is needed and how much there is.
    """
    if is_cupy(W0):
        return
    (m, k), n = problem.X.shape[-2:], W0.shape[-2]
    how_many = f"{math.prod(batch)} networks of " if math.prod(batch) > 1 else ""
    check_memory(
        namespace(W0).finfo(W0.dtype).bits // 8 * numbers(problem, n, batch, resting),
        f"training {how_many}n = {n} neurons on m = {m} samples in {k} dimensions",
        "use fewer samples, neurons or networks at a time",
    )


def numbers(problem: Problem, n: int, batch: tuple[int, ...], resting: bool = False) -> int:
    """Entries of all arrays beside X and W(0), as tracing the memory of trainings shows."""
    m, k = problem.X.shape[-2:]
    own, networks = math.prod(problem.X.shape[:-2]), math.prod(batch)
    copied = networks if resting else 0
    # signs; and for each network pre-activations, their like at the start or their positive parts, and sides
    held = m * n * (own + copied + 4 * networks)
    if on_weights(problem):
        return held + 3 * networks * n * k + copied * m * k
    factors = own * 2 * min(m, k) * (m + k)  # of X, with what finding them takes
    return held + m * m * (own + copied + 2 * min(networks, together(m * n))) + factors

"""Time of one training step: span coordinates against plain NumPy and PyTorch autograd, in turn."""

import time

import numpy as np
from contestants import CONTESTANTS
from instance import instance

STEP_SIZE = 0.1
ROUNDS = 7
STEPS = {"span coordinates": 4000, "plain NumPy": 100, "PyTorch autograd": 40}
AGREEMENT_STEPS, AGREEMENT = 40, 1e-12


def check_agreement(X, y, W0, network) -> dict[str, float]:
    """Largest relative difference of the iterates to plain NumPy's after the same steps; must be < 1e-12."""
    arguments = (X, y, W0, network, STEP_SIZE, AGREEMENT_STEPS)
    truth = CONTESTANTS["plain NumPy"](*arguments)
    differences = {
        name: float(np.abs(run(*arguments) - truth).max() / np.abs(truth).max())
        for name, run in CONTESTANTS.items()
    }
    for name, difference in differences.items():
        if not difference < AGREEMENT:
            raise AssertionError(
                f"{name}: iterates differ by {difference:.1e}, allowed is {AGREEMENT:.0e}"
            )
    return differences


def measure() -> list[dict]:
    """One row a contestant: microseconds a step (median, smallest, largest round) and ratio to ours."""
    problem = instance(seed=0)
    differences = check_agreement(*problem)
    times = {name: [] for name in CONTESTANTS}
    for _ in range(ROUNDS):
        for name, run in CONTESTANTS.items():
            begun = time.perf_counter()
            run(*problem, STEP_SIZE, STEPS[name])
            times[name].append((time.perf_counter() - begun) / STEPS[name])
    ours = np.array(times["span coordinates"])
    return [_row(name, np.array(values), ours, differences[name]) for name, values in times.items()]


def _row(name: str, seconds: np.ndarray, ours: np.ndarray, difference: float) -> dict:
    ratios = seconds / ours
    return {
        "contestant": name,
        "microseconds_per_step": float(np.median(seconds) * 1e6),
        "fastest_round": float(seconds.min() * 1e6),
        "slowest_round": float(seconds.max() * 1e6),
        "ratio_to_ours": float(np.median(ratios)),
        "smallest_ratio": float(ratios.min()),
        "largest_ratio": float(ratios.max()),
        "difference_of_iterates": difference,
    }

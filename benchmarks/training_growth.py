"""One step of descent: how its time grows with the dimension d, the width n and the number m of samples.

Ours are bare steps, after the passage to span coordinates, which is done once (``seconds_once``). The sweep
``crowded`` has more samples than features (d = 64, n = 300), where steps move weights. The sweep ``flat``
has only ours, with all dimensions in turn. The last sweep is tall (n = 4000, m = 1000): its time stands
beside that of the one matrix product of the same shapes that a step cannot do without.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import figures
from benchmarks.instance import Instance, instance
from benchmarks.peers.descent import last, plain_numpy, pytorch
from benchmarks.race import Contestant, Limits, Row, race
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent
from kkt_unlearning.training.span import span_coordinates
from kkt_unlearning.training.step import System, advance, on_weights

RULE, SEEDS = "constant", 2
SWEEPS = {  # (samples, dimension, width), the growing one second
    "dimension": [(10, d, 100) for d in (1_000, 10_000, 100_000, 1_000_000)],
    "width": [(10, 1000, n) for n in (100, 300, 1000, 3000, 10_000)],
    "samples": [(m, 1000, 1000) for m in (10, 30, 100, 300, 900)],
    "crowded": [(m, 64, 300) for m in (100, 200, 400, 1600, 6400, 25_600)],
}
QUICK = {
    "dimension": [(3, 10, 4), (3, 30, 4)],
    "width": [(3, 10, 6)],
    "samples": [(4, 10, 6)],
    "crowded": [(210, 4, 6)],
}
PLACE = {"samples": 0, "dimension": 1, "width": 2, "crowded": 0}
TALL = {"samples": 1000, "dimension": 1500, "width": 4000}
TALL_QUICK = {"samples": 6, "dimension": 9, "width": 24}
SECONDS = 0.05  # steps in a timing are as many as fit in it


def measure(quick: bool = False) -> list[Row]:
    """A row for every sweep, size, seed and contestant; seconds are per step."""
    rows = []
    for sweep, sizes in (QUICK if quick else SWEEPS).items():
        limits = Limits(budget=1.5)
        for samples, dimension, width in sizes:
            size = (samples, dimension, width)[PLACE[sweep]]
            for seed in range(1 if quick else SEEDS):
                case = instance(seed, samples, dimension, width)
                found = race(_contestants(case), case, lambda W: ({}, ""), limits, size)
                once = {"seconds_once": _seconds(partial(span_coordinates, case.X, case.W0))}
                rows += [{"sweep": sweep, "size": size, "seed": seed} | row | once for row in found]
    return [*rows, *_flat(QUICK if quick else SWEEPS), *_tall(TALL_QUICK if quick else TALL)]


def _flat(sweeps: dict[str, list[tuple[int, int, int]]]) -> list[Row]:
    """Ours alone at every dimension, in turn: does a step know d? Ratios are to the smallest."""
    contestants = []
    for samples, dimension, width in sweeps["dimension"]:
        case = instance(0, samples, dimension, width)
        span = span_coordinates(case.X, case.W0)
        run = partial(_train, Problem(case.network, span.X, case.y), span.W0)
        steps = contestants[0].units if contestants else _steps_of(run)
        again = partial(_again, run, steps)
        contestants.append(Contestant(f"ours, d = {dimension}", again, units=steps))
    rows = race(contestants, None, lambda W: ({}, ""), Limits(rounds=20, budget=np.inf))
    sizes = [dimension for _, dimension, _ in sweeps["dimension"]]
    return [
        {"sweep": "flat", "size": d, "seed": 0} | row for d, row in zip(sizes, rows, strict=True)
    ]


def _again(run: Callable[[int], np.ndarray], steps: int, instance: object) -> np.ndarray:
    return run(steps)


def _contestants(case: Instance) -> list[Contestant]:
    span = span_coordinates(case.X, case.W0)
    problem = Problem(case.network, span.X, case.y)
    steps = _steps_of(partial(_train, problem, span.W0))
    peers = {"plain NumPy": plain_numpy, "PyTorch autograd": pytorch}
    found = [Contestant("ours", lambda _: _train(problem, span.W0, steps), units=steps)]
    for name, generator in peers.items():
        run = partial(last, generator=generator, rule=RULE, eta=_eta(len(case.y)), steps=3)
        found.append(Contestant(name, run, _weight_bytes, units=3))
    return found


def _train(problem: Problem, W0: np.ndarray, steps: int) -> np.ndarray:
    """Bare steps, without the checkpoints of a training: fewer than a hundred of them whatever its length."""
    descent = Descent(step=RULE, step_size=_eta(problem.samples), minimum_margin=-np.inf)
    system = System.of(problem, descent, (), None)
    P, slopes, W = (problem.X @ W0.T).copy(), np.zeros(problem.samples), None
    if on_weights(problem):  # in memory as a training has them
        W, P = W0.copy(), np.ascontiguousarray(P.T).T
    advance(system, P, slopes, steps, W)
    return P


def _eta(samples: int) -> float:
    """A step that does not diverge: losses of all samples are added up."""
    return 1.0 / max(samples, 10)


def _weight_bytes(case: Instance) -> float:
    """W(0), W, its gradient and an update: what a step in R^d holds."""
    return 4.0 * 8.0 * case.W0.size


def _steps_of(run: Callable[[int], object]) -> int:
    """How many steps take some 50 ms."""
    run(20)  # the first call pays for what is set up once
    return int(np.clip(SECONDS / (_seconds(partial(run, 20)) / 20), 20, 20_000))


def _seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def _tall(sizes: dict[str, int]) -> list[Row]:
    """Seconds of the bare step, against the one product ``(m, m) @ (m, n)`` that it cannot do without."""
    case = instance(0, **sizes)
    problem = Problem(case.network, case.X, case.y)
    descent = Descent(step=RULE, step_size=_eta(sizes["samples"]), minimum_margin=-np.inf)
    system = System.of(problem, descent, (), None)
    P, slopes, steps = (case.W0 @ case.X.T).T.copy(), np.zeros(sizes["samples"]), 6
    G, D, out = problem.gram, P.copy(), np.empty_like(P)
    contestants = [
        Contestant("ours", lambda _: advance(system, P, slopes, steps), units=steps),
        Contestant("matrix product", lambda _: _products(G, D, out, steps), units=steps),
    ]
    rows = race(contestants, case, lambda answer: ({}, ""), Limits(budget=np.inf))
    operations = 2.0 * sizes["width"] * sizes["samples"] ** 2
    setting = {"sweep": "tall", "size": sizes["width"], "seed": 0}
    return [setting | row | {"gigaflops": operations / row["seconds"] / 1e9} for row in rows]


def _products(G: np.ndarray, D: np.ndarray, out: np.ndarray, times: int) -> Sequence[float]:
    for _ in range(times):
        np.matmul(G, D, out=out)
    return out[0]


def draw(table: DataFrame) -> Figure:
    """Seconds per step against d (m = 10, n = 100), n (m = 10, d = 1000) and m (d = n = 1000)."""
    labels = {
        "dimension": "dimension d\n(m = 10, n = 100)",
        "width": "width n\n(m = 10, d = 1000)",
        "crowded": "samples m\n(d = 64, n = 300)",
        "samples": "samples m\n(d = n = 1000)",
    }
    return figures.growth(table, labels, "seconds per step")

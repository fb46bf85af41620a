"""The exact point: how its time grows with the width n and with the number of samples m.

The same QP as in `cell_solvers`, at a tolerance of 1e-9.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import cells, figures
from benchmarks.peers.cell import SOLVERS, contestants, ours
from benchmarks.race import Contestant, Limits, Row, race

TOLERANCE = 1e-9
WIDTHS, SAMPLES_OF_WIDTHS = (10, 30, 100, 300, 1000, 3000), 10
SAMPLES, WIDTH_OF_SAMPLES = (5, 10, 20, 40, 80), 300
DIMENSION, SEEDS = 1000, 2
LARGE, LARGE_DIMENSION, STEPS = [(1000, m) for m in (10, 30, 100, 300)], 10_000, 500


def measure(quick: bool = False) -> list[Row]:
    """A row for every size, seed and contestant; ``sweep`` says which of n and m grows."""
    if quick:
        small = [*_grow("width", [(6, 3), (12, 3)], 1, 20), *_grow("samples", [(8, 3)], 1, 20)]
        return [*small, *_large([(8, 3), (8, 4)], 20)]
    wide = [(n, SAMPLES_OF_WIDTHS) for n in WIDTHS]
    many = [(WIDTH_OF_SAMPLES, m) for m in SAMPLES]
    return [
        *_grow("width", wide, SEEDS, DIMENSION),
        *_grow("samples", many, SEEDS, DIMENSION),
        *_large(LARGE, LARGE_DIMENSION),
    ]


def _large(sizes: Iterable[tuple[int, int]], dimension: int) -> list[Row]:
    """Ours alone at sizes that are too large for the others, the arbiter included; the gap certifies it."""
    rows, limits = [], Limits(cap=600.0, budget=2.0)
    for width, samples in sizes:
        task = replace(cells.task(0, samples, width, dimension, steps=STEPS), judged=False)
        check = partial(task.check, tolerance=TOLERANCE)
        found = race([Contestant("ours", ours)], task.cell, check, limits, samples)
        rows += [{"sweep": "large", "size": samples, "seed": 0} | row for row in found]
    return rows


def _grow(sweep: str, sizes: Iterable[tuple[int, int]], seeds: int, dimension: int) -> list[Row]:
    rows, limits = [], Limits(cap=10.0, budget=1.0)
    for width, samples in sizes:
        size = width if sweep == "width" else samples
        for seed in range(seeds):
            task = cells.task(seed, samples, width, dimension)
            check = partial(task.check, tolerance=TOLERANCE)
            found = race(contestants(SOLVERS, TOLERANCE), task.cell, check, limits, size)
            setting = {"sweep": sweep, "size": size, "seed": seed}
            rows += [setting | row for row in found]
    return rows


def draw(table: DataFrame) -> Figure:
    """Seconds against n (m = 10) and m (n = 300), and ours alone against m at n = 1000, d = 10,000."""
    labels = {
        "width": f"number n of neurons\n(m = {SAMPLES_OF_WIDTHS})",
        "samples": f"number m of samples\n(n = {WIDTH_OF_SAMPLES})",
        "large": "number m of samples\n(n = 1000, d = 10,000)",
    }
    return figures.growth(table, labels, "seconds to the exact point")

"""Exact points of many networks: as one batch, one by one, and one by one with cvxpy."""

from typing import NamedTuple

import numpy as np

from benchmarks.peers.cell import CONDENSED, Cell, Solution, cvxpy_clarabel, in_form, ours
from kkt_unlearning.kkt.point import kkt_points
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.problem import Problem

TOLERANCE = 1e-9


class Cells(NamedTuple):
    """B cells of equal shape, natural form."""

    cells: list[Cell]


def batched(jobs: Cells) -> np.ndarray:
    """This library, all programs as one batch; W (B, n, k)."""
    problems = [Problem(TwoLayer(len(cell.u)), cell.X, cell.y) for cell in jobs.cells]
    points = kkt_points(problems, [cell.A for cell in jobs.cells])
    return np.stack([point.W for point in points])


def one_by_one(jobs: Cells) -> np.ndarray:
    """This library, one network after the other."""
    return np.stack([ours(cell).W for cell in jobs.cells])


def cvxpy_one_by_one(jobs: Cells) -> np.ndarray:
    """cvxpy and Clarabel in the natural form."""
    return np.stack([cvxpy_clarabel(cell, TOLERANCE).W for cell in jobs.cells])


def cvxpy_condensed(jobs: Cells) -> np.ndarray:
    """cvxpy and Clarabel, given the classes of equal neurons."""
    solutions: list[Solution] = [
        in_form(cell, cvxpy_clarabel, CONDENSED, TOLERANCE) for cell in jobs.cells
    ]
    return np.stack([solution.W for solution in solutions])

"""Rows of the tidy tables about KKT points: one observation a row, plain numbers."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np

from kkt_unlearning.kkt.point import KKTPoint

Row = dict[str, float | int | str]


def multiplier_rows(point: KKTPoint, estimates: dict[str, np.ndarray], s: int) -> Iterator[Row]:
    """One row a sample: the exact multiplier and every estimate of it."""
    for i, exact in enumerate(point.multipliers):
        row: Row = {"seed": s, "sample": i, "exact": float(exact)}
        yield row | {name: float(values[i]) for name, values in estimates.items()}


def point_row(point: KKTPoint, s: int) -> Row:
    """The four KKT residuals of a point, its duality gap, and how it was reached."""
    return {
        "seed": s,
        **asdict(point.residuals),
        "gap": point.gap,
        "cells": point.cells,
        "flipped": point.flipped,
        "norm": float(np.linalg.norm(point.W)),
        "kink_fraction": float(point.kinks.mean()),
    }


def dual_row(point: KKTPoint, s: int) -> Row:
    """:func:`point_row`, with how far cvxpy's dual values were off and what it said of its answer.

    The error is rounded up to a power of ten: what an interior-point method leaves has digits of chance,
    another kernel of BLAS changes the fourth.
    """
    status = "not asked" if point.duals is None else point.duals.status
    error = _power_of_ten(point.dual_error)
    return {**point_row(point, s), "cvxpy_error": error, "cvxpy_status": status}


def _power_of_ten(value: float) -> float:
    """The least one that is not below a value; 0 and nan stay."""
    return float(f"1e{math.ceil(math.log10(value))}") if value > 0 else value


def retrained_rows(
    points: Sequence[Sequence[KKTPoint]], forget_sets: Sequence[Sequence[int]]
) -> list[Row]:
    """:func:`point_row` of every replicate and forget set."""
    return [
        {"forget": "+".join(map(str, forget)), **point_row(point, s)}
        for s, row in enumerate(points)
        for forget, point in zip(forget_sets, row, strict=True)
    ]

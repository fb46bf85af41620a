"""The max-margin problem in one activation cell, as the program of its multipliers.

Fix the activations ``A_ji`` of the pairs in which neuron j supports sample i (``u_j y_i > 0``), and let
all others do as they like. There the margins are concave in the weights, since ``−|u_j| max(0, p)`` is,
and the max-margin problem is convex:

    min ½ Σ_j ‖w_j‖²   s.t.   y_i Σ_j u_j φ_ji(⟨w_j, x_i⟩) ≥ 1,   s_ji ⟨w_j, x_i⟩ ≥ 0 where u_j y_i > 0

with ``s = 2A − 1``, ``φ = A_ji p`` on supporting pairs and ``max(0, p)`` on the others. Its dual is over
λ ≥ 0 and ``C`` of ``W = C X`` with

    C_ji ≥ λ_i y_i u_j (supporting, A = 1),   C_ji ≤ 0 (supporting, A = 0),   λ_i y_i u_j ≤ C_ji ≤ 0 (others):

the last is the Clarke condition ``a_ji = C_ji/(λ_i y_i u_j) ∈ [0, 1]`` itself. The linear model is the
case n = 1 with ``C_i = λ_i y_i``, the hard-margin SVM. ``docs/theory.md``, section 5.
"""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.kkt.classes import Classes, classes
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.program import Program


def supporting(problem: Problem) -> np.ndarray:
    """Whether neuron j supports sample i, ``u_j y_i > 0``, boolean (…, n, m)."""
    return problem.signs > 0


def alike(problem: Problem, pattern: np.ndarray) -> Classes:
    """The classes of neurons that the cell of ``pattern (n, m)`` does not tell apart."""
    return classes(problem.output_weights, (pattern > 0) & supporting(problem))


def coefficient_bounds(
    signs: np.ndarray, pattern: np.ndarray, has_kinks: bool
) -> tuple[np.ndarray, np.ndarray]:
    """α and β of ``λ_i α_ji ≤ C_ji ≤ λ_i β_ji`` from ``u_j y_i`` and the activations, both (…, n, m)."""
    if not has_kinks:
        return signs, signs
    support, active = signs > 0, pattern > 0
    lower = np.where(support & ~active, -np.inf, signs)
    return lower, np.where(support & active, np.inf, 0.0)


def cell_programs(
    problems: Sequence[Problem], patterns: Sequence[np.ndarray], groups: Sequence[Classes]
) -> Program:
    """One program a problem, condensed to its classes; missing samples and neurons are padded with 0."""
    m = max(problem.samples for problem in problems)
    c = max(len(group.first) for group in groups)
    shape = (len(problems), c, m)
    lower, upper, gram = np.zeros(shape), np.zeros(shape), np.zeros((len(problems), m, m))
    reward, cap = np.zeros((2, len(problems), m))
    for b, (problem, pattern, group) in enumerate(zip(problems, patterns, groups, strict=True)):
        rows, columns = slice(len(group.first)), slice(problem.samples)
        bounds = coefficient_bounds(
            group.condensed(problem.signs), pattern[group.first], problem.network.has_kinks
        )
        lower[b, rows, columns], upper[b, rows, columns] = bounds
        gram[b, columns, columns] = problem.gram
        reward[b, columns], cap[b, columns] = 1.0, np.inf
    return Program(gram, lower, upper, reward, np.zeros(shape), cap, is_cone=True)

"""The same steps with one neuron for each class of equal neurons, so that width costs little.

``docs/theory.md``, section 5.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from kkt_unlearning.backends import IN_CACHE
from kkt_unlearning.kkt.classes import classes
from kkt_unlearning.networks.two_layer import TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.unlearning.ascent import Steps


def condensed_steps(steps: Steps, retained: np.ndarray) -> tuple[Steps, np.ndarray]:
    """Steps and other weights ``(F, n, k)``, condensed; unchanged if the rows of some class differ."""
    point = steps.point
    problem = point.problem
    if not problem.network.has_kinks:
        return steps, retained
    alike = np.concatenate([point.pattern > 0, point.kinks], axis=1)
    group = classes(problem.output_weights, alike)
    rows = (steps.start, point.W, steps.clarke, point.clarke, steps.W, retained)
    if len(group.first) == problem.network.width or not all(map(group.uniform, rows)):
        return steps, retained
    weights = group.condensed(problem.output_weights[:, None])[:, 0]
    network = TwoLayer(len(weights), tuple(weights.tolist()))
    small = replace(
        point,
        problem=Problem(network, problem.X, problem.y),
        W=group.condensed(point.W),
        clarke=point.clarke[group.first],
        pattern=point.pattern[group.first],
        kinks=point.kinks[group.first],
    )
    return (
        replace(
            steps,
            point=small,
            start=group.condensed(steps.start),
            clarke=steps.clarke[group.first],
            W=group.condensed(steps.W),
        ),
        group.condensed(retained),
    )


def in_cache(steps: Steps) -> Iterator[tuple[slice, Steps]]:
    """The forget sets in parts, each so small that a cache holds its work arrays."""
    sets, fractions, width, _ = steps.W.shape
    size = max(1, IN_CACHE // (fractions * width * steps.point.problem.samples))
    for first in range(0, sets, size):
        part = slice(first, first + size)
        yield part, replace(steps, forget_sets=steps.forget_sets[part], W=steps.W[part])

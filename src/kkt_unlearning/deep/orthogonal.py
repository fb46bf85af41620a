"""Exactly orthogonal data: an exact KKT point of a network of any depth, and what the step makes of it.

With orthogonal points of norm 1 the two classes use disjoint neurons, and in every layer after the
first all points of a class have the same direction. ``docs/questions/depth.md``, section 7.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.deep.network import DeepNetwork
from kkt_unlearning.deep.weights import Layers


def planted(network: DeepNetwork, y: np.ndarray) -> tuple[Layers, np.ndarray]:
    """Weights and multipliers of the class-aligned KKT point for ``X = I``: margins 1, ``θ = Σ λ_i y_i g_i``.

    ``W_1 = σ_c e vᵀ`` and ``W_l = σ_c e eᵀ`` for either class c of m_c points, ``v`` their normalised sum,
    ``e`` the unit vector of its neurons, ``σ_c^{2K} = 2 m_c``, ``λ = σ_c²/m_c``.

    Args:
        network: of even width.
        y: labels ±1, ``(m,)``, both there.
    """
    n, degree = network.width, network.degree
    first, deeper, multipliers = np.zeros((n, len(y))), np.zeros((n, n)), np.zeros(len(y))
    for label in (1.0, -1.0):
        own, count = y == label, int((y == label).sum())
        e = (np.sign(network.output_weights) == label) / np.sqrt(n / 2)
        sigma = (2.0 * count) ** (0.5 / degree)
        first += sigma * np.outer(e, own / np.sqrt(count))
        deeper += sigma * np.outer(e, e)
        multipliers[own] = sigma**2 / count
    return (first, *[deeper] * (degree - 1)), multipliers


@dataclass(frozen=True)
class Limit:
    """The step on one of ``own`` points of a class, beside ``other`` ones of the other class, in degree K.

    Steps are fractions: ``first`` of the prescribed one in layer 1, ``deeper`` in layers 2 … K.
    """

    own: int
    other: int
    degree: int

    def own_margin(self, deeper: float) -> float:
        """``(1 − α t)^{K−1}`` with ``t = 1/m_c``: retained margins of its class; the others stay 1."""
        return (1.0 - deeper / self.own) ** (self.degree - 1)

    def forgotten_margin(self, first: float, deeper: float) -> float:
        """``max(0, 1 − α_1) (1 − α t)^{K−1}``: margin of the forgotten point."""
        return max(0.0, 1.0 - first) * self.own_margin(deeper)

    def epsilon(self, first: float, deeper: float) -> float:
        """Relative ε at θ' of the retained problem, at the δ of the multipliers carried over."""
        a, b = 1.0 - 1.0 / self.own, 1.0 - deeper / self.own
        depth = self.degree - 1
        unbalanced = depth * (a - b**2) ** 2 / (depth * a + b**2)
        return float(np.sqrt(self._left(first) + unbalanced) / self._size(first, b))

    def tau_star(self, first: float, deeper: float) -> float:
        """``1 − cos`` from θ' to the class-aligned KKT point of the retained problem."""
        a, b = 1.0 - 1.0 / self.own, 1.0 - deeper / self.own
        shrunk = a ** (0.5 / self.degree)
        inner = shrunk * (np.sqrt(a) + (self.degree - 1) * b) + self.degree * self._weight()
        target = np.sqrt(self.degree * (shrunk**2 + self._weight()))
        return float(1.0 - inner / (self._size(first, b) * target))

    def balancing(self) -> float:
        """``(1 − √(1 − t))/t = ½ + t/8 + …``: the deeper step that leaves ε = 0 beside a full first one."""
        t = 1.0 / self.own
        return float((1.0 - np.sqrt(1.0 - t)) / t)

    def _left(self, first: float) -> float:
        return (1.0 - first) ** 2 / self.own

    def _weight(self) -> float:
        """``σ²`` of the other class over that of its own."""
        return (self.other / self.own) ** (1.0 / self.degree)

    def _size(self, first: float, b: float) -> float:
        """``‖θ'‖/σ``."""
        a, depth = 1.0 - 1.0 / self.own, self.degree - 1
        own = a + self._left(first) + depth * b**2
        return float(np.sqrt(own + self.degree * self._weight()))

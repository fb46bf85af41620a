"""Neurons that are alike: the same output weight and the same activations on the samples that they support.

The max-margin problem of a cell is strictly convex and does not change when two such neurons are
exchanged, so at its optimum their weights are equal. A class of ω neurons of output weight u is one neuron
of output weight ``√ω u`` and weights ``√ω w``: the same outputs, the same norms, and as many neurons as
there are classes. ``docs/theory.md``, section 5.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.precision import ROUND_OFF


@dataclass(frozen=True)
class Classes:
    """A partition of n neurons into c classes.

    Attributes:
        first: one neuron of each class, (c,).
        member: the class of each neuron, (n,).
        size: ω, (c,).
    """

    first: np.ndarray
    member: np.ndarray
    size: np.ndarray

    def condensed(self, rows: np.ndarray) -> np.ndarray:
        """One row ``√ω r`` a class from rows ``(…, n, ·)`` that are equal in each."""
        return rows[..., self.first, :] * np.sqrt(self.size)[:, None]

    def spread(self, rows: np.ndarray) -> np.ndarray:
        """Back: rows ``(…, c, ·)`` of the classes to those of the neurons, ``(…, n, ·)``."""
        return (rows / np.sqrt(self.size)[:, None])[..., self.member, :]

    def uniform(self, rows: np.ndarray) -> bool:
        """Whether rows ``(…, n, ·)`` are equal in each class, whatever the order their sums were taken in."""
        difference = np.abs(rows - rows[..., self.first[self.member], :])
        return bool(difference.max() <= ROUND_OFF * np.abs(rows).max())


def classes(output_weights: np.ndarray, activations: np.ndarray) -> Classes:
    """The classes of equal ``u_j`` and equal boolean rows of ``activations (n, m)``."""
    bits = np.packbits(activations, axis=1)
    key = _keys(np.concatenate([output_weights[:, None].view(np.uint8), bits], axis=1))
    _, first, member, size = np.unique(
        key, return_index=True, return_inverse=True, return_counts=True
    )
    return Classes(first, member, size)


def equal_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Booleans ``(N, m)``: one row of each group of equal ones, an order by group, and the edges in it."""
    _, first, member = np.unique(
        _keys(np.packbits(rows, axis=1)), return_index=True, return_inverse=True
    )
    small = member.astype(np.uint16) if len(first) < 2**16 else member  # which sorts in linear time
    order = np.argsort(small, kind="stable")
    return first, order, np.searchsorted(member[order], np.arange(len(first) + 1))


def _keys(rows: np.ndarray) -> np.ndarray:
    """One thing to sort by for each row of bytes ``(N, b)``; up to 8 an integer, which sorts faster."""
    if rows.shape[1] <= 8:
        return np.pad(rows, ((0, 0), (0, 8 - rows.shape[1]))).view(np.uint64)[:, 0]
    return np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1])))[:, 0]

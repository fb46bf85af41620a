"""Neurons that are alike: the same output weight and the same activations on the samples that they support.

The max-margin problem of a cell is strictly convex and does not change when two such neurons are
exchanged, so at its optimum their weights are equal. A class of ω neurons of output weight u is one neuron
of output weight ``√ω u`` and weights ``√ω w``: the same outputs, the same norms, and as many neurons as
there are classes. ``docs/theory.md``, section 5.
"""

from dataclasses import dataclass

import numpy as np


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


def classes(output_weights: np.ndarray, activations: np.ndarray) -> Classes:
    """The classes of equal ``u_j`` and equal boolean rows of ``activations (n, m)``."""
    bits = np.packbits(activations, axis=1)
    key = np.concatenate([output_weights[:, None].view(np.uint8), bits], axis=1)
    key = np.ascontiguousarray(key).view(np.dtype((np.void, key.shape[1])))[:, 0]
    _, first, member, size = np.unique(
        key, return_index=True, return_inverse=True, return_counts=True
    )
    return Classes(first, member, size)

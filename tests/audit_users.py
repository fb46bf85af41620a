"""Networks as users have them: trained in R^d, at any scale, as arrays of any library."""

import array_api_strict as strict
from builders import solved

from kkt_unlearning.audit import Model

DEVICE = strict.Device("device1")  # NumPy cannot take an array from there by accident


def trained(width: int | None, scale: float = 1.0, samples: int = 8, dimension: int = 120):
    """A model trained on N(0, I/d) data, the data, and the exact KKT point of its activations."""
    problem, training, point = solved(0, samples, dimension, width)
    u = None if width is None else problem.network.output_weights
    return Model(scale * training.W, u), problem.X, problem.y, point


def elsewhere(array):
    """The same array in another library, on a device that is not the host."""
    return None if array is None else strict.asarray(array, device=DEVICE)


def model_elsewhere(model: Model) -> Model:
    return Model(elsewhere(model.W), elsewhere(model.u), elsewhere(model.bias))

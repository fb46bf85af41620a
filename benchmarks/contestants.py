"""Gradient descent on the exponential loss, as a user would write it: plain NumPy and PyTorch autograd.

Each takes the same data and initial weights in R^d and returns the weights after ``steps`` constant steps.
"""

import numpy as np

from kkt_unlearning.problem import Problem
from kkt_unlearning.span import span_coordinates
from kkt_unlearning.training import Descent, train


def span(X, y, W0, network, step_size, steps):
    """This library: pre-activations and coefficients, back in R^d at the end."""
    coordinates = span_coordinates(X, W0)
    descent = Descent(step="constant", step_size=step_size, steps=steps, minimum_margin=-np.inf)
    return coordinates.lift(train(Problem(network, coordinates.X, y), coordinates.W0, descent).W)


def plain_numpy(X, y, W0, network, step_size, steps):
    """The full weight matrix in R^d, gradients by hand."""
    W, u = W0.copy(), network.output_weights
    for _ in range(steps):
        P = W @ X.T
        active = P > 0
        slopes = np.exp(-y * (u @ (P * active)))
        W += step_size * ((u[:, None] * (slopes * y)) * active) @ X
    return W


def pytorch_autograd(X, y, W0, network, step_size, steps):
    """``loss.backward()`` and ``torch.optim.SGD`` in float64."""
    import torch

    data, labels = torch.from_numpy(X), torch.from_numpy(y)
    u = torch.from_numpy(network.output_weights)
    W = torch.from_numpy(W0.copy()).requires_grad_()
    optimiser = torch.optim.SGD([W], lr=step_size)
    for _ in range(steps):
        optimiser.zero_grad()
        loss = torch.exp(-labels * (torch.relu(data @ W.T) @ u)).sum()
        loss.backward()
        optimiser.step()
    return W.detach().numpy()


CONTESTANTS = {
    "span coordinates": span,
    "plain NumPy": plain_numpy,
    "PyTorch autograd": pytorch_autograd,
}

"""Gradient descent on the exponential loss, as a user would write it: plain NumPy and PyTorch autograd.

Each is a generator of the weights ``W (n, d)`` after the steps in ``marks``, from the same data and initial
weights in R^d. ``rule`` is ``constant`` (step η) or ``normalised`` (step η / loss).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from benchmarks.instance import Instance
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.span import span_coordinates

Generator = Callable[[Instance, str, float, Sequence[int]], Iterator[np.ndarray]]


def span(case: Instance, rule: str, eta: float, marks: Sequence[int]) -> Iterator[np.ndarray]:
    """This library, back in R^d at every mark; each mark is a training of its own, from scratch."""
    for steps in marks:
        coordinates = span_coordinates(case.X, case.W0)
        descent = Descent(step=rule, step_size=eta, steps=steps, minimum_margin=-np.inf)
        problem = Problem(case.network, coordinates.X, case.y)
        yield coordinates.lift(train(problem, coordinates.W0, descent).W)


def plain_numpy(
    case: Instance, rule: str, eta: float, marks: Sequence[int]
) -> Iterator[np.ndarray]:
    """The full weight matrix in R^d, gradients by hand."""
    X, y, u, W = case.X, case.y, case.u, case.W0.copy()
    for step in range(1, max(marks) + 1):
        P = W @ X.T
        active = P > 0
        losses = np.exp(-y * (u @ (P * active)))
        slopes = losses / losses.sum() if rule == "normalised" else losses
        W += eta * ((u[:, None] * (slopes * y)) * active) @ X
        if step in marks:
            yield W


def pytorch(case: Instance, rule: str, eta: float, marks: Sequence[int]) -> Iterator[np.ndarray]:
    """``loss.backward()`` and ``torch.optim.SGD`` in float64.

    The normalised step is plain SGD on ``log Σ exp(−q_i)``, whose gradient is that of the loss over the loss.
    """
    import torch

    data, labels, u = (torch.from_numpy(array) for array in (case.X, case.y, case.u))
    W = torch.from_numpy(case.W0.copy()).requires_grad_()
    optimiser = torch.optim.SGD([W], lr=eta)
    for step in range(1, max(marks) + 1):
        optimiser.zero_grad()
        negative_margins = -labels * (torch.relu(data @ W.T) @ u)
        if rule == "normalised":
            loss = torch.logsumexp(negative_margins, 0)
        else:
            loss = torch.exp(negative_margins).sum()
        loss.backward()
        optimiser.step()
        if step in marks:
            yield W.detach().numpy()


GENERATORS: dict[str, Generator] = {
    "ours": span,
    "plain NumPy": plain_numpy,
    "PyTorch autograd": pytorch,
}


def last(case: Instance, generator: Generator, rule: str, eta: float, steps: int) -> np.ndarray:
    """The weights after ``steps`` steps, (n, d)."""
    (W,) = generator(case, rule, eta, [steps])
    return W


def descend(name: str, rule: str, eta: float, steps: int) -> Callable[[Instance], np.ndarray]:
    """The descent of that name as a function of the instance alone."""
    return partial(last, generator=GENERATORS[name], rule=rule, eta=eta, steps=steps)

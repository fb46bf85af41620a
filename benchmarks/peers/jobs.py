"""Training of many networks: seeds × leave-one-out, all from their own initial weights."""

from typing import NamedTuple

import numpy as np

from benchmarks.instance import Instance
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.span import span_coordinates


class Jobs(NamedTuple):
    """B networks: their instance, and the sample that each leaves out."""

    cases: list[Instance]
    left_out: np.ndarray
    eta: float
    steps: int

    @property
    def mask(self) -> np.ndarray:
        """(B, m): which samples take part."""
        return np.arange(len(self.cases[0].y)) != self.left_out[:, None]


def batched(jobs: Jobs) -> np.ndarray:
    """This library, all networks as one batch ``(B, n, k)``; back in R^d, (B, n, d)."""
    spans = [span_coordinates(case.X, case.W0) for case in jobs.cases]
    X, W0 = (np.stack([getattr(span, name) for span in spans]) for name in ("X", "W0"))
    problem = Problem(jobs.cases[0].network, X, np.stack([case.y for case in jobs.cases]))
    trained = train(problem, W0, _descent(jobs), mask=jobs.mask)
    return np.stack([span.lift(W) for span, W in zip(spans, trained.W, strict=True)])


def one_by_one(jobs: Jobs) -> np.ndarray:
    """This library, one network after the other."""
    found = []
    for case, mask in zip(jobs.cases, jobs.mask, strict=True):
        span = span_coordinates(case.X, case.W0)
        problem = Problem(case.network, span.X[mask], case.y[mask])
        found.append(span.lift(train(problem, span.W0, _descent(jobs)).W))
    return np.stack(found)


def _descent(jobs: Jobs) -> Descent:
    return Descent(step="constant", step_size=jobs.eta, steps=jobs.steps, minimum_margin=-np.inf)


def pytorch_one_by_one(jobs: Jobs) -> np.ndarray:
    """A loop over networks around the usual loop over steps."""
    import torch

    found = []
    for case, mask in zip(jobs.cases, jobs.mask, strict=True):
        data, labels = torch.from_numpy(case.X[mask]), torch.from_numpy(case.y[mask])
        W, u = torch.from_numpy(case.W0.copy()).requires_grad_(), torch.from_numpy(case.u)
        optimiser = torch.optim.SGD([W], lr=jobs.eta)
        for _ in range(jobs.steps):
            optimiser.zero_grad()
            torch.exp(-labels * (torch.relu(data @ W.T) @ u)).sum().backward()
            optimiser.step()
        found.append(W.detach().numpy())
    return np.stack(found)


def pytorch_batched(jobs: Jobs) -> np.ndarray:
    """One autograd graph for all networks, batched products; losses of different networks do not mix."""
    import torch

    cases = jobs.cases
    data, labels, W = (
        torch.from_numpy(np.stack([getattr(case, name) for case in cases]))
        for name in ("X", "y", "W0")
    )
    u, mask = torch.from_numpy(cases[0].u), torch.from_numpy(jobs.mask)
    W.requires_grad_()
    optimiser = torch.optim.SGD([W], lr=jobs.eta)
    for _ in range(jobs.steps):
        optimiser.zero_grad()
        losses = torch.exp(-labels * (torch.relu(data @ W.mT) @ u))
        (losses * mask).sum().backward()
        optimiser.step()
    return W.detach().numpy()

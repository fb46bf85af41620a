"""How an unlearned network came about, which bounds on its certificate need."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from kkt_unlearning.audit.model import Model
from kkt_unlearning.backends import to_numpy
from kkt_unlearning.errors import DataError

Start = Literal["trained", "exact"]


@dataclass(frozen=True, eq=False)
class Step:
    """``θ' = θ − α Σ_{r ∈ F} λ_r y_r g_r`` from the trained weights θ, or from the exact KKT point near them.

    Args:
        before: network as it was trained.
        forget: F, rows of X, all different, at least one.
        start: ``"trained"`` where θ are the weights of ``before``, ``"exact"`` where they are the KKT point.
        fraction: α ≥ 0, the step as a fraction of the prescribed one.

    Raises:
        DataError: an argument is none of these.

    ``docs/theory.md``, section 4; `kkt_unlearning.unlearning.ascent.unlearn`.
    """

    before: Model
    forget: tuple[int, ...]
    start: Start
    fraction: float

    def __post_init__(self) -> None:
        forget = self.forget
        if not forget or min(forget) < 0 or len(set(forget)) < len(forget):
            raise DataError(
                f"forget is {list(forget[:10])}: allowed are rows of X, from 0, at least one and each once; "
                "name such rows."
            )
        if self.start not in get_args(Start):
            raise DataError(f"start is {self.start!r}: allowed are trained and exact; give one.")
        if not 0 <= self.fraction < np.inf:
            raise DataError(
                f"fraction is {self.fraction}: allowed are finite numbers >= 0; 1 is the prescribed step."
            )


def check_step(model: Model, step: Step) -> None:
    """``step.before`` is a network as ``model``: same shape, output weights, and bias or none.

    Raises:
        DataError: it is another.
    """
    before = step.before
    shapes = [(m.W.shape, m.u is None, m.bias is None) for m in (before, model)]
    same_u = model.u is None or before.u is None or _equal(model.u, before.u)
    if shapes[0] != shapes[1] or not same_u:
        raise DataError(
            f"W_before has shape {tuple(before.W.shape)} and W has {tuple(model.W.shape)}, and a step "
            "changes neither the shape of a network, nor its output weights, nor whether it has a bias: save "
            "both of the same network."
        )


def _equal(a, b) -> bool:
    return np.array_equal(to_numpy(a), to_numpy(b))

"""How an unlearned network came about: what its bounds rest on."""

from dataclasses import dataclass

from kkt_unlearning.audit.model import Model
from kkt_unlearning.certificates.method import check_method
from kkt_unlearning.unlearning.ascent import check_fraction, check_start

_BY_METHOD = {
    "step": "{}",
    "restored": "{}, put back into its activation cell",
    "downdate": "the dual downdate, the exact KKT point of the retained samples next to the network before",
}


@dataclass(frozen=True, eq=False)
class Step:
    """The ascent step ``θ' = θ − α Σ_{r∈R} λ_r y_r g_r``.

    Attributes:
        before: θ, at any scale.
        forget: R, rows of the data, from 0.
        start: ``trained``, with automatic differentiation's derivatives at θ, or ``exact``, where θ is an
            exact KKT point and the derivatives are its own.
        fraction: α ≥ 0.
        method: ``step``: θ' itself. ``restored``: θ' put back into its activation cell. ``downdate``: the
            exact KKT point of the retained samples from the activations before the step.

    Raises:
        DataError: a start, fraction or method that is not allowed.
    """

    before: Model
    forget: tuple[int, ...]
    start: str = "trained"
    fraction: float = 1.0
    method: str = "step"

    @property
    def words(self) -> str:
        """The step as a sentence names it."""
        return step_in_words(self.start, self.fraction, self.method)

    def __post_init__(self) -> None:
        check_start(self.start)
        check_fraction(self.fraction)
        check_method(self.method, self.fraction)


def step_in_words(start: str, fraction: float, method: str = "step") -> str:
    """A step as a sentence names it."""
    share = "" if fraction == 1 else f"{fraction:g} of "
    of = "exact KKT point" if start == "exact" else "trained weights"
    step = f"{share}the prescribed step from the {of}"
    return _BY_METHOD[method].format(step)

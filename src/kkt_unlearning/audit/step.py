"""How an unlearned network came about: what its bounds rest on."""

from dataclasses import dataclass

from kkt_unlearning.audit.model import Model
from kkt_unlearning.unlearning.ascent import check_fraction, check_start


@dataclass(frozen=True, eq=False)
class Step:
    """The ascent step ``θ' = θ − α Σ_{r∈R} λ_r y_r g_r``.

    Attributes:
        before: θ, at any scale.
        forget: R, rows of the data, from 0.
        start: ``trained``, with automatic differentiation's derivatives at θ, or ``exact``, where θ is an
            exact KKT point and the derivatives are its own.
        fraction: α ≥ 0.

    Raises:
        DataError: a start or fraction that is not allowed.
    """

    before: Model
    forget: tuple[int, ...]
    start: str = "trained"
    fraction: float = 1.0

    @property
    def words(self) -> str:
        """The step as a sentence names it."""
        return step_in_words(self.start, self.fraction)

    def __post_init__(self) -> None:
        check_start(self.start)
        check_fraction(self.fraction)


def step_in_words(start: str, fraction: float) -> str:
    """A step as a sentence names it."""
    share = "" if fraction == 1 else f"{fraction:g} of "
    of = "exact KKT point" if start == "exact" else "trained weights"
    return f"{share}the prescribed step from the {of}"

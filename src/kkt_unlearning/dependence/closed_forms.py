"""Descent-ascent on one block of equal samples: everything in closed form, by Lambert's W.

Reference: "Ascent Fails to Forget", arXiv 2509.26427, Lemmas 3 to 5 and 9; ``docs/questions/correlation.md``.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import lambertw

from kkt_unlearning.errors import DataError


@dataclass(frozen=True)
class Block:
    """``|R_j|`` retained and ``α|R_j|`` forgotten samples in one block, of ``|R|`` and ``|F|`` in all.

    Blocks are orthogonal to each other, so the loss splits into one term for each. Descent-ascent
    minimises ``L_DA(w) = (1/|R|) Σ_R e^(−q) − (1/|F|) Σ_F e^(−q) + (λ/2)‖w‖²`` with margins ``q = y⟨w, x⟩``.

    Attributes:
        retained: ``|R|``.
        forgotten: ``|F|``.
        here: ``|R_j|``, the retained samples in the block.
        alpha: ``α ≥ 0``, the forgotten ones in it for each retained one; ``α|R_j|`` may be a fraction.
        ridge: ``λ > 0``.

    Raises:
        DataError: a number is out of its range.
    """

    retained: float
    forgotten: float
    here: float
    alpha: float
    ridge: float

    def __post_init__(self) -> None:
        _positive("retained", self.retained)
        _positive("forgotten", self.forgotten)
        _positive("ridge", self.ridge)
        if not self.alpha >= 0:
            raise DataError(f"alpha is {self.alpha}, but must be at least 0: raise it.")
        if not 0 < self.here <= self.retained:
            raise DataError(
                f"here is {self.here}, but must be above 0 and at most retained, {self.retained}: "
                "choose a number in that range."
            )

    @property
    def samples(self) -> float:
        """``|D| = |R| + |F|``."""
        return self.retained + self.forgotten

    @property
    def weights(self) -> dict[str, tuple[float, float]]:
        """Coefficients of ``e^(−q)`` of the block's retained and forgotten samples in each loss."""
        retained, forgotten = self.here, self.alpha * self.here
        return {
            "full": (retained / self.samples, forgotten / self.samples),
            "retrained": (retained / self.retained, 0.0),
            "descent_ascent": (retained / self.retained, -forgotten / self.forgotten),
        }


def _positive(name: str, value: float) -> None:
    if not value > 0:
        raise DataError(f"{name} is {value}, but must be above 0: raise it.")


def minimiser(block: Block, loss: str) -> float:
    """``argmin_w c e^(−w) + (λ/2)w² = W_0(c/λ)``, nan where there is no local minimum.

    ``c`` is the sum of the block's ``weights``: ``w_D``, ``w_R``, ``w_DA`` for the losses ``"full"``,
    ``"retrained"``, ``"descent_ascent"``. A stationary point solves ``w e^w = c/λ``, and there the second
    derivative is ``λ(1 + w)``: the branch ``W_0 > −1`` is a minimum, ``W_(−1) < −1`` a maximum.
    """
    z = sum(block.weights[loss]) / block.ridge
    return float(lambertw(z).real) if z > -np.exp(-1) else float("nan")


def regime(block: Block) -> str:
    """``"one minimum"``, ``"local minimum"`` or ``"none"`` of ``L_DA``.

    One minimum for ``α ≤ |F|/|R|``; a local one and a maximum for
    ``|F|/|R| < α < |F|/|R| + λ|F|/(e|R_j|)``; beyond, ``L_DA`` falls without end.
    """
    ratio = block.forgotten / block.retained
    if block.alpha <= ratio:
        return "one minimum"
    return "none" if np.isnan(minimiser(block, "descent_ascent")) else "local minimum"


def goes_away(w_full: float, w_retrained: float, w_ascended: float) -> float:
    """``(w_DA − w_D)(w_D − w_R)``: at least 0 where descent-ascent goes away from the retrained ``w_R``."""
    return (w_ascended - w_full) * (w_full - w_retrained)


def lemma_3_applies(block: Block) -> bool:
    """``|F|²/(|R|(|F| + |D|)) ≤ α ≤ |F|/|R|``, where `goes_away` is proved to be at least 0."""
    ratio = block.forgotten / block.retained
    return ratio * block.forgotten / (block.forgotten + block.samples) <= block.alpha <= ratio


def lemma_4_bound(block: Block) -> float:
    """``|w_D − w_R| ≤ |ln((1 + α)|R|/|D|)|``."""
    return float(abs(np.log((1 + block.alpha) * block.retained / block.samples)))


def lemma_5_bound(block: Block) -> float:
    """``|w_R − w_DA| ≥ W_0(|R_j|/(λ|R|))`` for ``α ≥ |F|/|R|``; 0, which says nothing, below."""
    applies = block.alpha >= block.forgotten / block.retained
    return minimiser(block, "retrained") if applies else 0.0


def lemma_9_alpha(block: Block, overlap: float) -> float:
    """Least α of Lemma 9: descent-ascent fails on the samples ``(1, ε)``, ``(ε, 1)`` from there on.

    ``max{(1 + ε²)/(2ε) · |F|²/(|R|(|D| + |F|)), 2ε/(1 + ε²) · |F||D|/(|R|(|D| + |F|))}``; infinite at ε = 0.
    """
    rho = 2 * overlap / (1 + overlap**2)
    scale = block.forgotten / (block.retained * (block.samples + block.forgotten))
    if rho == 0:
        return float("inf")
    return float(max(block.forgotten / rho, rho * block.samples) * scale)

"""The history of a training: when it is looked at, and what is noted then."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.errors import DataError

_CHECKPOINTS = 60  # rows of the history, evenly spaced in log(step)


@dataclass(frozen=True)
class Progress:
    """One line of the history, over all networks of the batch.

    Attributes:
        step: number of steps made.
        smallest_margin, log_loss, norm: of each network, ``(…)``.
        flips: entries of ``P`` that changed sides of 0 since the line before.
        supporting_flips: those among them with ``u_j y_i > 0``, of samples that take part. The others may
            chatter across the kink for ever, these settle. ``docs/theory.md``, section 4.
        seconds_left: until the last step, at the pace so far.
    """

    step: int
    smallest_margin: np.ndarray
    log_loss: np.ndarray
    norm: np.ndarray
    flips: np.ndarray
    supporting_flips: np.ndarray
    seconds_left: float

    def __str__(self) -> str:
        return (
            f"step {self.step}: smallest margin {float(self.smallest_margin.min()):.4g}, "
            f"log loss {float(self.log_loss.max()):.4g}, activation flips {int(self.flips.max())}, "
            f"{self.seconds_left:.0f} s left"
        )


def checkpoints(steps: int, snapshots: Sequence[int]) -> list[int]:
    """Steps at which the history gets a line: some, evenly spaced in log(step), the snapshots and the last.

    Raises:
        DataError: a snapshot is asked for at a step that is not made.
    """
    beyond = [s for s in snapshots if not 1 <= s <= steps]
    if beyond:
        raise DataError(
            f"snapshots: step {beyond[0]} is not made; allowed are 1 to steps = {steps}."
        )
    spaced = np.geomspace(1, steps, min(steps, _CHECKPOINTS)).round().astype(int)
    return sorted({*spaced.tolist(), steps, *snapshots})


def long_settled(history: Sequence[Progress]) -> np.ndarray:
    """Which networks ``(…)`` did not change their supporting pattern in the later half of the steps."""
    changed = np.zeros(np.shape(history[-1].supporting_flips), dtype=int)
    for line in history:
        changed = np.where(line.supporting_flips > 0, line.step, changed)
    return 2 * changed <= history[-1].step

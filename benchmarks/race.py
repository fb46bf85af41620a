"""Contestants timed in turn: a round runs every one of them once, so that a slow spell hits all.

The first run of each is its warm-up, its check of correctness, and its measurement where it is the only
one. A run that is over in a moment is repeated within its round: alone it would measure what the others have
left in the caches. A contestant that would go beyond the limits is not run and says so in its row.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.peers import load

Row = dict[str, Any]

_MOMENT, _REPEATS = (
    0.01,
    100,
)  # seconds that the runs of a round take together, and how many they are at most


@dataclass(frozen=True)
class Contestant:
    """A way to the answer.

    Attributes:
        name: as the tables and figures print it.
        run: the instance ↦ its answer.
        memory: the instance ↦ bytes of its largest arrays, where these may be too many.
        power: its time grows at least with this power of the size, as far as one can say beforehand.
        units: what a run does so many of (steps, networks); seconds are divided by it.
    """

    name: str
    run: Callable[[Any], Any]
    memory: Callable[[Any], float] = lambda instance: 0.0
    power: float = 1.0
    units: int = 1


@dataclass
class Limits:
    """What a contestant may cost: ``cap`` seconds a run, ``memory`` bytes, ``budget`` seconds of rounds.

    It remembers what every contestant took at smaller sizes of a growth curve, and predicts from that.
    """

    cap: float = 20.0
    memory: float = 4 * 2**30
    budget: float = 3.0
    rounds: int = 5
    seen: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def obstacle(self, contestant: Contestant, instance: Any, size: float) -> str | None:
        """Why the contestant is not run at this size; None where it is."""
        need = contestant.memory(instance)
        if need > self.memory:
            return f"not run: arrays of {need / 2**30:.0f} GiB, over {self.memory / 2**30:.0f} GiB"
        expected = self._expected(contestant, size)
        if expected > self.cap:
            return f"not run: some {expected:.2g} s expected, over the cap of {self.cap:.0f} s"
        return None

    def remember(self, name: str, size: float, seconds: float) -> None:
        self.seen.setdefault(name, []).append((size, seconds))

    def _expected(self, contestant: Contestant, size: float) -> float:
        """The last time, grown by the power law through the last two sizes."""
        history = [(at, t) for at, t in self.seen.get(contestant.name, []) if at <= size]
        if not history:
            return 0.0
        last, seconds = history[-1]
        smaller = [(at, t) for at, t in history if at < last]
        power = contestant.power
        if smaller:
            at, t = smaller[-1]
            power = max(power, float(np.log(seconds / t) / np.log(last / at)))
        return seconds * (size / last) ** power


def race(
    contestants: Sequence[Contestant],
    instance: Any,
    check: Callable[[Any], tuple[Mapping[str, float], str]],
    limits: Limits,
    size: float = 1.0,
) -> list[Row]:
    """A row a contestant; ratios are to the first one.

    Args:
        check: answer ↦ (measures, complaint); the complaint is empty where the answer is right.
        size: where the instance stands on a growth curve.

    Returns:
        ``contestant``, ``seconds`` (median a unit), ``fastest``, ``slowest``, ``rounds``, ``ratio`` (median
        of the ratios to the first contestant in the same round), ``ratio_low``, ``ratio_high``,
        ``outcome`` (``ok``, or what went wrong), and the measures.
    """
    load()
    times, notes = {}, {}
    for contestant in contestants:
        times[contestant.name], notes[contestant.name] = _first(
            contestant, instance, check, limits, size
        )
    for _ in range(limits.rounds - 1):
        for contestant in contestants:
            spent = times[contestant.name]
            if spent and sum(spent) + spent[-1] <= limits.budget:
                spent.append(_timed(contestant, instance, _repeats(spent[0]))[0])
    reference = times[contestants[0].name]
    return [_row(c, times[c.name], reference, notes[c.name], contestants[0]) for c in contestants]


def _first(
    contestant: Contestant, instance: Any, check: Callable, limits: Limits, size: float
) -> tuple[list[float], Row]:
    obstacle = limits.obstacle(contestant, instance, size)
    if obstacle:
        return [], {"outcome": obstacle}
    try:
        seconds, answer = _timed(contestant, instance)
    except Exception as error:  # any peer may fail in its own way: that is a result, not the end
        sentence = (str(error).splitlines() or [""])[0]
        return [], {"outcome": f"failed: {type(error).__name__}: {sentence}"[:160]}
    limits.remember(contestant.name, size, seconds)
    measures, complaint = check(answer)
    return [seconds], {"outcome": complaint or "ok", **measures}


def _repeats(seconds: float) -> int:
    return min(max(1, int(_MOMENT / max(seconds, 1e-9))), _REPEATS)


def _timed(contestant: Contestant, instance: Any, repeats: int = 1) -> tuple[float, Any]:
    """Seconds a run, and the answer."""
    begun = time.perf_counter()
    for _ in range(repeats):
        answer = contestant.run(instance)
    return (time.perf_counter() - begun) / repeats, answer


def _row(
    contestant: Contestant, spent: list[float], reference: list[float], note: Row, first: Contestant
) -> Row:
    times = np.array(spent[1:] or spent) / contestant.units  # the first run is the warm-up
    ours = np.array(reference[1:] or reference) / first.units
    row = {"contestant": contestant.name, "rounds": len(times)}
    if len(times):
        row |= {
            "seconds": float(np.median(times)),
            "fastest": float(times.min()),
            "slowest": float(times.max()),
        }
    if len(times) and len(ours):
        ratios = _in_turn(times, ours)
        row |= {
            "ratio": float(np.median(ratios)),
            "ratio_low": float(ratios.min()),
            "ratio_high": float(ratios.max()),
        }
    return row | note


def _in_turn(times: np.ndarray, ours: np.ndarray) -> np.ndarray:
    """Ratios of the same round; against the median of ours where a contestant sat rounds out."""
    return times / ours if len(times) == len(ours) else times / np.median(ours)

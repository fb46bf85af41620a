"""The guarantee when training has not converged: from when on it holds, and for whom."""

import numpy as np

from kkt_unlearning.studies.claim import OURS, SUMMARY, Tables, Thresholds, claim, largest
from kkt_unlearning.studies.summary import (
    Table,
    distinct,
    groups,
    median,
    onset,
    places,
    rows,
    select,
    take,
)

_TABLE = "convergence.convergence"
_CASE = ("training", "seed", "forget")


@claim(
    "The guarantee needs converged training: the certificate of the step improves along it.",
    SUMMARY.at("break conditions of the argument"),
    "median relative ε at θ̃ at the first snapshot that fits the data, over that at the last; exponential "
    "loss, normalised step, exact multipliers",
    "at_least",
    "convergence",
    _TABLE,
)
def convergence_needed(tables: Tables, _: Thresholds) -> float:
    cases = _cases(tables, "exact", loss="exponential", descent="normalised")
    first = [case["epsilon"][case["smallest_margin"] > 0][:1] for case in _by_case(cases)]
    last = median(_at_end(cases)["epsilon"])
    return median(np.concatenate(first)) / last if first and last > 0 else float("nan")


@claim(
    "After training with the normalised step, the ascent step leaves small ε, δ and τ.",
    OURS,
    "share of cases at or below the levels at the last snapshot, exact multipliers, both losses",
    "at_least",
    "convergence",
    _TABLE,
)
def convergence_reached_normalised(tables: Tables, _: Thresholds) -> float:
    return _share(_at_end(_cases(tables, "exact", descent="normalised"))["holds"])


@claim(
    "After training by plain gradient descent with a constant step, the ascent step "
    "leaves small ε, δ and τ.",
    OURS,
    "the same with the constant step",
    "at_least",
    "convergence",
    _TABLE,
)
def convergence_reached_constant(tables: Tables, _: Thresholds) -> float:
    return _share(_at_end(_cases(tables, "exact", descent="constant"))["holds"])


@claim(
    "With Clarke derivatives of the exact KKT point, the step leaves small ε, δ and τ "
    "after normalised training.",
    OURS.at("docs/questions/convergence.md"),
    "share of cases at or below the levels at the last snapshot, both losses",
    "at_least",
    "convergence",
    _TABLE,
)
def convergence_reached_clarke(tables: Tables, _: Thresholds) -> float:
    return _share(_at_end(_cases(tables, "clarke", descent="normalised"))["holds"])


@claim(
    "After long training ε is what a step with 0/1 derivatives leaves of the forgotten sample.",
    OURS.at("docs/questions/convergence.md"),
    "median of the share of θ̃ outside the span of the retained samples over relative ε, last snapshot, "
    "normalised step, exact multipliers",
    "at_least",
    "convergence",
    _TABLE,
)
def convergence_floor(tables: Tables, _: Thresholds) -> float:
    cases = _at_end(_cases(tables, "exact", descent="normalised"))
    cases = take(cases, np.isfinite(cases["epsilon"]) & (cases["epsilon"] > 0))
    return median(cases["outside"] / cases["epsilon"])


@claim(
    "Multipliers read off the loss slopes do as well as the exact ones, one snapshot later at most.",
    OURS,
    "first step from which the median τ* stays within twice its last value with exact multipliers, slopes "
    "over exact, the worst training",
    "at_most",
    "convergence",
    _TABLE,
)
def convergence_estimated(tables: Tables, _: Thresholds) -> float:
    return largest(
        [
            _settling(tables, "slopes", training) / _settling(tables, "exact", training)
            for training in distinct(tables[_TABLE], "training")
        ]
    )


@claim(
    "Both losses reach the final quality of the step after the same number of steps.",
    OURS,
    "the same step, exact multipliers, the larger over the smaller of the losses, the worst kind of step",
    "at_most",
    "convergence",
    _TABLE,
)
def convergence_losses_agree(tables: Tables, _: Thresholds) -> float:
    ratios = []
    for _key, group in groups(tables[_TABLE], "descent"):
        steps = [_settling(tables, "exact", name) for name in distinct(group, "training")]
        if len(steps) > 1:
            ratios.append(max(steps) / min(steps))
    return largest(ratios)


@claim(
    "The loss and the step of training only change the pace: at equal loss the certificates agree.",
    OURS.at("docs/theory.md, section 3"),
    "largest ratio of the median τ* of two trainings at equal −log L > 0, exact multipliers",
    "at_most",
    "convergence",
    _TABLE,
)
def convergence_same_path(tables: Tables, _: Thresholds) -> float:
    curves = [curve(group) for _, group in groups(_cases(tables, "exact"), "training")]
    ratios = [apart(one, other) for i, one in enumerate(curves) for other in curves[i + 1 :]]
    return largest([ratio for ratio in ratios if not np.isnan(ratio)])


def curve(table: Table) -> np.ndarray:
    """Medians of ``−log L`` and ``log τ*`` at the snapshots with L < 1, ``(2, points)``, for one training."""
    found = [
        (median(group["minus_log_loss"]), median(group["tau_star"]))
        for _, group in groups(table, "step")
    ]
    x, y = np.array(sorted(found)).reshape(-1, 2).T
    use = (x > 0) & np.isfinite(y) & (y > 0)
    return np.stack([np.log(x[use]), np.log(y[use])])


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Largest ratio of two curves, straight between points, where both are known; nan where they are not."""
    if not (one.shape[1] and other.shape[1]):
        return float("nan")
    low, high = max(one[0, 0], other[0, 0]), min(one[0, -1], other[0, -1])
    at = np.unique(np.concatenate([one[0], other[0], [low, high]]))
    at = at[(at >= low) & (at <= high)]
    if not at.size or low > high:
        return float("nan")
    return float(np.exp(np.abs(np.interp(at, *one) - np.interp(at, *other)).max()))


def _settling(tables: Tables, agent: str, training: str) -> float:
    """First step from which the median τ* stays at most twice what it ends at with exact multipliers.

    Infinite if that is not finite: a run that never fits the data has not settled at its first step.
    """
    medians = {
        kind: {
            step: median(group["tau_star"])
            for (step,), group in groups(_cases(tables, kind, training=training), "step")
        }
        for kind in {agent, "exact"}
    }
    steps = np.array(sorted(medians[agent]))
    level = 2.0 * medians["exact"][steps[-1]]
    within = [np.isfinite(level) and medians[agent][step] <= level for step in steps.tolist()]
    return onset(steps, np.array(within))


def _cases(tables: Tables, agent: str, **values: str) -> Table:
    return select(tables[_TABLE], agent=agent, **values)


def _by_case(table: Table) -> list[Table]:
    found = [case for _, case in groups(table, *_CASE)]
    return [take(case, np.argsort(case["step"], kind="stable")) for case in found]


def _at_end(table: Table) -> Table:
    """Rows at the last snapshot of each training."""
    step, keep = table["step"], np.zeros(rows(table), bool)
    for _, found in places(table, "training"):
        keep[found] = step[found] == largest(step[found])
    return take(table, keep)


def _share(holds: np.ndarray) -> float:
    return float(np.mean(holds)) if np.size(holds) else float("nan")

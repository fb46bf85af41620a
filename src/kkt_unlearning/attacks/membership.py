"""All attacks on all samples of a pool, as rows of a tidy table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.attacks import lira, loss_threshold, margin
from kkt_unlearning.attacks.bound import auc_interval
from kkt_unlearning.attacks.certified import NUMBERS, Certified, certified
from kkt_unlearning.attacks.outputs import Outputs, outputs
from kkt_unlearning.attacks.roc import auc, tpr_at
from kkt_unlearning.attacks.shadows import Shadows
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.summary import median
from kkt_unlearning.tables import Row

ATTACKS = ("margin", "loss_threshold", "u_lira")
UNLEARNED, CONTROL, RETAINED = "unlearned", "control", "retained_point"
BOUNDS = ("auc_certified", "auc_low", "auc_high", "shift_bound", "spread")


@dataclass(frozen=True)
class Sides:
    """What an attack is shown of the two kinds of models, ``(F, N, M)``: folds, models, samples.

    Attributes:
        members: outputs at the forgotten sample; members_margin: their margins γ.
        others, others_margin: the same of models never trained on it.
    """

    members: np.ndarray
    members_margin: np.ndarray
    others: np.ndarray
    others_margin: np.ndarray


def sides(found: Outputs, a: int, member: np.ndarray, folds: int) -> Sides:
    """Models that have forgotten each sample by step a against those never trained on it."""
    forgotten = np.einsum("krr->kr", found.unlearned[:, a])
    own = np.broadcast_to(found.trained_margin[:, None], member.shape)
    return Sides(
        members=in_folds(forgotten, member, folds),
        members_margin=in_folds(found.margin[:, a], member, folds),
        others=in_folds(found.trained, ~member, folds),
        others_margin=in_folds(own, ~member, folds),
    )


def in_folds(values: np.ndarray, chosen: np.ndarray, folds: int) -> np.ndarray:
    """The chosen entries of ``(K, M)``, half of each column in each fold, as ``(F, K/(2F), M)``."""
    shape = (folds, len(values) // folds, values.shape[1])
    order = np.argsort(~chosen.reshape(shape), axis=1, kind="stable")[:, : shape[1] // 2]
    return np.take_along_axis(values.reshape(shape), order, axis=1)


def control(both: Sides) -> Sides:
    """The models never trained on a sample against each other: even ones as members, odd ones as others."""
    values, gamma = both.others[:, : both.others.shape[1] // 2 * 2], both.others_margin
    return Sides(values[:, ::2], gamma[:, : values.shape[1] : 2], values[:, 1::2], gamma[:, 1::2])


def scores(attack: str, both: Sides, loss: str) -> tuple[np.ndarray, np.ndarray]:
    """Scores of members and others, ``(F, N, M)``, larger for supposed members."""
    if attack == "u_lira":
        return lira.cross_fitted(both.members, both.others)
    if attack == "margin":
        return (
            margin.score(both.members, both.members_margin),
            margin.score(both.others, both.others_margin),
        )
    return loss_threshold.score(both.members, loss), loss_threshold.score(both.others, loss)


def rates(members: np.ndarray, others: np.ndarray) -> dict[str, np.ndarray]:
    """AUC and true-positive rates of every sample, computed within each fold and averaged, ``(M,)``."""
    members, others = members.swapaxes(1, 2), others.swapaxes(1, 2)
    return {
        "auc": auc(members, others).mean(axis=0),
        "tpr_1": tpr_at(members, others, 0.01).mean(axis=0),
        "tpr_10": tpr_at(members, others, 0.1).mean(axis=0),
    }


def attack_pool(
    shadows: Shadows,
    *,
    fractions: Sequence[float],
    folds: int,
    certificates: int,
    loss: str,
    solver: Solver,
    pivots: int,
    s: int,
) -> list[Row]:
    """:func:`attack_rows` of a pool, the first ``certificates`` models certified.

    Raises:
        NotSeparableError, SolverError, NotConvergedError: see
            :func:`kkt_unlearning.attacks.certified.certified`.
    """
    found = outputs(shadows, fractions)
    measured = certified(shadows, certificates, fractions, solver, pivots)
    table = attack_rows(
        found, measured, shadows.member, fractions=fractions, folds=folds, loss=loss, s=s
    )
    return list(table)


def attack_rows(
    found: Outputs,
    certificates: Certified,
    member: np.ndarray,
    *,
    fractions: Sequence[float],
    folds: int,
    loss: str,
    s: int,
) -> Iterator[Row]:
    """One row for every kind of models compared, fraction, attack and sample of pool s.

    The kinds: ``unlearned`` models, which have forgotten the sample (at fraction 0: not at all), against
    models never trained on it; ``control``, the latter against each other; and ``retained_point``, exact KKT
    points of the retained problems against the latter, under the loss threshold. Certificates are medians
    over the models that were certified; columns that do not apply are nan. ``docs/questions/membership.md``.
    """
    for a, fraction in enumerate(fractions):
        both = sides(found, a, member, folds)
        numbers = allowed(found, certificates, member, a)
        for attack in ATTACKS:
            result = rates(*scores(attack, both, loss))
            label: Row = {"seed": s, "models": UNLEARNED, "fraction": fraction, "attack": attack}
            yield from _rows(label, result | numbers)
    label = {"seed": s, "models": CONTROL, "fraction": np.nan}
    alike = control(sides(found, 0, member, folds))
    for attack in ATTACKS:
        yield from _rows(label | {"attack": attack}, rates(*scores(attack, alike, loss)))
    label |= {"models": RETAINED, "attack": "loss_threshold"}
    yield from _rows(label, {"auc": _each(_auc_against, certificates.nearby, found, member)})


def allowed(
    found: Outputs, certificates: Certified, member: np.ndarray, a: int
) -> dict[str, np.ndarray]:
    """Medians of the certificates of step a, and the AUC that they allow a threshold on the margin, (M,)."""
    columns = {
        name: np.array([median(values) for values in certificates.numbers[name][:, a].T])
        for name in NUMBERS
    }
    C = len(certificates.nearby)
    shift = certificates.shift[:, a]
    forgotten = np.einsum("krr->kr", found.unlearned[:C, a])
    bounds = np.array(
        [_interval(i, certificates.nearby, shift, found, member) for i in _all(found)]
    )
    return columns | {
        "auc_certified": _each(_auc_against, forgotten, found, member),
        "auc_low": bounds[:, 0],
        "auc_high": bounds[:, 1],
        "shift_bound": np.array([median(column) for column in shift.T]),
        "spread": np.array([found.trained[~S, i].std() for i, S in enumerate(member.T)]),
    }


def _all(found: Outputs) -> range:
    return range(found.trained.shape[1])


def _each(
    measure: Callable[[int, np.ndarray, Outputs, np.ndarray], float],
    values: np.ndarray,
    found: Outputs,
    member: np.ndarray,
) -> np.ndarray:
    return np.array([measure(i, values, found, member) for i in _all(found)])


def _auc_against(i: int, values: np.ndarray, found: Outputs, member: np.ndarray) -> float:
    """AUC at sample i of values ``(C, M)`` of models that hold it, against models never trained on it."""
    inside = values[member[: len(values), i], i]
    return float(auc(inside, found.trained[~member[:, i], i])) if inside.size else np.nan


def _interval(
    i: int, nearby: np.ndarray, shift: np.ndarray, found: Outputs, member: np.ndarray
) -> tuple[float, float]:
    holds = member[: len(nearby), i]
    if not holds.any():
        return np.nan, np.nan
    others = found.trained[~member[:, i], i]
    low, high = auc_interval(nearby[holds, i], others, shift[holds, i])
    return float(low), float(high)


def _rows(label: Row, columns: dict[str, np.ndarray]) -> Iterator[Row]:
    names = ("auc", "tpr_1", "tpr_10", *NUMBERS, *BOUNDS)
    blank = np.full(len(columns["auc"]), np.nan)
    for i in range(len(blank)):
        yield label | {"sample": i} | {name: float(columns.get(name, blank)[i]) for name in names}

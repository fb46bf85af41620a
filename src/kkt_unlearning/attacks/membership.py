"""What an attack is shown of a pool of shadow models, and how well it tells members from others."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.attacks import lira, loss_threshold, margin
from kkt_unlearning.attacks.outputs import Outputs
from kkt_unlearning.attacks.registry import ATTACKS
from kkt_unlearning.attacks.roc import auc, tpr_at


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
    """Scores of members and others, ``(F, N, M)``, larger for supposed members.

    Args:
        attack: of ``ATTACKS``, or of another package.

    Raises:
        DataError: there is no attack of that name.
        ExtensionError: it is of another package, and cannot be used.
    """
    found: tuple[np.ndarray, np.ndarray] = ATTACKS.load(attack)(both, loss)
    return found


def by_margin(both: Sides, _: str) -> tuple[np.ndarray, np.ndarray]:
    """`margin.score` of both sides."""
    return (
        margin.score(both.members, both.members_margin),
        margin.score(both.others, both.others_margin),
    )


def by_loss_threshold(both: Sides, loss: str) -> tuple[np.ndarray, np.ndarray]:
    """`loss_threshold.score` of both sides."""
    return loss_threshold.score(both.members, loss), loss_threshold.score(both.others, loss)


def by_u_lira(both: Sides, _: str) -> tuple[np.ndarray, np.ndarray]:
    """`lira.cross_fitted`, of each side by the other folds of both."""
    return lira.cross_fitted(both.members, both.others)


def rates(members: np.ndarray, others: np.ndarray) -> dict[str, np.ndarray]:
    """AUC and true-positive rates of every sample, computed within each fold and averaged, ``(M,)``."""
    members, others = members.swapaxes(1, 2), others.swapaxes(1, 2)
    return {
        "auc": auc(members, others).mean(axis=0),
        "tpr_1": tpr_at(members, others, 0.01).mean(axis=0),
        "tpr_10": tpr_at(members, others, 0.1).mean(axis=0),
    }

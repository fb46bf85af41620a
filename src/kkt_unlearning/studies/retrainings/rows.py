"""How far networks are from the retrained one, in weights and in outputs, as rows of a tidy table.

``docs/questions/retrainings.md``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import kept
from kkt_unlearning.studies.case import Case
from kkt_unlearning.studies.replicates import Replicates, retrain_all, retrained_points
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.unlearning.ascent import unlearn_all

PER_REPLICATE = ("X", "y", "W0", "X_fresh", "P0_outside", "y_fresh")


def retraining_rows(
    replicates: Replicates,
    s: int,
    forget_sets: Sequence[Sequence[int]],
    retrained: np.ndarray,
    networks: dict[str, np.ndarray],
) -> Iterator[Row]:
    """One row for every forget set and network of replicate s.

    Outputs are of networks scaled to smallest retained margin 1: root mean squares of their differences on
    the retained, the forgotten and the fresh samples; on the latter over the root mean square of the
    retrained network's own outputs. They are infinite where a retained margin is not positive, nan where
    there is no such sample. ``labels_differ`` is the share of fresh samples that get different labels, nan in
    both cases.

    Args:
        retrained: weights ``(F, n, k)`` of the exact KKT points of the retrained networks.
        networks: method → weights ``(F, n, k)``.
    """
    problem = replicates.problem(s)
    keeps = kept(problem.samples, forget_sets)
    for f, (forget, keep) in enumerate(zip(forget_sets, keeps, strict=True)):
        theirs, theirs_fresh = _outputs(replicates, s, retrained[f], keep)
        for method, weights in networks.items():
            outputs, fresh = _outputs(replicates, s, weights[f], keep)
            yield {
                "seed": s,
                "forget": "+".join(map(str, forget)),
                "forget_size": len(forget),
                "method": method,
                "distance": float(cosine_distance(weights[f], retrained[f])),
                "outputs_retained": _size((outputs - theirs)[keep]),
                "outputs_forgotten": _size((outputs - theirs)[~keep]),
                "outputs_fresh": _relative(fresh - theirs_fresh, theirs_fresh),
                "labels_differ": _share(
                    (np.sign(fresh) != np.sign(theirs_fresh))[np.isfinite(fresh)]
                ),
            }


def _outputs(
    replicates: Replicates, s: int, W: np.ndarray, keep: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of the training samples ``(m,)`` and the fresh ones ``(t,)``, at smallest retained margin 1."""
    margins, fresh = replicates.problem(s).margins(W), replicates.fresh_outputs(s, W)
    smallest = margins[keep].min()
    if not smallest > 0:
        return np.full_like(margins, np.inf), np.full_like(fresh, np.inf)
    return replicates.y[s] * margins / smallest, fresh / smallest


def _size(values: np.ndarray) -> float:
    """Root mean square; nan of nothing."""
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")


def _relative(values: np.ndarray, others: np.ndarray) -> float:
    size, other = _size(values), _size(others)
    return size / other if other != 0 else float("inf")


def _share(true: np.ndarray) -> float:
    return float(true.mean()) if true.size else float("nan")


def retrained_again(case: Case) -> np.ndarray:
    """Weights ``(F, n, k)`` of exact KKT points after retraining from other initial weights.

    They are those of the next replicate: in span coordinates rows of ``W(0)`` have one law whatever the data,
    and are as independent of this replicate's data as its own.

    Raises:
        NotConvergedError: see :func:`kkt_unlearning.studies.replicates.retrain_all`.
    """
    batch, sets = case.batch, case.forget_sets
    one = {name: getattr(batch, name)[case.s : case.s + 1] for name in PER_REPLICATE}
    following = (case.s + 1) % len(batch.y)
    other = replace(batch, **one | {"W0": batch.W0[following : following + 1]})
    W = retrain_all(other, case.descent, sets).W
    (points,) = retrained_points(other, W, sets, case.solver, case.pivots)
    return np.stack([point.W for point in points])


def retrainings(case: Case) -> Iterator[Row]:
    """Measure ``retrainings`` of one replicate; the step starts from the exact KKT point.

    With one replicate there is no second retraining.
    """
    retrained, sets = case.arrays["retrained"], case.forget_sets
    networks = {
        "nothing": np.broadcast_to(case.point.W, retrained.shape),
        "prescribed": unlearn_all(case.point, sets, [1.0]).W[:, 0],
    }
    if len(case.batch.y) > 1:
        networks["retraining"] = retrained_again(case)
    return retraining_rows(case.batch, case.s, sets, retrained, networks)

"""Batch unlearning against the size of the forget set, and a stream of single deletions beside it.

Rows of tidy tables; ``docs/questions/batch.md``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Literal

import numpy as np

from kkt_unlearning.certificates.certificate import Certificate, certify_all
from kkt_unlearning.datasets.geometry import near_orthogonality
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.seeding import Stream, generator
from kkt_unlearning.studies.case import Case
from kkt_unlearning.studies.columns import DELTA
from kkt_unlearning.studies.joint import at_given_delta
from kkt_unlearning.studies.study import LEAST_RETAINED
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.unlearning import Steps, unlearn_all
from kkt_unlearning.unlearning.forget_sets import forget_orders, prefixes, random_orders
from kkt_unlearning.unlearning.stream import delete_kept, delete_reestimated, delete_resolved

ONE = np.ones(1)  # the prescribed step
STREAM_COLUMNS = (
    *("epsilon", "delta", "relative_delta", "tau", "tau_star", "restored_bound", "outcome"),
)


def sizes_of(samples: int, sizes: Sequence[int] | Literal["all"]) -> list[int]:
    """Explicit sizes of forget sets; ``"all"`` means 1 to m − 2."""
    return list(range(1, samples - LEAST_RETAINED + 1)) if sizes == "all" else list(sizes)


def batch_rows(
    point: KKTPoint,
    trained: np.ndarray,
    s: int,
    *,
    seed: int,
    sizes: Sequence[int] | Literal["all"],
    choices: Sequence[str],
    draws: int,
    starts: Sequence[str],
    solver: Solver,
    pivots: int,
) -> Iterator[Row]:
    """Certificate of the prescribed step for every (start, choice, draw, size) of replicate s.

    Args:
        point: exact KKT point on all samples; trained: the trained weights ``(n, k)``.
        seed: root entropy of the random sets.
        starts: ``exact`` and ``trained``, from which weights the step goes.

    Raises:
        DataError: a bad size or choice.
    """
    sizes = sizes_of(point.problem.samples, sizes)
    orders = forget_orders(point, choices, generator(seed, Stream.FORGET_SETS, s), draws)
    labels = [(choice, draw, size) for choice, draw, _ in orders for size in sizes]
    sets = [forget for *_, order in orders for forget in prefixes(order, sizes)]
    distinct = list(dict.fromkeys(sets))  # orders share their sets here and there
    retained = retained_kkt_points(point, distinct, solver, pivots)
    psi, phi = near_orthogonality(point.problem.X)
    for start in starts:
        weights = trained if start == "trained" else None
        steps = unlearn_all(point, distinct, ONE, trained=weights)
        found = batch_columns(steps, retained, solver) | at_given_delta(steps, solver, [DELTA])
        columns = {name: values[:, 0] for name, values in found.items()}
        for (choice, draw, size), forget in zip(labels, sets, strict=True):
            at = distinct.index(forget)
            yield {
                "start": start,
                "seed": s,
                "samples": point.problem.samples,
                "choice": choice,
                "draw": draw,
                "forget": "+".join(map(str, forget)),
                "forget_size": size,
                "fraction": 1.0,
                **{name: values[at].item() for name, values in columns.items()},
                "psi": float(psi),
                "phi": float(phi),
            }


def batch_columns(
    steps: Steps, retained: Sequence[KKTPoint], solver: Solver
) -> dict[str, np.ndarray]:
    """Columns ``(F, A)``: certificate and bounds, what doing nothing costs, and the retained margins.

    ``distance_original`` is ``1 − cos`` from the weights before the step to the exact KKT point of the
    retained problem, to be held against ``tau_star``. Margins are for the network scaled to smallest
    margin 1 before the step.
    """
    problem = steps.point.problem
    keep = kept(problem.samples, steps.forget_sets)[:, None, :]
    before, after = problem.margins(steps.start), problem.margins(steps.W)
    targets = np.stack([point.W for point in retained])
    certificate = certify_all(steps, retained, solver)
    return {field.name: getattr(certificate, field.name) for field in fields(Certificate)} | {
        "distance_original": cosine_distance(steps.start, targets)[:, None],
        "margin_change": np.where(keep, np.abs(after - before), 0.0).max(axis=-1),
        "smallest_margin": np.where(keep, after, np.inf).min(axis=-1),
    }


def stream_rows(
    point: KKTPoint,
    s: int,
    *,
    seed: int,
    deletions: int | Literal["all"],
    draws: int,
    kink_band: float,
    solver: Solver,
    pivots: int,
) -> Iterator[Row]:
    """Certificate after every deletion of a stream, for every (draw, variant) of replicate s.

    The order is the random one of :func:`batch_rows` with the same draw. ``multiplier_ratio`` is λ_r of the
    step over that of the batch, nan where the latter is 0; ``difference_batch`` is the distance to the
    batch step θ' of the same samples, after scaling both to norm 1.

    Args:
        deletions: how many, or ``"all"`` for m − 2.
        kink_band: ``band`` of :func:`delete_reestimated` for the variant ``reestimated_clarke``.

    Raises:
        DataError: too many deletions.
    """
    samples = point.problem.samples
    count = samples - LEAST_RETAINED if deletions == "all" else deletions
    rng = generator(seed, Stream.FORGET_SETS, s)
    for draw, order in enumerate(random_orders(rng, samples, draws)[:, :count].tolist()):
        for variant, rows in _variants(point, order, kink_band, solver, pivots):
            for step, row in enumerate(rows, start=1):
                labels: Row = {"seed": s, "samples": samples, "draw": draw, "variant": variant}
                yield labels | {"deletions": step, "point": order[step - 1]} | row


def _variants(
    point: KKTPoint, order: list[int], band: float, solver: Solver, pivots: int
) -> Iterator[tuple[str, Iterator[Row]]]:
    sets = prefixes(np.array(order), range(1, len(order) + 1))
    together = unlearn_all(point, sets, ONE).W[:, 0]
    retained = retained_kkt_points(point, sets, solver, pivots)
    of_batch = point.multipliers[order]
    streams = {
        "kept": delete_kept(point, order),
        "reestimated_autograd": delete_reestimated(point, order, solver=solver),
        "reestimated_clarke": delete_reestimated(point, order, band, solver),
    }
    for variant, deleted in streams.items():
        steps = Steps(point, point.W, point.clarke, tuple(sets), ONE, deleted.W[:, None])
        columns = batch_columns(steps, retained, solver)
        yield variant, _stream_rows(columns, deleted.W, together, deleted.multipliers, of_batch)
    pairs = delete_resolved(point, order, solver, pivots)
    parts = [batch_columns(step.steps, [after], solver) for step, after in pairs]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    targets = np.stack([after.W for _, after in pairs])
    columns["distance_original"] = cosine_distance(point.W, targets)[
        :, None
    ]  # not of the last step
    W = np.stack([step.W for step, _ in pairs])
    used = np.array([step.point.multipliers[step.forget[0]] for step, _ in pairs])
    yield "resolved", _stream_rows(columns, W, together, used, of_batch)


def _stream_rows(
    columns: dict[str, np.ndarray],
    W: np.ndarray,
    batch: np.ndarray,
    used: np.ndarray,
    of_batch: np.ndarray,
) -> Iterator[Row]:
    ratio = np.divide(used, of_batch, out=np.full_like(used, np.nan), where=of_batch > 0)
    difference = np.sqrt(2.0 * cosine_distance(W, batch))
    names = (*STREAM_COLUMNS, "distance_original", "smallest_margin")
    for t in range(len(W)):
        yield {
            "multiplier_ratio": float(ratio[t]),
            "difference_batch": float(difference[t]),
            **{name: columns[name][t, 0].item() for name in names},
        }


def batch(case: Case) -> Iterator[Row]:
    """Measure ``batch`` of one replicate."""
    return batch_rows(
        case.point,
        case.arrays["trained"],
        case.s,
        seed=case.settings["seed"],
        solver=case.solver,
        pivots=case.pivots,
        **case.options,
    )


def stream(case: Case) -> Iterator[Row]:
    """Measure ``stream`` of one replicate."""
    return stream_rows(
        case.point,
        case.s,
        seed=case.settings["seed"],
        solver=case.solver,
        pivots=case.pivots,
        **case.options,
    )

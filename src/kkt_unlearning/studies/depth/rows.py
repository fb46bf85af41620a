"""Everything that is measured of a deep network before and after the step, as rows of a tidy table."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np

from kkt_unlearning.datasets.geometry import near_orthogonality
from kkt_unlearning.deep.alignment import class_cosine, input_cosine
from kkt_unlearning.deep.ascent import SHARES, layerwise_step, lengths
from kkt_unlearning.deep.decomposition import decompose
from kkt_unlearning.deep.near_kkt import NearKKT, multiplier_errors, near_kkt
from kkt_unlearning.deep.network import DeepNetwork, Evaluation
from kkt_unlearning.deep.orthogonal import Limit
from kkt_unlearning.deep.replicates import DeepReplicates, continue_deep, reached_margin
from kkt_unlearning.deep.restore import restore_layers
from kkt_unlearning.deep.stationarity import certify_deep
from kkt_unlearning.deep.training import DeepTraining
from kkt_unlearning.deep.weights import Layers, cosine_distance, expand
from kkt_unlearning.problem import explicit_forget_sets, kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.case import descent as described
from kkt_unlearning.studies.case import solver as chosen
from kkt_unlearning.studies.columns import DELTA, epsilon_at
from kkt_unlearning.studies.depth.case import DeepCase
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.training.descent import Descent


def shares(network: DeepNetwork) -> dict[str, float]:
    """The steps to be tried: with one trained layer there is nothing deeper to halve."""
    return SHARES if network.degree > 1 else {"equal": SHARES["equal"]}


def continued(
    batch: DeepReplicates,
    start: NearKKT,
    forget_sets: Sequence[Sequence[int]],
    descent: Descent,
) -> DeepTraining:
    """Training on the retained samples from the weights after the prescribed step; leading axes (S, F)."""
    keep = kept(batch.y.shape[1], forget_sets)
    removed = np.where(keep, 0.0, start.multipliers[:, None])
    whole = lengths(np.ones((1, 1)), SHARES["equal"], batch.network.degree)
    W = layerwise_step(
        expand(start.W, 1), _expanded(start.before), batch.y[:, None], removed, whole
    )
    return continue_deep(batch, W, descent, forget_sets)


def _expanded(at: Evaluation) -> Evaluation:
    parts = (at.inputs, at.backward, at.patterns)
    return Evaluation(at.outputs[:, None], *(expand(part, 1) for part in parts))


def depth_rows(
    batch: DeepReplicates,
    start: NearKKT,
    retrained: tuple[Layers, np.ndarray],
    goal: DeepTraining,
    *,
    forget_sets: Sequence[Sequence[int]],
    fractions: Sequence[float],
    descent: Descent,
    solver: Solver,
    pivots: int,
) -> Iterator[Row]:
    """One row for every replicate, forget set, way of sharing the step among the layers, and fraction.

    Args:
        retrained: weights and margins of the retrained networks, leading axes (S, F).
        goal: from :func:`continued`.
    """
    keep = kept(batch.y.shape[1], forget_sets)
    errors = multiplier_errors(batch, start, solver, pivots)
    target, reached = retrained[0], reached_margin(retrained[1], descent, keep)
    for s in range(len(batch.y)):
        W, before, _ = start.at(s)
        psi, phi = near_orthogonality(batch.X[s])
        common = {
            "residual": start.residual[s].item(),
            "residual_autograd": start.autograd[s].item(),
            "multiplier_error": errors[s].item(),
            "input_cosine": input_cosine(before.inputs),
            "class_cosine": class_cosine(before.inputs[-1], batch.y[s]),
            "psi": float(psi),
            "phi": float(phi),
        }
        again = tuple(layer[s] for layer in target)
        done = reached_margin(goal.margins[s], descent, keep)
        idle = _measure(batch, start, s, keep, np.zeros(1), SHARES["equal"], solver)
        nothing = {epsilon_at(nothing=True): idle[epsilon_at()], "nothing_tau": idle["tau"]}
        for name, share in shares(batch.network).items():
            limit = _orthogonal(batch, s, forget_sets, np.asarray(fractions, float), share)
            columns = limit | _measure(
                batch, start, s, keep, np.asarray(fractions, float), share, solver
            )
            columns |= {
                key: np.broadcast_to(value, columns["tau"].shape) for key, value in nothing.items()
            }
            columns |= _distances(columns.pop("W"), W, again, reached[s], goal, s, done)
            for f, forget in enumerate(forget_sets):
                for a, fraction in enumerate(fractions):
                    values = {key: column[f, a].item() for key, column in columns.items()}
                    yield {
                        "seed": s,
                        "forget": "+".join(map(str, forget)),
                        "forget_size": len(forget),
                        "layers": name,
                        "fraction": fraction,
                        **values,
                        **common,
                    }


def _measure(
    batch: DeepReplicates,
    start: NearKKT,
    s: int,
    keep: np.ndarray,
    fractions: np.ndarray,
    share: float,
    solver: Solver,
) -> dict:
    """Columns ``(F, A)`` of one replicate and way of sharing, and the weights after the steps as ``W``."""
    network, y, X = batch.network, batch.y[s], batch.X[s]
    W, before, multipliers = start.at(s)
    steps = np.broadcast_to(
        lengths(fractions, share, network.degree), (len(keep), len(fractions), network.degree)
    )
    retained = np.broadcast_to(keep[:, None, :], (*steps.shape[:2], keep.shape[-1]))
    after = layerwise_step(W, before, y, np.where(retained, 0.0, multipliers), steps)
    free, held = network.evaluate(after, X), network.evaluate(after, X, before.patterns)
    parts = decompose(W, before, held, free, after, y, multipliers, retained, steps)
    own = certify_deep(network, free, after, y, retained, multipliers, solver)
    restored = restore_layers(after, X, before.patterns, retained)
    there = network.evaluate(restored, X, before.patterns)
    back = certify_deep(network, there, restored, y, retained, multipliers, solver)
    given = certify_deep(
        network, there, restored, y, retained, multipliers, solver, relative_delta=DELTA
    )
    usable = own.separates & back.separates & start.trained[s]
    outcome = np.where(own.separates & back.separates, "separating", "not separating")
    columns = {
        "outcome": outcome if start.trained[s] else np.full(usable.shape, "not trained"),
        "epsilon_autograd": np.where(usable, own.epsilon, np.inf),
        "epsilon": np.where(usable, back.epsilon, np.inf),
        "delta": np.where(usable, back.delta, np.inf),
        "relative_delta": np.where(usable, back.relative_delta, np.inf),
        "delta_budget": np.where(usable, back.delta_budget, np.inf),
        "tau": np.where(usable, cosine_distance(after, restored), np.inf),
        **{f"part_{name}": values for name, values in asdict(parts).items()},
        **_margins(y, y * free.outputs, retained),
        epsilon_at(): np.where(usable, given.epsilon, np.inf),
    }
    return columns | {"W": after}


def _orthogonal(
    batch: DeepReplicates,
    s: int,
    forget_sets: Sequence[Sequence[int]],
    fractions: np.ndarray,
    share: float,
) -> dict[str, np.ndarray]:
    """What ε would be on orthogonal data; nan where more than one sample is forgotten."""
    y, found = batch.y[s], np.full((len(forget_sets), len(fractions)), np.nan)
    for f, forget in enumerate(forget_sets):
        own = int((y == y[forget[0]]).sum())
        if len(forget) == 1 and 1 < own < len(y):
            limit = Limit(own, len(y) - own, batch.network.degree)
            found[f] = [limit.epsilon(fraction, share * fraction) for fraction in fractions]
    return {"epsilon_orthogonal": found}


def _margins(y: np.ndarray, q: np.ndarray, retained: np.ndarray) -> dict[str, np.ndarray]:
    """Largest forgotten margin, and mean retained ones of the forgotten labels and of the other."""
    forgotten = ~retained
    labels = np.stack([(forgotten & (y == label)).any(axis=-1) for label in (-1.0, 1.0)], axis=-1)
    same = retained & np.where(y > 0, labels[..., 1:], labels[..., :1])
    return {
        "margin_forgotten": np.where(forgotten, q, -np.inf).max(axis=-1),
        "margin_same": _mean(q, same),
        "margin_other": _mean(q, retained & ~same),
    }


def _mean(q: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    count = chosen.sum(axis=-1)
    total = np.where(chosen, q, 0.0).sum(axis=-1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _distances(
    after: Layers,
    W: Layers,
    again: Layers,
    reached: np.ndarray,
    goal: DeepTraining,
    s: int,
    done: np.ndarray,
) -> dict[str, np.ndarray]:
    """``1 − cos`` to the retrained networks and to those trained on from θ'; nan where untrained."""
    onward = tuple(layer[s] for layer in goal.W)
    shape = after[0].shape[:2]
    columns = {
        "distance_retrained": np.where(
            reached[:, None], cosine_distance(after, expand(again, 1)), np.nan
        ),
        "distance_retrained_original": np.where(reached, cosine_distance(W, again), np.nan)[
            :, None
        ],
        "distance_continued": np.where(
            done[:, None], cosine_distance(after, expand(onward, 1)), np.nan
        ),
        "distance_continued_original": np.where(done, cosine_distance(W, onward), np.nan)[:, None],
    }
    return {name: np.broadcast_to(values, shape) for name, values in columns.items()}


def depth(case: DeepCase) -> Iterator[Row]:
    """Measure ``depth`` of all replicates."""
    batch, found, settings = case.batch, case.found, case.settings
    rule, solver = described(settings["training"]), chosen(settings["duals"])
    forget_sets = explicit_forget_sets(batch.y.shape[1], settings["forget"])
    start = near_kkt(batch, found["W"], found["patterns"], found["margins"], rule, solver)
    return depth_rows(
        batch,
        start,
        (found["retrained"], found["retrained_margins"]),
        continued(batch, start, forget_sets, rule),
        forget_sets=forget_sets,
        fractions=settings["options"]["fractions"],
        descent=rule,
        solver=solver,
        pivots=settings["duals"]["pivots"],
    )

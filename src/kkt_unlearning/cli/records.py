"""What the verbs found as JSON: plain numbers, lists and names; null for infinite and unknown numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np

from kkt_unlearning.audit import Certification, Each, End, Forgotten, Limits, Model, Nearness
from kkt_unlearning.backends import to_numpy
from kkt_unlearning.certificates.each import Carried


def nearness(model: Model, found: Nearness) -> dict[str, Any]:
    """Of ``kkt``."""
    return _plain(
        {
            "network": network(model),
            "applies": found.applies,
            "smallest_margin": found.smallest_margin,
            "residuals": {"autograd": found.autograd, "clarke": found.clarke},
            "clarke_stationarity_is_a_bound": found.bounded,
            "residual_multipliers": found.fitted,
            "moved_onto_kinks": found.moved,
            "moved_margin_over_largest": found.moved_margin,
            "kinks": found.kinks,
            "exact_point": {
                "distance": found.distance,
                "settled": found.settled,
                "flipped": found.flipped,
                "cells": found.cells,
                "gap": found.gap,
                "residuals": found.residuals,
            },
            "psi": found.psi,
            "phi": found.phi,
            "phi_of_all_pairs": found.phi_of_all_pairs,
            "margins": found.margins,
            "multipliers": found.multipliers,
            "mean_multiplier": found.mean_multiplier,
        }
    )


def forgotten(found: Forgotten, out: str) -> dict[str, Any]:
    """Of ``unlearn``."""
    return _plain(
        {
            "network": network(found.model),
            "applies": found.applies,
            "out": out,
            "forget": found.step.forget,
            "from": found.step.start,
            "step": found.step.fraction,
            "method": found.step.method,
            "multipliers": found.multipliers,
            "margins_before": found.margins_before,
            "margins_after": found.margins_after,
            "copies": found.copies,
        }
    )


def certification(
    found: Certification, forget: Sequence[int], limits: Limits | None
) -> dict[str, Any]:
    """Of ``certify``."""
    met = None if limits is None else found.meeting(limits)
    return _plain(
        {
            "applies": found.applies,
            "forget": forget,
            "certificates": {end.name: _end(end) for end in found.ends},
            "doing_nothing": None if found.nothing is None else _end(found.nothing),
            "smallest_margin_over_largest": found.smallest_margin,
            "kappa": found.kappa,
            "flip_term": found.flip_term,
            "bounded": found.origin is not None and found.origin.bounded,
            "copies": found.copies,
            "assumptions": found.assumptions,
            "limits": limits,
            "met": None if limits is None else met is not None,
            "met_by": None if met is None else met.name,
        }
    )


def _end(end: End) -> dict[str, Any]:
    numbers = {name: value for name, value in asdict(end).items() if name != "name"}
    return {**numbers, "relative_delta_bound": end.relative_delta_bound}


def each(model: Model, y: np.ndarray, found: Each, limits: Limits | None) -> dict[str, Any]:
    """Of ``each``."""
    within = None if limits is None else found.within(limits)
    return _plain(
        {
            "network": network(model),
            "applies": found.applies,
            "from": found.start,
            "step": found.fraction,
            "samples": each_columns(y, found),
            "limits": limits,
            "met": None if within is None else bool(len(within)),
            "met_by": within,
        }
    )


def each_columns(y: np.ndarray, found: Each) -> dict[str, np.ndarray]:
    """All samples by name of column: those that no step moves, then the others, the cheapest first."""
    one, order = found.certificates, found.order
    samples = np.concatenate([one.unmoved, one.samples[order]])

    def column(name: str, of: Carried) -> np.ndarray:
        itself = np.broadcast_to(getattr(one.itself, name), one.unmoved.shape)
        return np.concatenate([itself, getattr(of, name)[order]])

    names = ("price", "epsilon", "delta", "relative_delta", "tau")
    return {
        "sample": samples,
        "label": y[samples].astype(int),
        "multiplier": found.multipliers[samples],
        "moved": np.isin(samples, one.samples).astype(int),
        **{name: column(name, one.step) for name in names},
        **{f"{name}_of_nothing": column(name, one.nothing) for name in names},
    }


def csv_table(columns: Mapping[str, np.ndarray]) -> bytes:
    """Columns of one length as comma-separated values, with all digits."""
    lines = [
        ",".join(columns),
        *(",".join(map(str, row)) for row in zip(*_lists(columns), strict=True)),
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _lists(columns: Mapping[str, np.ndarray]) -> list[list[Any]]:
    return [values.tolist() for values in columns.values()]


def network(model: Model) -> dict[str, Any]:
    """Kind and sizes."""
    return {
        "kind": "linear" if model.u is None else "two_layer",
        "neurons": model.width,
        "features": model.dimension,
        "bias": model.bias is not None,
    }


def _plain(value: Any) -> Any:
    """JSON knows neither arrays nor infinity."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "ndim"):
        return _plain(to_numpy(value).tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value

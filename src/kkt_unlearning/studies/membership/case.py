"""The shadow models of one pool, as the measures ``membership`` and ``klom`` see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kkt_unlearning.attacks.shadows import Shadows


@dataclass(frozen=True)
class PoolCase:
    """Shadow models on random halves of a data set, and the settings of their experiment.

    Attributes:
        s: number of the replicate that is the pool.
        shadows: exact KKT points, which samples each holds.
        settings: as of a :class:`kkt_unlearning.studies.case.Case`.
    """

    s: int
    shadows: Shadows
    settings: Mapping[str, Any]

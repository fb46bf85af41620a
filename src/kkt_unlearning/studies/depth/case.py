"""All replicates of deep networks in one setting, as the measure ``depth`` sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kkt_unlearning.deep.replicates import DeepReplicates


@dataclass(frozen=True)
class DeepCase:
    """Trained and retrained deep networks, and the settings of their experiment.

    Attributes:
        batch: the replicates, in span coordinates.
        found: ``W``, ``patterns``, ``margins`` of the trained networks; ``retrained``, ``retrained_margins``.
        settings: as of a :class:`kkt_unlearning.studies.case.Case`.
    """

    batch: DeepReplicates
    found: Mapping[str, Any]
    settings: Mapping[str, Any]

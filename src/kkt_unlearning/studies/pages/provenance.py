"""Where each figure comes from, gathered from what its jobs wrote down."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]  # what a job writes down about itself


@dataclass(frozen=True)
class Origin:
    """Origin of one figure.

    Attributes:
        figure: its name.
        seed: root of all random numbers behind it.
        backends: who trained its networks, each named once; none where no network is trained.
        code: hash of the files that drew it.
        tables: table that it was drawn from -> its SHA-256.
        versions: package -> version in the environment that drew it.
        settings: its experiments, networks, trainings and solver.
    """

    figure: str
    seed: int
    backends: list[str]
    code: str
    tables: dict[str, str]
    versions: dict[str, str]
    settings: dict[str, Any]

    def text(self) -> str:
        """The settings as JSON."""
        return json.dumps(self.settings, indent=1, ensure_ascii=False)


def origin(
    drawn: Record, trained: Sequence[Record], seed: int, settings: Mapping[str, Any]
) -> Origin:
    """Origin of the figure that a job drew, its networks trained by other jobs.

    Raises:
        ValueError: a network was trained with another seed, so the figure is not what the settings say.
    """
    figure = drawn["settings"]["figure"]
    seeds = {record["seed"] for record in trained} - {seed, None}
    if seeds:
        raise ValueError(f"{figure}: networks were trained with the seed {seeds}, not {seed}.")
    return Origin(
        figure=figure,
        seed=seed,
        backends=sorted({record["backend"] for record in trained}),
        code=drawn["code"],
        tables=dict(drawn["inputs"]),
        versions={name: version for name, version in drawn["versions"].items() if version},
        settings=dict(settings),
    )


def table(origins: Sequence[Origin]) -> list[dict[str, str]]:
    """One row for each figure and thing that is known about it."""
    return [
        {"figure": origin.figure, "item": item, "value": value}
        for origin in origins
        for item, value in _items(origin)
    ]


def _items(origin: Origin) -> list[tuple[str, str]]:
    return [
        ("seed", str(origin.seed)),
        ("backend", " ".join(origin.backends)),
        ("code", origin.code),
        *((f"sha256 of {path}", value) for path, value in origin.tables.items()),
        *((f"version of {package}", version) for package, version in origin.versions.items()),
        ("settings", json.dumps(origin.settings, ensure_ascii=False)),
    ]

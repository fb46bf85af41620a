"""Activations that the step flips, and the whole surface of certificates."""

from collections.abc import Mapping
from typing import Any

from kkt_unlearning.studies.options import FORGET, number, options, several, whole
from kkt_unlearning.studies.study import Drawn, Fail, Measure, Section, Study, check_forget

FLIPS = options("Options of the measure flips.", forget=FORGET)
SURFACE = options(
    "Options of the measure surface.",
    forget=FORGET,
    path_points=whole(
        "Networks that are tried on each of the three parts of the way to the exact KKT point.",
        minimum=1,
    ),
    deltas=several("Shares of delta*, ascending.", number(minimum=0), unique=False),
    taus=several("Shares of tau*, ascending.", number(minimum=0), unique=False),
)


def check_surface(given: Mapping[str, Any], samples: int, fail: Fail) -> None:
    """Forget sets that exist, shares that ascend, and τ up to the exact KKT point."""
    check_forget(given, samples, fail)
    for name in ("deltas", "taus"):
        shares = given[name]
        if sorted(set(shares)) != shares:
            fail(name, text=f"the value is {shares}, but shares must ascend: sort them.")
    if given["taus"][-1] < 1:
        fail(
            "taus",
            text=f"the last value is {given['taus'][-1]}, but the surface ends at 1, the exact KKT "
            "point: add 1.0.",
        )


STUDY = Study(
    order=40,
    sections={"flips": Section("Flips and the whole surface", "docs/questions/flips.md")},
    figure={
        "flips": "flips.flips",
        "surface": "flips.surface",
        "training": "flips_training.flips",
    },
    experiments={"flips": Drawn(), "flips_training": Drawn()},
    measures={
        "flips": Measure("flips", schema=FLIPS, check=check_forget),
        "surface": Measure("surface", schema=SURFACE, check=check_surface),
    },
)

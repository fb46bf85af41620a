"""Forget sets of every size, and a stream of single deletions."""

from collections.abc import Mapping
from typing import Any

from kkt_unlearning.studies.options import choice, number, options, several, whole, word_or
from kkt_unlearning.studies.study import (
    LEAST_RETAINED,
    Drawn,
    Fail,
    Measure,
    Section,
    Study,
    enough,
)

BATCH = options(
    "Forget sets of many sizes, each forgotten in one step.",
    sizes=word_or(
        "Sizes of the forget sets, a list of numbers from 1, or all for 1 to the number of samples less 2.",
        "all",
        "all or a list of sizes",
        several("", whole(minimum=1)),
    ),
    choices=several(
        "How their points are chosen.", choice("", "random", "correlated", "multipliers", "coupled")
    ),
    draws=whole("Number of random sets of each size.", minimum=1),
    starts=several("Networks that the step starts from.", choice("", "exact", "trained")),
)
STREAM = options(
    "Points deleted one after the other, in random order.",
    deletions=word_or(
        "Number of deletions, or all for the number of samples less 2.",
        "all",
        "all or a number",
        whole(minimum=1),
    ),
    draws=whole("Number of random orders.", minimum=1),
    kink_band=number(
        "Share of the largest pre-activation below which an entry counts as a kink in the fit with Clarke "
        "derivatives.",
        minimum=0,
        exclusiveMaximum=1,
    ),
)


def check_batch(given: Mapping[str, Any], samples: int, fail: Fail) -> None:
    """Every size is at most m − 2, and there is one."""
    enough(samples, "sizes", fail)
    if given["sizes"] == "all":
        return
    for index, size in enumerate(given["sizes"]):
        if size > samples - LEAST_RETAINED:
            fail("sizes", index, text=_too_many(size, samples))


def check_stream(given: Mapping[str, Any], samples: int, fail: Fail) -> None:
    """At most m − 2 deletions, and room for one."""
    enough(samples, "deletions", fail)
    if given["deletions"] != "all" and given["deletions"] > samples - LEAST_RETAINED:
        fail("deletions", text=_too_many(given["deletions"], samples))


def _too_many(found: int, samples: int) -> str:
    return (
        f"the value is {found}, but of {samples} samples {LEAST_RETAINED} must be retained: "
        f"take 1 to {samples - LEAST_RETAINED}."
    )


STUDY = Study(
    order=30,
    sections={"batch": Section("Forgetting many samples", "docs/questions/batch.md")},
    figure={"table": "batch.batch", "stream": "batch.stream"},
    experiments={"batch": Drawn()},
    measures={
        "batch": Measure("batch", schema=BATCH, check=check_batch, explored=True, minutes=10),
        "stream": Measure("stream", schema=STREAM, check=check_stream, minutes=10),
    },
)

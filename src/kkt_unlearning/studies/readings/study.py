"""Figure 1 in every reading that its caption allows, over sizes up to d = 10⁵."""

from collections.abc import Mapping
from typing import Any

from kkt_unlearning.studies.options import FRACTIONS, number, options, several, whole
from kkt_unlearning.studies.study import LEAST_RETAINED, Fail, Own, Study

SECTION = options(
    "The size of the step from trained weights, for Gaussian data of many sizes.",
    samples=several("Numbers m of samples.", whole(minimum=LEAST_RETAINED + 1)),
    dimensions=several("Dimensions d, at least m.", whole(minimum=LEAST_RETAINED + 1)),
    replicates=whole("Data sets and initial weights of each size.", minimum=1),
    width=whole("Neurons of the two-layer network.", minimum=2),
    initial_scale=number("Norm of an initial weight vector, on average.", exclusiveMinimum=0),
    steps=whole("Steps of training, at most.", minimum=1),
    fractions=FRACTIONS,
    restore_up_to=whole("Samples up to which θ̃ is looked at, whose fits take longest.", minimum=0),
)


def check(section: Mapping[str, Any], fail: Fail) -> None:
    """Samples fit their dimension, and doing nothing and the prescribed step are among the fractions."""
    for fraction, what in ((0.0, "doing nothing"), (1.0, "the prescribed step")):
        if fraction not in section["fractions"]:
            fail(
                "fractions",
                text=f"{fraction}, which is {what}, is not among the values {section['fractions']}: add it.",
            )
    most = max(section["samples"])
    for index, dimension in enumerate(section["dimensions"]):
        if dimension < most:
            fail(
                "dimensions",
                index,
                text=f"the value is {dimension}, but at least as many as the largest of samples, {most}, "
                "are needed: raise it.",
            )


STUDY = Study(
    order=21,
    figure={"table": "readings"},
    own=Own(("readings",), SECTION, check),
)

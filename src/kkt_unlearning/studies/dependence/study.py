"""Descent-ascent on dependent samples, beside the prescribed step."""

from collections.abc import Mapping
from typing import Any

from kkt_unlearning.studies.options import number, options, several, whole
from kkt_unlearning.studies.study import Fail, Own, Section, Study

HELPS, HARMS, NONE = "helps", "harms", "no minimum"  # outcomes in the table of pairs

TABLES = {
    "block": "dependence",
    "pair": "dependence.pair",
    "boundary": "dependence.boundary",
    "step": "dependence.step",
}
SECTION = options(
    "Descent-ascent on dependent forget and retain sets, and the prescribed step beside it.",
    retained=whole("Number of retained samples in all.", minimum=1),
    forgotten=whole("Number of forgotten samples in all.", minimum=1),
    here=whole("Number of retained samples in the block.", minimum=1),
    ridges=several(
        "Factors lambda of the penalty (lambda/2) ||w||^2.", number(minimum=1e-12, maximum=1e12)
    ),
    alphas=several(
        "Forgotten samples in the block for each retained one.", number(minimum=0, maximum=1e6)
    ),
    overlaps=several(
        "Numbers eps of the pair (1, eps), (eps, 1).", number(minimum=0, exclusiveMaximum=1)
    ),
    group_sizes=several(
        "Numbers of equicorrelated samples on which the prescribed step is taken.",
        whole(minimum=2),
    ),
    others=several("Numbers of samples orthogonal to these.", whole(minimum=0)),
)


def check(section: Mapping[str, Any], fail: Fail) -> None:
    """The block is no larger than all, and overlaps do not round to equal samples."""
    if section["here"] > section["retained"]:
        fail(
            "here",
            text=f"the value is {section['here']}, but at most retained, {section['retained']}, is allowed: "
            "lower it.",
        )
    for index, overlap in enumerate(section["overlaps"]):
        if 2 * overlap / (1 + overlap**2) >= 1:
            fail(
                "overlaps",
                index,
                text=f"the value is {overlap}, with which the correlation 2 eps/(1 + eps^2) of the pair "
                "rounds to 1, but less than 1 is allowed: lower it.",
            )


STUDY = Study(
    order=80,
    sections={
        "dependence": Section(
            "Descent-ascent on dependent samples", "docs/questions/correlation.md"
        )
    },
    figure=TABLES,
    own=Own(tuple(TABLES.values()), SECTION, check),
)

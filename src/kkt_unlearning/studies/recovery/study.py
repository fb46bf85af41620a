"""Ways to forget, with and without a recovery phase."""

from collections.abc import Mapping
from typing import Any

from kkt_unlearning.studies.options import choice, number, options, several, whole
from kkt_unlearning.studies.study import Drawn, Fail, Measure, Section, Study
from kkt_unlearning.unlearning.registry import METHODS

MOST_STEPS = 1_000_000_000  # days of training already
OPTIONS = options(
    "Ways to forget, under one criterion.",
    methods=several(
        "Unlearning methods; nothing is the trained network, recovered the prescribed step and then "
        "fine_tuning.",
        choice("", *METHODS.own),
    ),
    betas={
        "description": "Weights of the retain set in NegGrad+, between 0 (which is gradient_ascent) and 1 "
        "(fine_tuning).",
        "type": "array",
        "uniqueItems": True,
        "items": number(exclusiveMinimum=0, exclusiveMaximum=1),
    },
    steps=several(
        "Step counts after which the gradient methods are looked at, in ascending order.",
        whole(minimum=1, maximum=MOST_STEPS),
    ),
    step_size=number("Size of their normalised steps.", exclusiveMinimum=0),
    damping=number("Ridge of the influence step, over the natural one.", exclusiveMinimum=0),
)


def check(given: Mapping[str, Any], samples: int, fail: Fail) -> None:
    """Step counts ascend, and NegGrad+ has a β if it is asked for."""
    steps = given["steps"]
    for index in range(1, len(steps)):
        if steps[index] < steps[index - 1]:
            fail(
                "steps",
                index,
                text=f"the value is {steps[index]} after {steps[index - 1]}, but step counts ascend: "
                "sort them.",
            )
    if "neggrad_plus" in given["methods"] and not given["betas"]:
        fail(
            "betas",
            text="the list is empty, but the method neggrad_plus needs one or more numbers between 0 and 1: "
            "add some or take the method out.",
        )


STUDY = Study(
    order=100,
    sections={
        "recovery": Section("A recovery phase and other methods", "docs/questions/recovery.md")
    },
    figure={"table": "recovery.recovery"},
    experiments={"recovery": Drawn()},
    measures={
        "recovery": Measure(
            "recovery",
            inputs=("retrained",),
            schema=OPTIONS,
            requires={"forget": "List of forget sets or each"},
            registries={"methods": METHODS},
            explored=True,
            check=check,
        )
    },
)

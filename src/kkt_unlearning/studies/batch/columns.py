"""The tables of forget sets of every size, and of streams of deletions."""

from kkt_unlearning.studies.columns import (
    CERTIFICATE,
    COUNT,
    DELTA,
    FORGET,
    MARGINS,
    NAME,
    NEAR_ORTHOGONALITY,
    NOTHING_TAU,
    NUMBER,
    ORIGINAL,
    SEED,
    START,
    STEP,
    SWEPT,
    Column,
    Described,
    given_delta,
)

_KEPT = ("epsilon", "delta", "relative_delta", "tau", "tau_star", "restored_bound", "outcome")
_DRAW = {"draw": Column("number of the random order", NUMBER)}

TABLES = {
    "batch": Described(
        "setting, start, replicate, choice, draw and size of the forget set",
        {
            **START,
            **SEED,
            "samples": SWEPT["samples"],
            "choice": Column(
                "how samples are chosen: random, correlated, multipliers, coupled", NAME
            ),
            **_DRAW,
            **FORGET,
            **STEP,
            **CERTIFICATE,
            **ORIGINAL,
            **MARGINS,
            **NOTHING_TAU,
            **given_delta(DELTA),
            **NEAR_ORTHOGONALITY,
        },
    ),
    "stream": Described(
        "setting, replicate, draw, variant and number of deletions",
        {
            **SEED,
            "samples": SWEPT["samples"],
            **_DRAW,
            "variant": Column(
                "multipliers of each step: kept, estimated again, or solved again", NAME
            ),
            "deletions": Column("how many samples have been deleted", COUNT),
            "point": Column("number of the one deleted last", NUMBER),
            "multiplier_ratio": Column(
                "λ of the last step over that of the batch; nan where it is 0"
            ),
            "difference_batch": Column("distance to θ′ of the batch, both scaled to norm 1"),
            **{name: CERTIFICATE[name] for name in _KEPT},
            **ORIGINAL,
            "smallest_margin": MARGINS["smallest_margin"],
        },
    ),
}

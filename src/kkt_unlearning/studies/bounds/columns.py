"""The table of certificates of unlearned networks."""

from kkt_unlearning.studies.columns import (
    CERTIFICATE,
    COSINE,
    COUNT,
    DELTAS,
    FORGET,
    MARGINS,
    NEAR_ORTHOGONALITY,
    NOTHING_TAU,
    SEED,
    SHARE,
    START,
    STEP,
    Column,
    Described,
    given_delta,
)

TABLES = {
    "evaluation": Described(
        "setting, start, replicate, forget set and step size",
        {
            **START,
            **SEED,
            **FORGET,
            **STEP,
            **CERTIFICATE,
            **NOTHING_TAU,
            **given_delta(*DELTAS),
            "distance_retrained": Column("from θ′ to the retrained network's KKT point", COSINE),
            "distance_retrained_original": Column("from θ to it, without a step", COSINE),
            **MARGINS,
            "flips": Column("retained activations that the step flips", COUNT),
            "accuracy_original": Column(
                "correct on fresh samples, without a step; nan without any", SHARE
            ),
            "accuracy_unlearned": Column("correct on fresh samples, after the step", SHARE),
            "accuracy_retrained": Column("correct on fresh samples, retrained", SHARE),
            **NEAR_ORTHOGONALITY,
        },
    )
}

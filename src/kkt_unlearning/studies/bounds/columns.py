"""The table of certificates of unlearned networks."""

from kkt_unlearning.studies.columns import (
    CERTIFICATE,
    COSINE,
    COUNT,
    FORGET,
    MARGINS,
    NEAR_ORTHOGONALITY,
    RELATIVE,
    SEED,
    SHARE,
    START,
    STEP,
    Column,
    Described,
)
from kkt_unlearning.studies.joint import DELTAS, epsilon_at

_GIVEN = {
    epsilon_at(delta, nothing=nothing): Column(
        f"least ε at {'θ, if nothing is done,' if nothing else 'θ̃'} for δ = {delta:g} of the mean multiplier",
        RELATIVE,
    )
    for delta in DELTAS
    for nothing in (False, True)
}

TABLES = {
    "evaluation": Described(
        "setting, start, replicate, forget set and step size",
        {
            **START,
            **SEED,
            **FORGET,
            **STEP,
            **CERTIFICATE,
            "nothing_tau": Column("τ if nothing is done: from θ to its restored network", COSINE),
            **_GIVEN,
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

"""The table of changes of margins."""

from kkt_unlearning.studies.columns import (
    CERTIFICATE,
    DELTA,
    FORGET,
    MARGINS,
    NEAR_ORTHOGONALITY,
    NOTHING_TAU,
    SEED,
    Described,
    given_delta,
)

TABLES = {
    "crowding": Described(
        "setting, replicate and forget set",
        {
            **SEED,
            **FORGET,
            "margin_change": MARGINS["margin_change"],
            "kappa": CERTIFICATE["kappa"],
            **given_delta(DELTA),
            "tau": CERTIFICATE["tau"],
            **NOTHING_TAU,
            **NEAR_ORTHOGONALITY,
        },
    )
}

"""The table of changes of margins."""

from kkt_unlearning.studies.columns import (
    CERTIFICATE,
    FORGET,
    MARGINS,
    NEAR_ORTHOGONALITY,
    SEED,
    Described,
)

TABLES = {
    "crowding": Described(
        "setting, replicate and forget set",
        {
            **SEED,
            **FORGET,
            "margin_change": MARGINS["margin_change"],
            "kappa": CERTIFICATE["kappa"],
            **NEAR_ORTHOGONALITY,
        },
    )
}

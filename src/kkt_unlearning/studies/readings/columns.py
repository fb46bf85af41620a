"""The table of Figure 1 in every reading."""

from kkt_unlearning.studies.columns import (
    COSINE,
    DELTAS,
    NEAR_ORTHOGONALITY,
    RELATIVE,
    SEED,
    STEP,
    SWEPT,
    Column,
    Columns,
    Described,
)


def _at(reading: str, where: str) -> Columns:
    given = {
        f"{reading}_at_{delta:g}": Column(
            f"least ε at {where} for δ = {delta:g} of the mean multiplier", RELATIVE
        )
        for delta in DELTAS
    }
    return given | {reading: Column(f"least ε at {where} for any δ", RELATIVE)}


TABLES = {
    "readings": Described(
        "size, replicate and step size, from trained weights",
        {
            "samples": SWEPT["samples"],
            "dimension": SWEPT["dimension"],
            **SEED,
            **STEP,
            "predicted": Column("what theorem 6.18 says of kept", RELATIVE),
            "kept": Column(
                "residual with gradients and multipliers from before the step", RELATIVE
            ),
            "refit": Column("least residual with gradients from before the step", RELATIVE),
            **_at("restored", "θ̃"),
            "tau": Column("τ: from θ′ to θ̃", COSINE),
            **_at("literal", "θ′ with derivatives 0 or 1"),
            "phi": NEAR_ORTHOGONALITY["phi"],
        },
        setting=(),
    )
}

"""The table of stationarity along training."""

from kkt_unlearning.studies.columns import (
    COSINE,
    COUNT,
    RELATIVE,
    SEED,
    SHARE,
    Column,
    Described,
)

TABLES = {
    "stationarity": Described(
        "setting, replicate and snapshot of the training",
        {
            **SEED,
            "step": Column("steps of training made so far", COUNT),
            "residual_autograd": Column(
                "least stationarity residual, derivatives 0 or 1", RELATIVE
            ),
            "residual_clarke": Column(
                "the same with Clarke derivatives, weights moved onto kinks in reach", RELATIVE
            ),
            "snap_distance": Column("how far they were moved", COSINE),
            "distance_exact": Column("to the exact KKT point", COSINE),
            "kink_fraction": Column("pre-activations that were moved onto a kink", SHARE),
            "normalised_margin": Column("smallest margin over ‖θ‖"),
        },
    )
}

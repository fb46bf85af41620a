"""The table of single forgettings among many samples."""

from kkt_unlearning.studies.columns import (
    CERTIFICATE,
    COSINE,
    COUNT,
    MARGINS,
    MEAN,
    MULTIPLIER,
    NUMBER,
    RELATIVE,
    SEED,
    SHARE,
    Column,
    Described,
)

_KEPT = ("epsilon_clarke", "epsilon", "relative_delta", "tau", "tau_star", "outcome")

TABLES = {
    "growth": Described(
        "setting, replicate and forgotten support sample",
        {
            **SEED,
            "forget": Column("number of the forgotten sample", NUMBER),
            "rank": Column("place among those chosen by multiplier: 0 the smallest, 1 the largest"),
            "support": Column("support samples, of positive multiplier", COUNT),
            "distance_trained": Column("from the exact KKT point to the trained weights", COSINE),
            "multiplier": Column("λ of the forgotten sample", MULTIPLIER),
            "multiplier_share": Column("λ of the forgotten sample", MEAN),
            "coupling": Column(
                "largest y_i y_r ⟨g_i, g_r⟩ with another sample", "squared gradient"
            ),
            "smallest_margin": MARGINS["smallest_margin"],
            "separates": Column("1 where all retained margins stay positive, else 0"),
            "crossed": Column("retained activations off the kinks that the step flips", SHARE),
            **{name: CERTIFICATE[name] for name in _KEPT},
            "nothing_epsilon": Column(
                "ε if nothing is done, by the multipliers of θ: at most, with δ = τ = 0", RELATIVE
            ),
        },
    )
}

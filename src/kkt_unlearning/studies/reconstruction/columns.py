"""The table of what attackers find of forgotten samples."""

from kkt_unlearning.studies.columns import (
    COSINE,
    FORGET,
    NAME,
    SEED,
    SHARE,
    START,
    Column,
    Described,
)

TABLES = {
    "reconstruction": Described(
        "setting, replicate, forget set, start and network",
        {
            **SEED,
            **FORGET,
            **START,
            "model": Column("way to forget, nothing, or retrained", NAME),
            "both_miss": Column(
                "from a forgotten sample to what the difference of both networks shows", COSINE
            ),
            "alone": Column("best cosine of a forgotten sample to what the network alone shows"),
            "overlap": Column("part of the sample within the span of the retained ones", SHARE),
            "remaining": Column(
                "weights along the sample, after over before; nan inside that span"
            ),
            "multiplier": Column("multiplier that a fit still gives the sample, over its own"),
        },
    )
}

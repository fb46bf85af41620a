"""The table of distances to the retrained network, of the step and of another retraining."""

from kkt_unlearning.studies.columns import COSINE, FORGET, NAME, SEED, SHARE, Column, Described

_RMS = "root mean square, at smallest retained margin 1"

TABLES = {
    "retrainings": Described(
        "setting, replicate, forget set and network",
        {
            **SEED,
            **FORGET,
            "method": Column("nothing, prescribed (step), or retraining from other weights", NAME),
            "distance": Column("to the exact KKT point of the retrained network", COSINE),
            "outputs_retained": Column("difference of outputs on retained samples", _RMS),
            "outputs_forgotten": Column("the same on forgotten samples", _RMS),
            "outputs_fresh": Column("the same on fresh samples; nan without any", "relative"),
            "labels_differ": Column("fresh samples that get another label; nan without any", SHARE),
        },
    )
}

"""The table of multipliers."""

from kkt_unlearning.studies.columns import MULTIPLIER, NUMBER, SEED, Column, Described

TABLES = {
    "multipliers": Described(
        "setting, replicate and sample",
        {
            **SEED,
            "sample": Column("number of the sample", NUMBER),
            "exact": Column("λ of the exact KKT point", MULTIPLIER),
            "least_squares": Column(
                "estimate: best non-negative fit at the trained weights", MULTIPLIER
            ),
            "loss_gradient": Column("estimate: from the slopes of the loss at them", MULTIPLIER),
            "orthogonal": Column("estimate: closed form for orthogonal data", MULTIPLIER),
        },
    )
}

"""The table of steps on deeper networks."""

from kkt_unlearning.studies.columns import (
    COSINE,
    DELTA,
    FORGET,
    MEAN,
    MULTIPLIER,
    NAME,
    NEAR_ORTHOGONALITY,
    NOTHING_TAU,
    RELATIVE,
    SEED,
    STEP,
    Column,
    Described,
    given_delta,
)

TABLES = {
    "depth": Described(
        "setting, replicate, forget set, way of sharing the step among layers, and step size",
        {
            **SEED,
            **FORGET,
            "layers": Column(
                "equal: the whole step in all layers; or halved in the deeper ones", NAME
            ),
            **STEP,
            "epsilon_orthogonal": Column(
                "ε that orthogonal data would have; nan for larger sets", RELATIVE
            ),
            "outcome": Column("separating, not separating, or not trained", NAME),
            "epsilon_autograd": Column("least ε at θ′ itself (τ = 0)", RELATIVE),
            "epsilon": Column("least ε at the restored network θ̃", RELATIVE),
            "delta": Column("slackness δ at θ̃", MULTIPLIER),
            "relative_delta": Column("δ at θ̃", MEAN),
            "delta_budget": Column("δ that was allowed at θ̃", MULTIPLIER),
            "tau": Column("τ: from θ′ to θ̃", COSINE),
            "part_training": Column("part of the residual that θ had already", RELATIVE),
            "part_left": Column("part that a step too short or too long leaves", RELATIVE),
            "part_cell": Column("part of gradients that move within the cell", RELATIVE),
            "part_flips": Column("part of flipped activations", RELATIVE),
            "part_total": Column("all parts together", RELATIVE),
            "margin_forgotten": Column("largest margin of a forgotten sample", "margin"),
            "margin_same": Column("mean retained margin of the forgotten labels", "margin"),
            "margin_other": Column("mean retained margin of the other label", "margin"),
            **given_delta(DELTA),
            **NOTHING_TAU,
            "distance_retrained": Column("from θ′ to the retrained network", COSINE),
            "distance_retrained_original": Column("from θ to it, without a step", COSINE),
            "distance_continued": Column("from θ′ to the network trained on from there", COSINE),
            "distance_continued_original": Column("from θ to it, without a step", COSINE),
            "residual": Column("stationarity residual of the trained network", RELATIVE),
            "residual_autograd": Column("the same, derivatives 0 or 1", RELATIVE),
            "multiplier_error": Column(
                "largest error of λ; nan but for two layers", "over the largest"
            ),
            "input_cosine": Column("largest |cosine| between the inputs of a layer"),
            "class_cosine": Column("median cosine between last inputs of one label"),
            **NEAR_ORTHOGONALITY,
        },
    )
}

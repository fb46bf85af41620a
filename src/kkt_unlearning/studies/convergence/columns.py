"""The table of steps from weights on the way."""

from kkt_unlearning.studies.columns import (
    CERTIFICATE,
    COSINE,
    COUNT,
    FORGET,
    MULTIPLIER,
    NAME,
    RELATIVE,
    SEED,
    TRUTH,
    Column,
    Described,
)

TABLES = {
    "convergence": Described(
        "setting, replicate, snapshot of the training, agent and forget set",
        {
            **SEED,
            "step": Column("steps of training made so far", COUNT),
            "minus_log_loss": Column("−log of the loss"),
            "norm": Column("‖θ‖ of the trained weights"),
            "smallest_margin": Column("smallest margin of the trained weights", "margin"),
            "normalised_margin": Column("smallest margin over ‖θ‖"),
            "distance_exact": Column("from the trained weights to the exact KKT point", COSINE),
            "agent": Column("who steps: what it knows of multipliers and derivatives", NAME),
            **FORGET,
            "epsilon_autograd": CERTIFICATE["epsilon_autograd"],
            "epsilon": CERTIFICATE["epsilon"],
            "outside": Column("part of θ̃ outside the span of the retained samples", RELATIVE),
            "delta": CERTIFICATE["delta"],
            "relative_delta": CERTIFICATE["relative_delta"],
            "tau": CERTIFICATE["tau"],
            "tau_star": CERTIFICATE["tau_star"],
            "outcome": Column("separating, not separating, or not fitted", NAME),
            "multiplier_error": Column(
                "largest error of the agent's multipliers", "over the largest"
            ),
            "holds": Column("whether ε and τ are at most the levels", TRUTH),
            "delta_allowed": Column("δ allowed at θ̃, that of the exact step", MULTIPLIER),
            "epsilon_exact": Column("epsilon of the step from the exact KKT point", RELATIVE),
            "tau_exact": Column("tau of that step", COSINE),
            "tau_star_exact": Column("tau_star of that step", COSINE),
            "epsilon_level": Column("level that ε is held against", RELATIVE),
            "tau_level": Column("level that τ is held against", COSINE),
        },
    )
}

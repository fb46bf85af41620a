"""The table of ways to forget."""

from kkt_unlearning.studies.columns import (
    CERTIFICATE,
    COSINE,
    COUNT,
    FORGET,
    MEAN,
    NAME,
    SEED,
    SHARE,
    Column,
    Described,
)

_KEPT = ("epsilon", "delta", "relative_delta", "tau", "tau_star", "outcome")

TABLES = {
    "recovery": Described(
        "setting, replicate, forget set, method, start, β and number of steps",
        {
            **SEED,
            **FORGET,
            "method": Column("way to forget", NAME),
            "start": Column("where it starts: exact, trained, or initial weights", NAME),
            "beta": Column("weight of the retain set in NegGrad+; nan for others", SHARE),
            "steps": Column("steps of gradient methods; 0 for others", COUNT),
            "cost": Column("gradients of one sample", COUNT),
            "cost_dual": Column("gradients of one sample for the multipliers", COUNT),
            "epsilon_autograd": CERTIFICATE["epsilon_autograd"],
            "epsilon_clarke": CERTIFICATE["epsilon_clarke"],
            "relative_delta_clarke": Column("δ of epsilon_clarke", MEAN),
            **{name: CERTIFICATE[name] for name in _KEPT},
            "distance_retrained": Column("to the exact KKT point of the retrained network", COSINE),
            "forgotten_margin": Column(
                "mean forgotten margin", "over the smallest retained margin"
            ),
            "forgotten_correct": Column("forgotten samples still labelled correctly", SHARE),
        },
    )
}

"""The attacks by name: functions of `Sides` and the loss that give the scores of both sides."""

from kkt_unlearning.extensions import Registry

ATTACKS = Registry(
    "attacks",
    "attack",
    {
        name: f"kkt_unlearning.attacks.membership:by_{name}"
        for name in ("margin", "loss_threshold", "u_lira")
    },
    "a function of both sides and the loss",
    callable,
)

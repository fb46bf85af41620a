"""The unlearning methods by name: functions of a `Task`, each of whose results is an `Attempt`."""

from kkt_unlearning.extensions import Registry

# recovered is prescribed and then fine_tuning
_OWN = (
    *("nothing", "prescribed", "recovered", "fine_tuning", "neggrad_plus"),
    *("gradient_ascent", "projected_ascent", "minimal_perturbation", "influence", "retain_free"),
    "downdate",
)

METHODS = Registry(
    "methods",
    "method",
    {name: f"kkt_unlearning.unlearning.methods:by_{name}" for name in _OWN},
    "a function of a task",
    callable,
)

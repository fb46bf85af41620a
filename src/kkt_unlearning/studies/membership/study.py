"""What membership inference sees of a forgotten sample."""

from collections.abc import Mapping
from typing import Any

from kkt_unlearning.attacks.registry import ATTACKS
from kkt_unlearning.studies.options import FRACTIONS, choice, number, options, several, whole
from kkt_unlearning.studies.study import Drawn, Fail, Measure, Section, Study

SMALLEST_POOL = 6  # halves of fewer samples often have none to forget or none to retain

MEMBERSHIP = options(
    "Attacks on shadow models, which are trained on random halves of a data set.",
    pools=whole(
        "Data sets that serve as pools, the first of the replicates; all where there are fewer.",
        minimum=1,
    ),
    models=whole("Shadow models of each pool.", minimum=8),
    folds=whole(
        "Parts of the shadow models; each is attacked with what the others show.", minimum=2
    ),
    fractions=FRACTIONS,
    certificates=whole(
        "Shadow models of each pool of which every forgetting gets a certificate.", minimum=1
    ),
    attacks=several("Attacks on them, ours among them.", choice("", *ATTACKS.own)),
)
KLOM = options(
    "Divergence of margins, unlearned shadow models against ones never trained on the sample.",
    recipe=choice(
        "Direction of the divergence and range of the bins.", "joint_range", "fixed_range"
    ),
    models=whole("Unlearned models and as many oracle models behind each value.", minimum=2),
    bins=whole("Number of bins of a histogram.", minimum=2),
    clip=number("Margins beyond this size count as of this size.", exclusiveMinimum=0),
    floor=number(
        "Smallest probability of a bin in the denominator.", exclusiveMinimum=0, exclusiveMaximum=1
    ),
    draws=whole("Random relabellings of the models behind each noise floor.", minimum=1),
)


def check_membership(given: Mapping[str, Any], samples: int, fail: Fail) -> None:
    """Each fold has as many models with a sample as without; there are models to certify."""
    models, folds, certificates = (given[name] for name in ("models", "folds", "certificates"))
    unit = 2 * folds
    if models % unit or models < 2 * unit:
        near = max(2, round(models / unit)) * unit
        fail(
            "models",
            text=f"the value is {models}, but multiples of 2 x folds = {unit} from {2 * unit} on are "
            f"allowed: write {near}.",
        )
    if certificates > models:
        fail(
            "certificates",
            text=f"the value is {certificates}, but there are {models} models: lower it.",
        )
    missing = [name for name in ATTACKS.own if name not in given["attacks"]]
    if missing:
        fail("attacks", text=f"{missing[0]} is missing, which figures and claims rest on: add it.")
    if samples < SMALLEST_POOL:
        fail(
            "models",
            text=f"shadow models hold half of the data set, which has {samples} samples, and at least "
            f"{SMALLEST_POOL} are needed: raise dataset.samples.",
        )


def check_klom(experiment: Mapping[str, Any], _: Any, fail: Fail) -> None:
    """No more models behind a histogram than a quarter of the shadow models.

    Half of them hold a sample x. Of those a models hold another sample z as well, and as many of the
    other half hold neither; the smaller of a and half less a is at most a quarter. That fewer are
    there by chance only the job can know.
    """
    if "klom" not in experiment["measures"]:
        return
    wanted, models = (experiment[name]["models"] for name in ("klom", "membership"))
    if wanted > models // 4:
        fail(
            "klom",
            "models",
            text=f"the value is {wanted}, but of {models} shadow models at most a quarter, {models // 4}, "
            "can hold one sample and not another: lower it, or raise membership.models to "
            f"{4 * wanted} or more.",
        )


STUDY = Study(
    order=110,
    sections={"membership": Section("Membership inference", "docs/questions/membership.md")},
    figure={"table": "membership.membership", "klom": "membership.klom"},
    experiments={"membership": Drawn(sweep=("dimension",))},
    measures={
        "membership": Measure(
            "membership",
            reads="shadows",
            schema=MEMBERSHIP,
            registries={"attacks": ATTACKS},
            check=check_membership,
        ),
        "klom": Measure(
            "klom",
            reads="shadows",
            schema=KLOM,
            requires={"membership": "The shadow models that klom compares"},
            borrows={"membership": ("fractions",)},
            check_experiment=check_klom,
        ),
    },
)

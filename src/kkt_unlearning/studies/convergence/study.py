"""What the guarantee is worth when training has not converged."""

from kkt_unlearning.studies.options import FORGET, number, options
from kkt_unlearning.studies.study import Drawn, Measure, Section, Study, check_forget

OPTIONS = options(
    "Options of the measure convergence.",
    forget=FORGET,
    levels=options(
        "What the certificate has to stay below for the guarantee to hold.",
        epsilon=number("Largest relative epsilon.", exclusiveMinimum=0),
        tau=number("Largest tau.", exclusiveMinimum=0),
    ),
)

STUDY = Study(
    order=50,
    sections={
        "convergence": Section("Training that has not converged", "docs/questions/convergence.md")
    },
    figure={"table": "convergence.convergence"},
    experiments={"convergence": Drawn()},
    measures={
        "convergence": Measure("convergence", schema=OPTIONS, snapshots=True, check=check_forget)
    },
)

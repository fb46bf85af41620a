"""What the number of samples does: the factor 1/m, and how many data sets are nearly orthogonal."""

from kkt_unlearning.studies.options import FORGET, options
from kkt_unlearning.studies.study import Drawn, Measure, Section, Study, check_forget

CROWDING = options("Options of the measure crowding.", forget=FORGET)

STUDY = Study(
    order=15,
    sections={
        "crowding": Section(
            "The number of samples and near-orthogonality", "docs/questions/crowding.md"
        )
    },
    figure={
        "table": "crowding.crowding",
        "gaussian": "crowding.dataset",
        "mixture": "mixture.dataset",
    },
    experiments={"crowding": Drawn(sweep=("samples", "dimension"))},
    measures={"crowding": Measure("crowding", schema=CROWDING, check=check_forget)},
)

"""From config.yaml to the figures and the scorecard: README.md shows the way, workflow/rules/ the steps."""

from pathlib import Path

from workflow.support.committed import caption, mark_outdated
from workflow.support.configuration import announce, check
from workflow.support.settings import FIGURES, Study
from workflow.support.sources import Sources


configfile: Path(workflow.basedir, "config.yaml")


sources = Sources(Path(workflow.basedir))
sources.make_importable()
announce(workflow.configfiles)
code = sources.digest
study = Study(check(config, workflow.configfiles), sources)


wildcard_constraints:
    experiment="|".join(study.experiments),
    network="|".join(study.config["networks"]),
    point=r"[^/]+",
    measure="dataset|kkt|multipliers|stationarity",


rule all:
    input:
        study.targets(),


include: "workflow/rules/datasets.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/duals.smk"
include: "workflow/rules/unlearning.smk"
include: "workflow/rules/retraining.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/figures.smk"

"""From config.yaml to the figures and the scorecard: README.md shows the way, workflow/rules/ the steps."""

import gc
from pathlib import Path

from workflow.support.backend import refuse_missing_backend
from workflow.support.cluster import announce_root, growing
from workflow.support.committed import caption, mark_outdated, template
from workflow.support.config_files import announce
from workflow.support.configuration import check
from workflow.support.figures import FIGURES, experiments_of, section_of
from workflow.support.measures import MEASURES
from workflow.support.pacing import lift_unasked_limit
from workflow.support.reading import refuse_unclear
from workflow.support.records import check_records
from workflow.support.settings import Study
from workflow.support.sharing import sharing
from workflow.support.sources import Sources
from workflow.support.versions import announce_versions, computing

refuse_unclear([*workflow.configfiles, Path(workflow.basedir, "config.yaml")])


configfile: Path(workflow.basedir, "config.yaml")


# Thousands of jobs are millions of objects that all stay: to look for garbage among them again and again takes an
# eighth of the planning.
gc.set_threshold(100_000, 50, 1000)

sources = Sources(Path(workflow.basedir))
sources.make_importable()
announce(workflow.configfiles)
announce_versions()
announce_root(workflow.basedir)
code = sources.digest
shared = sharing(
    workflow
)  # unasked, Snakemake would warn of each rule that could be shared
study = Study(check(config, workflow.configfiles), sources)
if workflow.is_main_process:  # not each job of a cluster again
    check_records()


wildcard_constraints:
    experiment="|".join(study.experiments),
    network="|".join(study.config["networks"]),
    training="|".join(study.config["trainings"]),
    point=r"[^/]+",
    measure="|".join(
        ["dataset", "kkt", *(measure.part for measure in MEASURES.values())]
    ),


onstart:
    refuse_missing_backend(workflow, study.config)
    lift_unasked_limit(workflow)


report: "workflow/report/workflow.rst"


rule all:
    input:
        study.targets(),


include: "workflow/rules/datasets.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/duals.smk"
include: "workflow/rules/unlearning.smk"
include: "workflow/rules/retraining.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/recovery.smk"
include: "workflow/rules/flips.smk"
include: "workflow/rules/convergence.smk"
include: "workflow/rules/batch.smk"
include: "workflow/rules/depth.smk"
include: "workflow/rules/membership.smk"
include: "workflow/rules/dependence.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/figures.smk"

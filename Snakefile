"""From config.yaml to the figures and the scorecard: README.md shows the way, workflow/rules/ the steps."""

import gc
import sys
from pathlib import Path

if not hasattr(workflow.current_basedir, "__fspath__"):  # git+file:, github(…)
    raise SystemExit(
        "error: Snakefile: it is read out of a repository, but its rules need the library in the folder around it: "
        "clone the repository, and name the Snakefile of the clone."
    )

from workflow.support.configuration.backend import refuse_missing_backend
from workflow.support.configuration.check import check
from workflow.support.configuration.reading import refuse_unclear
from workflow.support.places.asked import Asked
from workflow.support.places.bundles import refuse_circles
from workflow.support.places.captions import caption
from workflow.support.places.finish import where
from workflow.support.places.folder import NOTES, refuse_foreign, refuse_read_only
from workflow.support.places.jobs import announce, growing
from workflow.support.places.module import (
    configuration,
    files_of,
    folder_of,
    inside,
    is_stored,
    refuse_own_files,
)
from workflow.support.places.pacing import lift_unasked_limit
from workflow.support.places.plan import OWN, SETTING, Plan
from workflow.support.places.sharing import sharing
from workflow.support.places.sources import Sources
from workflow.support.places.tables import experiments_of, section_of
from workflow.support.records.records import check_records, refuse_unasked
from kkt_unlearning.studies.study import figures, measures, rows_of

# of this file, wherever the one is that the run was started with
root = Path(workflow.current_basedir)
folder, files = folder_of(workflow), files_of(workflow, root)
refuse_unclear(files)


configfile: root / "config/claims.yaml"
configfile: root / "config.yaml"


config = configuration(workflow, config, root)

# Thousands of jobs are millions of objects that all stay: to look for garbage among them again and again takes an
# eighth of the planning.
gc.set_threshold(100_000, 50, 1000)

sources = Sources(root)
announce(root, files)
# unasked, Snakemake would warn of each rule that could be shared
shared = sharing(workflow, Path(folder, "results"))
plan = Plan(check(config, files), sources)
stored = is_stored(workflow)
asked = Asked(plan, folder, stored)
if stored:
    refuse_own_files(plan)
if workflow.is_main_process:  # not each job of a cluster again
    refuse_read_only()
    notes = NOTES.absolute()
    if Path(folder).is_dir() and not stored:
        with inside(folder):
            refuse_foreign(root, notes)
            check_records(asked, notes)


wildcard_constraints:
    experiment="|".join(plan.experiments),
    network="|".join(plan.config["networks"]),
    training="|".join(plan.config["trainings"]),
    point=r"[^/]+",
    measure="|".join(
        ["dataset", "kkt", *(measure.part for measure in measures().values())]
    ),


onstart:
    refuse_missing_backend(workflow, plan.config)
    if workflow.is_main_process:
        refuse_circles(workflow.group_settings, asked)
    lift_unasked_limit(workflow)


onsuccess:
    if shared:
        refuse_unasked(asked)
    if workflow.is_main_process:
        print(where(Path(folder)), file=sys.stderr)


report: "workflow/report/workflow.rst"


rule all:
    input:
        plan.targets(),


include: "workflow/rules/datasets.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/duals.smk"
include: "workflow/rules/unlearning.smk"
include: "workflow/rules/retraining.smk"
include: "workflow/rules/deep.smk"
include: "workflow/rules/shadows.smk"
include: "workflow/rules/measures.smk"
include: "workflow/rules/dependence.smk"
include: "workflow/rules/readings.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/own.smk"

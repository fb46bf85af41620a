"""This pipeline as a ``module`` of somebody else's Snakefile: what is asked of it, where its results lie.

``config:`` of the module is what a file of ``--configfile`` is to a run of its own. The folder that
``prefix:`` names is what the working directory is to such a run: results and records are equal to the byte.
"""

from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from scripts._errors import in_folder
from scripts._origins import origin
from snakemake.io import get_flag_value

from workflow.support.configuration.files import base_files, over_base
from workflow.support.places.plan import Plan

WRITTEN = ("results", "paper_figures", "docs")  # folders that rules write in
_ANY = "file"


def is_module(workflow: Any) -> bool:
    """Whether the Snakefile that is read now is not the one that the run was started with.

    Args:
        workflow: Snakemake's, while it reads the Snakefile.
    """
    return not workflow.modifier.is_main_snakefile()


def files_of(workflow: Any, root: Path) -> list[str | Path]:
    """Where the configuration is from: files as Snakemake lists them, ``config:`` of a module in words."""
    if is_module(workflow):
        return [*base_files(root), f"config of module {workflow.modifier.namespace}"]
    return [*workflow.configfiles, *base_files(root)]


def configuration(workflow: Any, config: dict[str, Any], root: Path) -> dict[str, Any]:
    """The configuration; of a module what its ``config:`` holds, on top of the project's own files."""
    if not is_module(workflow):
        return config
    # without config: Snakemake gives it the command line, which is meant for its user's own workflow
    return over_base(root, config if workflow.modifier.skip_configfile else {})


def is_stored(workflow: Any) -> bool:
    """Whether results lie in a storage, which brings a job what its rule names."""
    return workflow.storage_settings.default_storage_provider is not None


def refuse_own_files(plan: Plan) -> None:
    """End the program if a data set is made from files of this machine, which no storage brings to a job.

    Raises:
        SystemExit: there is such a data set; the message is one sentence.
    """
    for name in plan.experiments:
        if plan.file(SimpleNamespace(experiment=name)):
            keys = ["experiments", name, "dataset"]
            raise SystemExit(
                f"error: {origin(keys, plan.config)}, {'.'.join(keys)}: its files are on this machine, and "
                "jobs are brought only what lies in the storage: run it without --default-storage-provider, "
                "and without a profile that has one."
            )


def folder_of(workflow: Any) -> str:
    """Folder of the results: of ``prefix:``, of copies from a storage; empty for the working directory.

    Raises:
        SystemExit: they have no folder to themselves; the message is one sentence.
    """
    ends = [f"{name}/{_ANY}" for name in WRITTEN]
    moved = [_moved(workflow, end) for end in ends]
    found = {path.removesuffix(end) for path, end in zip(moved, ends, strict=True)}
    if len(found) > 1 or found.intersection(moved):
        raise SystemExit(
            f"error: module {workflow.modifier.namespace}, replace_prefix: {', '.join(WRITTEN)} would no "
            "longer lie in one folder, from which records name each other: write prefix instead."
        )
    folder: str = found.pop()
    return folder.rstrip("/")


def _moved(workflow: Any, path: str) -> str:
    """Where a file of a rule lies on the disk."""
    modified = workflow.modifier.modify_path(path)
    stored = get_flag_value(modified, "storage_object")
    return str(stored.local_path() if stored else modified)


@contextmanager
def inside(folder: str) -> Iterator[None]:
    """Within this block the folder is the working directory, and sentences that end the program name it."""
    with chdir(folder or "."):
        try:
            yield
        except SystemExit as error:
            raise SystemExit(in_folder(str(error), folder)) from None

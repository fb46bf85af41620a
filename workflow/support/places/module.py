"""This pipeline as a ``module`` of somebody else's Snakefile: what is asked of it, where its results lie.

``config:`` of the module is what a file of ``--configfile`` is to a run of its own. The folder that
``prefix:`` names is what the working directory is to such a run: results and records are equal to the byte.
"""

from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from scripts._errors import in_folder

from workflow.support.configuration.files import base_files, over_base

WRITTEN = ("results", "paper_figures", "docs")  # folders that rules write in


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


def folder_of(workflow: Any) -> str:
    """Folder of the module's results, as ``prefix:`` names it; empty for the working directory.

    Raises:
        SystemExit: they have no folder to themselves; the message is one sentence.
    """
    if not is_module(workflow):
        return ""
    moved = workflow.modifier.path_modifier.replace_prefix
    found = {moved(f"{name}/").removesuffix(f"{name}/") for name in WRITTEN}
    if len(found) > 1 or not all(moved(f"{name}/").endswith(f"{name}/") for name in WRITTEN):
        raise SystemExit(
            f"error: module {workflow.modifier.namespace}, replace_prefix: {', '.join(WRITTEN)} would no "
            "longer lie in one folder, from which records name each other: write prefix instead."
        )
    folder: str = found.pop()
    return folder.rstrip("/")


@contextmanager
def inside(folder: str) -> Iterator[None]:
    """Within this block the folder is the working directory, and sentences that end the program name it."""
    with chdir(folder or "."):
        try:
            yield
        except SystemExit as error:
            raise SystemExit(in_folder(str(error), folder)) from None

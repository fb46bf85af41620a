"""What an archive says of itself to repositories of research data: a Workflow Run RO-Crate.

Profile: https://w3id.org/ro/wfrun/workflow/0.5, which extends RO-Crate 1.1 and Workflow RO-Crate 1.0.
"""

import hashlib
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from rocrate.model import ContextEntity
from rocrate.rocrate import ROCrate

from workflow.support.records.agreement import LOCKS, Files, pins

METADATA, SOFTWARE, WORKFLOW = "ro-crate-metadata.json", "codemeta.json", "Snakefile"

_VERSION = "1.1"  # of RO-Crate
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
_TERMS = {"sha256": "https://schema.org/sha256"}  # which this version does not have
_RESULTS = ("docs/", "paper_figures/", "results/")
_FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
}


def metadata(files: Files, software: Mapping[str, Any], configuration: str) -> dict[str, Any]:
    """JSON-LD on each file, with its size and SHA-256, and on the run that made the results.

    Its day is that of the software, since results have none.

    Args:
        files: of an archive, all but this one and the checksums, which are over this one as well.
        software: what ``codemeta.json`` says.
        configuration: name of the file that the run was given.
    """
    crate = ROCrate(version=_VERSION)
    crate.metadata.extra_terms.update(_TERMS)
    crate.add_workflow(
        dest_path=WORKFLOW,
        properties={"version": software["version"], **_file(WORKFLOW, files[WORKFLOW])},
        main=True,
        lang="snakemake",
        lang_version=pins(files[LOCKS[0]]).get("snakemake"),
    )
    named = {
        name: crate.add_file(dest_path=name, properties=_file(name, files[name]))
        for name in sorted(files.keys() - {WORKFLOW})
    }
    _describe(crate, software)
    run = crate.add_action(
        crate.mainEntity,
        "#run",
        object=named[configuration],
        result=[file for name, file in named.items() if name.startswith(_RESULTS)],
        properties={
            "name": f"run of {software['name']} {software['version']}",
            "description": "Each result has its record: settings, seed, code, versions, inputs.",
            "agent": crate.root_dataset["author"],
        },
    )
    crate.root_dataset["mentions"] = run
    found: dict[str, Any] = crate.metadata.generate()
    return found


def _file(name: str, content: bytes) -> dict[str, str]:
    return {
        "name": name,
        "encodingFormat": _FORMATS.get(PurePath(name).suffix, "text/plain"),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _describe(crate: ROCrate, software: Mapping[str, Any]) -> None:
    """Description, authors, licence, day and paper of the software as those of the crate."""
    paper, licence = software["referencePublication"], software["license"]
    crate.name = f"Results of {software['name']} {software['version']}"
    crate.description = software["description"]
    crate.datePublished = software["datePublished"]
    crate.license = _entity(crate, licence, "CreativeWork", PurePath(licence).name)
    crate.root_dataset["conformsTo"] = [
        _entity(crate, profile, "CreativeWork", name, version=PurePath(profile).name)
        for profile, name in _PROFILES.items()
    ]
    crate.root_dataset["author"] = crate.publisher = _entity(
        crate, "#authors", software["author"]["@type"], software["author"]["name"]
    )
    crate.root_dataset["citation"] = _entity(crate, paper["@id"], paper["@type"], paper["name"])


def _entity(crate: ROCrate, identifier: str, kind: str, name: str, **more: str) -> ContextEntity:
    properties = {"@type": kind, "name": name, **more}
    return crate.add(ContextEntity(crate, identifier, properties=properties))

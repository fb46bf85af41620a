"""The metadata of an archive are those of a Workflow Run RO-Crate, by its own validator (make test-crate)."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from workflow.archive import CONFIGURATION, PROJECT, described
from workflow.support.records.crate import METADATA, SOFTWARE, WORKFLOW

ROOT = Path(__file__).parents[2]

# of rdflib, by its own reader
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

# Of https://w3id.org/ro/crate/1.1/context, which is in the public domain, the terms that an archive needs.
CONTEXT = Path(__file__).with_name("ro_crate_context.json")
RESULTS = {
    "results/scorecard.csv": b"claim,verdict\n",
    "results/dimension/dimension=40/base.provenance.json": b"{}",
    "paper_figures/kinks.pdf": b"%PDF",
    "docs/findings.md": b"# Findings\n",
}
# What the profiles recommend and an archive does not have, with the reason.
WITHOUT = {
    "The Action SHOULD have an endTime in ISO 8601 format": "the same results are the same bytes",
    "The Application SHOULD have a url": "the project has no public address",
    "The organization SHOULD have a URL.": "likewise",
    "The README.md SHOULD be about the crate": "the metadata say what it would",
    "The README.md SHOULD have text/markdown as its encodingFormat": "likewise",
    "The Main Workflow SHOULD comply with Bioschemas ComputationalWorkflow profile version 1.0 or later": (
        "it asks for an address as well"
    ),
    "The SoftwareApplication id SHOULD be an absolute URI": "there is none: it looks at a class",
}


@pytest.fixture
def files() -> dict[str, bytes]:
    project = {name: (ROOT / name).read_bytes() for name in PROJECT}
    return project | RESULTS | {CONFIGURATION: b"{}"}


@pytest.fixture
def graph(files) -> dict[str, dict]:
    return {entity["@id"]: entity for entity in json.loads(described(files))["@graph"]}


def test_every_file_has_its_size_and_sum(files, graph):
    found = {unquote(name): entity for name, entity in graph.items() if "File" in entity["@type"]}
    assert found.keys() == files.keys()
    assert {unquote(part["@id"]) for part in graph["./"]["hasPart"]} == files.keys()
    for name, entity in found.items():
        assert entity["sha256"] == hashlib.sha256(files[name]).hexdigest()
        assert entity["contentSize"] == str(len(files[name]))


def test_the_run_made_the_results_of_the_configuration_by_the_workflow(graph):
    run = graph["#run"]
    assert run["@type"] == "CreateAction"
    assert run["instrument"] == graph["./"]["mainEntity"] == {"@id": WORKFLOW}
    assert run["object"] == {"@id": CONFIGURATION}
    assert {unquote(result["@id"]) for result in run["result"]} == RESULTS.keys()
    language = graph[graph[WORKFLOW]["programmingLanguage"]["@id"]]
    assert language["name"] == "Snakemake"
    assert f"\nsnakemake=={language['version']} " in (ROOT / "envs/requirements.lock").read_text()


def test_title_authors_licence_day_and_paper_are_those_of_the_software(graph):
    software, crate = json.loads((ROOT / SOFTWARE).read_text(encoding="utf-8")), graph["./"]
    assert crate["datePublished"] == software["datePublished"]
    assert crate["license"] == {"@id": software["license"]}
    assert crate["citation"] == {"@id": software["referencePublication"]["@id"]}
    assert software["author"].items() <= graph[crate["author"]["@id"]].items()
    assert graph["#run"]["agent"] == crate["author"]


def test_no_name_is_without_a_term(files):
    terms = json.loads(CONTEXT.read_text(encoding="utf-8"))["@context"]
    (_, own), graph = (value for value in json.loads(described(files)).values())
    used = {key for entity in graph for key in entity if not key.startswith("@")}
    kinds = [entity["@type"] for entity in graph]
    used |= {name for kind in kinds for name in ([kind] if isinstance(kind, str) else kind)}
    assert used - own.keys() == terms.keys()


@pytest.fixture
def validate(files, tmp_path) -> Callable[[Callable[[dict], None]], tuple[set[str], set[str]]]:
    """What the profile requires, and what it recommends, of a crate with its metadata changed."""
    pytest.importorskip(
        "rocrate_validator", reason="make test-crate installs it (envs/requirements-crate.txt)"
    )
    from requests import Response
    from requests.adapters import BaseAdapter
    from requests_cache import CachedSession
    from rocrate_validator.models import Severity, ValidationSettings
    from rocrate_validator.services import validate
    from urllib3 import HTTPResponse

    class Stored(BaseAdapter):
        """The terms instead of the network."""

        def send(self, request, **_) -> Response:
            body = io.BytesIO(CONTEXT.read_bytes())
            response = Response()
            response.status_code, response.url, response.request = 200, request.url, request
            response.headers["Content-Type"] = "application/ld+json"
            response.raw = HTTPResponse(body, response.headers, 200, preload_content=False)
            return response

        def close(self) -> None:
            pass

    with CachedSession(tmp_path / "cache", backend="sqlite", expire_after=-1) as session:
        session.mount("https://", Stored())
        session.get("https://w3id.org/ro/crate/1.1/context")

    def found(change: Callable[[dict], None]) -> tuple[set[str], set[str]]:
        made = json.loads(described(files))
        change({entity["@id"]: entity for entity in made["@graph"]})
        for name, content in {**files, METADATA: json.dumps(made).encode()}.items():
            path = tmp_path / "crate" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        settings = ValidationSettings(
            rocrate_uri=str(tmp_path / "crate"),
            profile_identifier="workflow-run-crate",
            requirement_severity=Severity.RECOMMENDED,
            offline=True,
            cache_path=tmp_path / "cache",
            cache_max_age=-1,
        )
        issues = validate(settings).get_issues()
        required = {issue.message for issue in issues if issue.severity == Severity.REQUIRED}
        return required, {issue.message for issue in issues} - required

    return found


def test_it_is_a_workflow_run_crate(validate):
    required, recommended = validate(lambda graph: None)
    assert required == set()
    assert recommended == WITHOUT.keys()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda graph: graph["#run"].pop("instrument"), "instrument"),
        (lambda graph: graph["./"].pop("license"), "license"),
        (lambda graph: graph[WORKFLOW].pop("programmingLanguage"), "programmingLanguage"),
    ],
)
def test_the_validator_tells_what_is_not_there(validate, change, said):
    required, _ = validate(change)
    assert any(said in message for message in required)

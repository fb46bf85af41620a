"""What the Snakemake workflow catalogue reads: its file at the top, and what that says of the workflow."""

import os
import re
from pathlib import Path

import jsonschema
import yaml

ROOT = Path(__file__).parents[2]
CATALOGUE = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())
RULES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))

# The keys in the template of Snakemake's authors.
_TEXT, _FLAG = {"type": "string", "minLength": 1}, {"type": "boolean"}
_DEPLOYED = ("conda", "singularity", "singularity+conda", "apptainer", "apptainer+conda")


def _object(**properties):
    return {"type": "object", "properties": properties, "additionalProperties": False}


SCHEMA = _object(
    usage=_object(
        **{
            "mandatory-flags": _object(desc=_TEXT, flags=_TEXT),
            "software-stack-deployment": _object(**dict.fromkeys(_DEPLOYED, _FLAG)),
            "report": _FLAG,
        }
    )
)

# conda, as far as Snakemake asks for it: an environment is Python's own, and a line for what was asked.
CONDA = """#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    info) echo '{"conda_prefix": "/opt/conda", "platform": "linux-64"}' ;;
    --version) echo "conda 25.1.0" ;;
    config) echo '{"get": {"channel_priority": "strict"}}' ;;
    --file) file=$2 ;;
    --prefix) mkdir -p "$2/bin" && { cat "$file"; echo ---; } >> "$ASKED" ;;
  esac
  shift
done
"""


def test_its_file_has_the_keys_that_it_reads_and_no_others():
    jsonschema.validate(CATALOGUE, SCHEMA)


def test_what_it_shows_and_searches_for_is_there():
    assert {"snakemake", "workflow"} <= {
        *re.findall(r"\w+", (ROOT / "README.md").read_text().lower())
    }
    assert (ROOT / "config" / "README.md").read_text().startswith("# Configuration\n")


def test_the_snakefile_that_it_takes_for_the_main_one_plans_the_same_jobs(project_of_file):
    target = "results/tables/step_size.csv"
    words = ("--snakefile", "workflow/Snakefile", "--", target)
    assert project_of_file.planned(*words) == project_of_file.planned(target) != {}


def test_the_report_that_it_promises_is_one():
    assert CATALOGUE["usage"]["report"]
    assert "report: " in (ROOT / "Snakefile").read_text()


def test_every_rule_with_a_script_has_the_conda_environment_that_it_promises():
    assert CATALOGUE["usage"]["software-stack-deployment"] == {"conda": True}
    for path in RULES:
        blocks = re.split(r"^(?= *rule\b)", path.read_text(), flags=re.MULTILINE)
        for block in (block for block in blocks if re.search(r"^ +script:", block, re.MULTILINE)):
            (named,) = re.findall(r"^ +conda:\n +(.+)$", block, re.MULTILINE)
            files = re.findall(r'"([^"]+\.yaml)"', named)
            assert files and all((path.parent / file).is_file() for file in files), block


def test_snakemake_asks_conda_for_the_environments_of_the_jobs_and_no_others(
    project_of_file, tmp_path, monkeypatch
):
    """With a stand-in for conda: what its channels and the solver make of the files is not tested."""
    asked = tmp_path / "asked"
    conda = tmp_path / "bin" / "conda"
    conda.parent.mkdir()
    conda.write_text(CONDA)
    conda.chmod(0o755)
    monkeypatch.setenv("ASKED", str(asked))
    monkeypatch.setenv("PATH", os.pathsep.join([str(conda.parent), os.environ["PATH"]]))
    words = ("--sdm", "conda", "--conda-create-envs-only", "--config", "backend=cupy", "--")
    project_of_file.make(*words, "results/tables/step_size.csv")
    found = {yaml.safe_load(text)["dependencies"][-1]["pip"][-1] for text in parts(asked)}
    envs = (yaml.safe_load((ROOT / f"envs/{kind}.yaml").read_text()) for kind in ("cpu", "gpu"))
    assert found == {env["dependencies"][-1]["pip"][-1] for env in envs}
    assert len(parts(asked)) == 2


def parts(asked):
    return asked.read_text().split("---\n")[:-1]

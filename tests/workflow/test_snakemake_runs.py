"""A Snakemake that finds itself loaded is what one from scratch is."""

import json

import pytest

from tests.snakemake_runs import snakemake

SNAKEFILE = """
import json
import os
import sys

ours = ("kkt_unlearning", "workflow", "scripts")
where = {"folder": os.getcwd(), "first": sys.path[0], "words": sys.argv, "said": os.environ.get("SAID")}
where["loaded"] = [name for name in sys.modules if name.partition(".")[0] in ours]
print(json.dumps(where))
print(os.environ.get("GIVEN"), file=sys.stderr)
if os.environ.get("SAID") == "no":
    raise SystemExit("error: no.")

rule all:
    output: "made"
    shell: "cat > {output}"
"""


@pytest.mark.parametrize("said", ["yes", "no"])
def test_it_has_the_same_folder_words_environment_streams_and_end(tmp_path, monkeypatch, said):
    monkeypatch.setenv("GIVEN", "by the caller")
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    found = []
    for variables in ({}, {"PYTHONPATH": str(tmp_path)}):
        run = snakemake(["--cores", "1", "--quiet", "all"], tmp_path, {"SAID": said, **variables})
        where = json.loads(run.stdout.splitlines()[0])
        assert where["loaded"] == []
        assert (where["folder"], where["said"]) == (str(tmp_path), said)
        assert "by the caller" in run.stderr
        found.append((run.returncode, where, run.stderr, (tmp_path / "made").exists()))
        (tmp_path / "made").unlink(missing_ok=True)
    assert found[0] == found[1]
    assert found[0][0] == (said == "no")

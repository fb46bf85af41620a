"""The pipeline as a module of somebody else's Snakefile."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from scripts._origins import origin
from snakemake.io import flag
from snakemake.path_modifier import PathModifier

from tests.snakemake_runs import snakemake
from workflow.support.configuration.check import check, checked
from workflow.support.configuration.files import merged
from workflow.support.places.module import (
    configuration,
    files_of,
    folder_of,
    inside,
    refuse_own_files,
)
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources

ROOT = Path(__file__).parents[2]
THEIRS = """
configfile: "config.yaml"

module plain:
    snakefile: config["snakefile"]
    config: config["kkt"]

use rule * from plain as plain_*

module moved:
    snakefile: config["snakefile"]
    config: config["kkt"]
    prefix: "theirs/kkt"

use rule * from moved as moved_*

rule mine:
    default_target: True
    input: rules.plain_dependence_tables.output.block, rules.moved_figure_dependence.output.pdf
    output: "mine.txt"
    shell: "echo {config[mine]} > {output}"
"""
IN_FOLDERS = ["results/tables/dependence.provenance.json"]
MADE = [
    *IN_FOLDERS,
    "results/tables/dependence.csv",
    "results/figures/dependence.provenance.json",
    "paper_figures/dependence.pdf",
]


def run_in(folder: Path, snakefile: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run in a folder of somebody else's, which has no profile."""
    (folder / "Snakefile").write_text(snakefile)
    return snakemake(["--cores", "1", *arguments], folder)


def test_as_a_module_with_and_without_prefix_it_makes_the_same_bytes(finished, tmp_path):
    kkt = yaml.safe_load((ROOT / "config/tiny.yaml").read_text())
    theirs = {"snakefile": str(finished.folder / "Snakefile"), "kkt": kkt, "mine": 3}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(theirs))
    run = run_in(tmp_path, THEIRS)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "mine.txt").read_text() == "3\n"
    for folder, names in {"": IN_FOLDERS, "theirs/kkt": MADE}.items():
        for name in names:
            assert (tmp_path / folder / name).read_bytes() == (finished.folder / name).read_bytes()
    again = run_in(tmp_path, THEIRS, "--dry-run")
    assert "Nothing to be done" in again.stdout + again.stderr


def test_out_of_a_repository_one_sentence_says_to_clone_it(tmp_path):
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@localhost"]
    for folder in ("kkt", "theirs"):
        (tmp_path / folder).mkdir()
    shutil.copy2(ROOT / "Snakefile", tmp_path / "kkt")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], cwd=tmp_path / "kkt", check=True)
    name = f"git+file://{tmp_path}/kkt/Snakefile@HEAD"
    module = f"module kkt:\n    snakefile: {name!r}\n    config: {{}}\n"
    run = run_in(tmp_path / "theirs", f"{module}use rule * from kkt as kkt_*\n", "--dry-run")
    assert run.returncode == 1
    (said,) = [line for line in run.stderr.splitlines() if line]
    assert said.startswith("error: Snakefile: it is read out of a repository")


def used(prefix=None, replace_prefix=None, configured=True, main=False, configfiles=()):
    """What Snakemake knows while it reads a module."""
    modifier = SimpleNamespace(
        namespace="kkt",
        is_main_snakefile=lambda: main,
        skip_configfile=configured,
        modify_path=PathModifier(replace_prefix, prefix, None).replace_prefix,
    )
    return SimpleNamespace(modifier=modifier, configfiles=list(configfiles))


@pytest.mark.parametrize(
    ("prefix", "folder"), [(None, ""), ("kkt", "kkt"), ("a/b/", "a/b"), ("/data/kkt", "/data/kkt")]
)
def test_results_lie_in_the_folder_of_the_prefix(prefix, folder):
    assert folder_of(used(prefix)) == folder


def test_results_in_one_folder_may_be_moved_name_by_name_but_not_apart():
    names = ("results", "paper_figures", "docs")
    together = {f"{name}/": f"kkt/{name}/" for name in names}
    assert folder_of(used(replace_prefix=together)) == "kkt"
    for apart in ({"results/": "kkt/results/"}, {"results/": "numbers/"}):
        with pytest.raises(
            SystemExit, match=r"^error: module kkt, replace_prefix: .*prefix instead"
        ):
            folder_of(used(replace_prefix=apart))


def stored_at(local):
    """What Snakemake knows while results lie in a storage, with copies below ``local``."""

    def modify(path):
        return flag(path, "storage_object", SimpleNamespace(local_path=lambda: local / path))

    return SimpleNamespace(modifier=SimpleNamespace(modify_path=modify))


def test_of_results_in_a_storage_the_copies_count():
    assert (
        folder_of(stored_at(Path(".snakemake/storage/s3/bucket/kkt")))
        == ".snakemake/storage/s3/bucket/kkt"
    )


def test_files_of_this_machine_do_not_reach_a_storage(tmp_path, tiny_config):
    refuse_own_files(Plan(checked(tiny_config), Sources(ROOT)))
    np.savez(tmp_path / "mine.npz", X=np.eye(4), y=np.array([1.0, -1.0, 1.0, -1.0]))
    mine = tiny_config["experiments"]["step_size"]
    mine |= {"dataset": {"source": "file", "path": str(tmp_path / "mine.npz")}, "forget": [[0]]}
    with pytest.raises(SystemExit, match=r"^error: .*, experiments\.step_size\.dataset: its files"):
        refuse_own_files(Plan(checked(tiny_config), Sources(ROOT)))


def test_the_config_of_a_module_lies_on_top_of_the_projects_own():
    given = {"replicates": 3, "experiments": {"step_size": {"forget": [[1]]}}}
    found = configuration(used(), given, ROOT)
    assert given == {"replicates": 3, "experiments": {"step_size": {"forget": [[1]]}}}
    assert found["experiments"]["step_size"].pop("forget") == [[1]]
    assert found.pop("replicates") == 3
    default = merged(ROOT)
    del default["replicates"], default["experiments"]["step_size"]["forget"]
    assert found == default


def test_without_config_a_module_is_the_projects_own_whatever_the_command_line_says():
    assert configuration(used(configured=False), {"theirs": 1}, ROOT) == merged(ROOT)


def test_a_run_of_its_own_is_left_as_it_is():
    own = used(main=True, configfiles=["mine.yaml"])
    assert folder_of(own) == ""
    config = {"seed": 1}
    assert configuration(own, config, ROOT) is config
    assert files_of(own, ROOT) == ["mine.yaml", ROOT / "config/claims.yaml", ROOT / "config.yaml"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sed": 1}, "error: config of module kkt, sed: this key is not known"),
        ({"experiments": {"mine": {}}}, "error: config of module kkt, experiments.mine.dataset: "),
        ({"seed": "x"}, "error: config of module kkt, seed: the value is x"),
    ],
)
def test_a_mistake_in_it_is_said_to_be_there(given, said):
    files = files_of(used(), ROOT)
    with pytest.raises(SystemExit) as caught:
        check(configuration(used(), given, ROOT), files)
    assert str(caught.value).startswith(said)


def test_what_it_leaves_as_it_is_is_of_the_projects_own_file():
    config = configuration(used(), {"seed": 1}, ROOT)
    assert origin(["resamples"], config, files_of(used(), ROOT)) == "config.yaml"


def test_sentences_about_another_folder_name_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("kkt")
    with pytest.raises(SystemExit, match=r"^error: in kkt, results/x is damaged$"), inside("kkt"):
        assert Path.cwd() == tmp_path / "kkt"
        raise SystemExit("error: results/x is damaged")
    assert Path.cwd() == tmp_path
    with pytest.raises(SystemExit, match=r"^error: results/x is damaged$"), inside(""):
        raise SystemExit("error: results/x is damaged")


def test_what_the_page_says_to_write_is_planned(tmp_path):
    page = (ROOT / "docs/howto/module.md").read_text(encoding="utf-8")
    (snakefile,), (config,) = (
        re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("python", "yaml")
    )
    (tmp_path / "config.yaml").write_text(config)
    here = snakefile.replace("/path/to/kkt-unlearning", str(ROOT))
    run = run_in(tmp_path, here, "--dry-run", "--quiet", "all")
    assert run.returncode == 0, run.stderr

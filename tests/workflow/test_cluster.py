"""The profiles for clusters, as far as they can be tested without one; tests/cluster has a Slurm."""

import os
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake.target_jobs import parse_target_jobs_cli_args
from snakemake_interface_executor_plugins.utils import TargetSpec, encode_target_jobs_cli_args

from kkt_unlearning.studies.study import figures, measures
from tests.limits import HANG
from workflow.support.configuration.backend import TRAINING
from workflow.support.configuration.check import checked
from workflow.support.configuration.schema import schema
from workflow.support.places.asked import Asked
from workflow.support.places.bundles import refuse_circles
from workflow.support.places.jobs import growing
from workflow.support.places.places import Places
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources

ROOT = Path(__file__).parents[2]
PROFILES = ROOT / "workflow" / "profiles"
EXECUTORS = {"slurm": "slurm", "slurm-generic": "cluster-generic"}
NAMED = re.compile(r"^ *(?:use )?rule (\w+)(?: as (\w+) with)?:", re.MULTILINE)


def load(name):
    """A command of the generic profile, as a module."""
    path = PROFILES / "slurm-generic" / f"{name}.py"
    spec = spec_from_file_location(name, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def profile(name):
    return yaml.safe_load((PROFILES / name / "config.yaml").read_text())


def rules():
    """Names of all rules that make something."""
    text = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    drawn = {f"figure_{figure}" for figure in figures()}
    measured = {f"measure_{name}" for name, measure in measures().items() if measure.reads}
    return {second or first for first, second in NAMED.findall(text)} | drawn | measured


def largest_memory():
    """Megabytes that the largest rule asks for at its first attempt."""
    text = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    return max(int(amount) for amount in re.findall(r"mem_mb=growing\((\d+)\)", text))


def command(tmp_path, name, text):
    """A program of this name in a folder of its own, which is the whole PATH but for Python's."""
    program = tmp_path / name
    program.write_text(f"#!{sys.executable}\nimport os, sys\n{text}\n")
    program.chmod(0o755)
    return {**os.environ, "PATH": os.pathsep.join([str(tmp_path), os.path.dirname(sys.executable)])}


def run(script, environment, *arguments):
    path = PROFILES / "slurm-generic" / script
    return subprocess.run(
        [path, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )


@pytest.mark.parametrize(
    ("state", "word"),
    [
        *((state, "running") for state in ("PENDING", "CONFIGURING", "RUNNING", "SUSPENDED")),
        *((state, "running") for state in ("COMPLETING", "REQUEUED", "RESIZING", "SIGNALING")),
        ("COMPLETED", "success"),
        *((state, "failed") for state in ("CANCELLED", "FAILED", "TIMEOUT", "NODE_FAIL")),
        *((state, "failed") for state in ("OUT_OF_MEMORY", "PREEMPTED", "BOOT_FAIL", "DEADLINE")),
    ],
)
def test_each_state_of_slurm_is_one_word(state, word):
    answer = f"JobId=7 JobName=train JobState={state} Reason=None Dependency=(null) Requeue=1\n"
    assert load("status").verdict(answer, "") == word


@pytest.mark.parametrize(
    ("complaint", "word"),
    [
        ("slurm_load_jobs error: Invalid job id specified", "failed"),
        ("slurm_load_jobs error: Unable to contact slurm controller (connect failure)", "running"),
        ("slurm_load_jobs error: Socket timed out on send/recv operation", "running"),
        ("", "running"),
    ],
)
def test_no_answer_is_not_a_failure_but_an_unknown_job_is(complaint, word, tmp_path):
    assert load("status").verdict("", complaint) == word
    scontrol = command(tmp_path, "scontrol", f"sys.exit({complaint!r} or 1)")
    asked = run("status.py", scontrol, "7")
    assert (asked.returncode, asked.stdout) == (0, f"{word}\n")


def test_a_job_of_one_cluster_of_several_is_asked_for_there(tmp_path):
    asked = ["-o", "--clusters=east", "show", "job", "7"]
    scontrol = command(
        tmp_path, "scontrol", f"print('JobState=COMPLETED' if sys.argv[1:] == {asked} else '')"
    )
    assert run("status.py", scontrol, "7;east").stdout == "success\n"


@pytest.mark.parametrize("reason", ["launch_failed_requeued_held", "JobHoldMaxRequeue"])
def test_a_job_that_slurm_holds_for_good_is_cancelled_and_has_failed(reason, tmp_path):
    command(tmp_path, "scontrol", f"print('JobState=PENDING Reason={reason} Restarts=1')")
    told = tmp_path / "told"
    slurm = command(tmp_path, "scancel", f"open({str(told)!r}, 'w').write(' '.join(sys.argv[1:]))")
    assert run("status.py", slurm, "7;east").stdout == "failed\n"
    assert told.read_text() == "--clusters=east 7"


@pytest.mark.parametrize("reason", ["Resources", "JobHeldUser", "JobHeldAdmin", "Priority"])
def test_a_job_that_waits_or_that_people_hold_stays(reason, tmp_path):
    command(tmp_path, "scontrol", f"print('JobState=PENDING Reason={reason} Restarts=0')")
    slurm = command(tmp_path, "scancel", "sys.exit('not to be called')")
    asked = run("status.py", slurm, "7")
    assert (asked.stdout, asked.stderr) == ("running\n", "")


def test_without_slurm_a_job_counts_as_running(tmp_path):
    environment = {**os.environ, "PATH": os.path.dirname(sys.executable)}
    assert run("status.py", environment, "7").stdout == "running\n"


def test_a_submission_waits_for_the_controller(tmp_path, monkeypatch, capsys, tmp_path_factory):
    """It is away twice, then takes the job."""
    home = tmp_path_factory.mktemp("home")
    away = load("submit").AWAY
    text = (
        f"count = len(os.listdir({str(tmp_path)!r}))\n"
        f"open({str(tmp_path)!r} + f'/{{count}}', 'w')\n"
        f"sys.exit({away!r}) if count < 3 else print(7, *sys.argv[1:])"
    )
    monkeypatch.setenv("PATH", command(tmp_path, "sbatch", text)["PATH"])
    monkeypatch.chdir(home)
    assert load("submit").submit(["--time=5", "job.sh"], pause=0.0) == 0
    answer = capsys.readouterr().out.split()
    assert answer[0] == "7"
    assert answer[-2:] == ["--time=5", "job.sh"]
    assert {path.name for path in tmp_path.iterdir()} == {"sbatch", "1", "2", "3"}
    assert (home / "results/logs/slurm").is_dir()


@pytest.mark.parametrize(
    ("complaint", "patience"),
    [("Invalid account", 60.0), ("Unable to contact slurm controller", 0.0)],
)
def test_a_submission_that_is_refused_or_waits_too_long_fails(
    complaint, patience, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv(
        "PATH", command(tmp_path, "sbatch", f"sys.exit('sbatch: error: {complaint}')")["PATH"]
    )
    monkeypatch.chdir(tmp_path)
    assert load("submit").submit([], patience=patience, pause=0.0) == 1
    assert complaint in capsys.readouterr().err


def test_resources_grow_with_the_attempt():
    assert [growing(1500)(None, attempt) for attempt in (1, 2, 3)] == [1500, 3000, 4500]


@pytest.mark.parametrize("name", EXECUTORS)
def test_every_rule_is_in_a_bundle(name):
    groups = profile(name)["groups"]
    assert groups.keys() == rules()
    assert profile(name)["group-components"].keys() <= set(groups.values())


def test_both_profiles_bundle_and_bound_alike():
    left, right = (profile(name) for name in EXECUTORS)
    shared = ("groups", "group-components", "resources", "default-resources", "retries", "cores")
    for key in shared:
        assert left[key] == right[key]


def test_no_profile_needs_a_home_for_snakemakes_cache():
    """Without it a run would end in a traceback of Snakemake before it reads a line of ours."""
    usages = {name: profile(name)["shared-fs-usage"] for name in ("default", *EXECUTORS)}
    assert all(usage == usages["default"] for usage in usages.values())
    assert "source-cache" not in usages["default"]
    assert profile("kubernetes")["shared-fs-usage"] == "none"


def test_the_profile_for_kubernetes_bundles_as_those_for_slurm_and_has_the_plugins_that_are_pinned():
    settings, slurm = profile("kubernetes"), profile("slurm")
    for key in ("groups", "group-components", "resources", "retries", "cores"):
        assert settings[key] == slurm[key]
    assert "gpu" not in settings["default-resources"]  # the executor refuses even none
    pinned = re.findall(
        "^([a-z0-9-]+)==", (ROOT / "envs/requirements-kubernetes.txt").read_text(), re.M
    )
    assert pinned == [
        f"snakemake-executor-plugin-{settings['executor']}",
        f"snakemake-storage-plugin-{settings['default-storage-provider']}",
    ]


def test_every_rule_that_computes_with_the_backend_is_named_where_a_gpu_is_asked_for(tiny_config):
    """In the profile for one GPU, in those for clusters (as a comment), and in the check for a GPU."""
    asked = Asked(Plan(checked(tiny_config), Sources(ROOT)))
    asking = {asked.place(record).rule for record, job in asked.jobs().items() if job.backend}
    assert {rule for rule, asks in profile("gpu")["set-resources"].items() if asks["gpu"]} == asking
    assert asking == TRAINING
    for name in EXECUTORS:
        text = (PROFILES / name / "config.yaml").read_text()
        assert set(re.findall(r"^# +(\w+): \{gpu: 1\}$", text, re.MULTILINE)) == asking


@pytest.mark.parametrize("name", EXECUTORS)
def test_a_bundle_gets_the_memory_of_all_jobs_that_run_in_it_at_once(name):
    """Within a bundle Snakemake counts cores alone: a cap on memory that one job fits in lets two run."""
    settings = profile(name)
    attempts = settings["retries"] + 1
    assert settings["resources"] == {"mem_mb": settings["resources"]["mem_mb"]}
    assert settings["cores"] * attempts * largest_memory() <= settings["resources"]["mem_mb"]


def test_the_job_of_kubernetes_agrees_with_itself_and_with_the_rules():
    volume, job = yaml.safe_load_all((ROOT / "workflow/kubernetes.yaml").read_text())
    pod = job["spec"]["template"]["spec"]
    (container,), (disk,) = pod["containers"], pod["volumes"]
    (mounted,), (command,) = container["volumeMounts"], container["args"]
    assert disk["persistentVolumeClaim"] == {"claimName": volume["metadata"]["name"]}
    assert mounted["name"] == disk["name"]
    unlocking, running = command.split(" && ")
    folder = f"snakemake --directory {mounted['mountPath']} "
    assert unlocking == f"{folder}--unlock"
    asked = container["resources"]["requests"]
    assert running == f"exec {folder}--cores {asked['cpu']}"
    gibibytes = int(asked["memory"].removesuffix("Gi"))
    assert container["resources"]["limits"] == {"memory": asked["memory"]}
    assert int(asked["cpu"]) * largest_memory() <= gibibytes * 2**30 / 10**6


def test_both_profiles_plan_all_jobs(project):
    expected = project.planned()
    assert expected["train"] > 5
    for name in EXECUTORS:
        assert planned(project, name, words_of_snakemake(name)) == expected


def test_trainings_may_be_bundles_of_their_own(project):
    """As docs/cluster.md has it for a partition of GPUs."""
    settings = words_of_snakemake("slurm")
    settings["groups"] |= dict.fromkeys(["dataset", *TRAINING], "training")
    settings["group-components"]["training"] = 4
    assert planned(project, "apart", settings)["retrain"] > 0


def bundles(rules, components):
    return SimpleNamespace(overwrite_groups=rules, group_components=components)


@pytest.mark.parametrize("name", EXECUTORS)
def test_bundles_have_an_order(name, tiny_config):
    """As they are, and as docs/cluster.md has them for a partition of GPUs; not with the data left behind."""
    settings, asked = profile(name), Asked(Plan(checked(tiny_config), Sources(ROOT)))
    groups, components = settings["groups"], settings["group-components"] | {"training": 4}
    refuse_circles(bundles(groups, components), asked)
    groups |= dict.fromkeys(["dataset", *TRAINING], "training")
    refuse_circles(bundles(groups, components), asked)
    groups["dataset"] = "setting"
    with pytest.raises(
        SystemExit, match=r"setting -> training -> setting|training -> setting -> training"
    ):
        refuse_circles(bundles(groups, components), asked)


@pytest.mark.parametrize("without", ["train", "duals", "table"])
def test_bundles_that_are_left_and_entered_again_are_refused(without, tiny_config):
    """Whatever its rule is submitted in; bundles that are not put together are Snakemake's to judge."""
    settings, asked = profile("slurm"), Asked(Plan(checked(tiny_config), Sources(ROOT)))
    whole = dict.fromkeys(rules(), "all")
    refuse_circles(bundles(whole, {"all": 2}), asked)
    for groups in (
        {rule: name for rule, name in whole.items() if rule != without},
        whole | {without: "other"},
    ):
        with pytest.raises(SystemExit, match=r"^error: groups of the profile: .*\ball\b.* 1 in"):
            refuse_circles(bundles(groups, {"all": 2, "other": 1}), asked)
        refuse_circles(bundles(groups, {"all": 1}), asked)
        refuse_circles(bundles(groups, {}), asked)
    refuse_circles(bundles({}, settings["group-components"]), asked)


def words_of_snakemake(name):
    """A profile without the words of its plugin, which is not in this environment."""
    return {
        key: value
        for key, value in profile(name).items()
        if key != "executor" and not key.startswith(EXECUTORS[name])
    }


def planned(project, name, settings):
    (project.folder / name).mkdir()
    (project.folder / name / "config.yaml").write_text(yaml.safe_dump(settings))
    return project.planned("--workflow-profile", name)


def test_a_job_elsewhere_is_told_its_setting(tiny_config):
    """Wildcards reach it as text, which Snakemake writes and reads."""
    places = Places(checked(tiny_config))
    settings = [setting for name in tiny_config["experiments"] for setting in places.settings(name)]
    assert any(setting.point.count("=") > 1 for setting in settings)
    jobs = [TargetSpec("train", setting._asdict()) for setting in settings]
    assert parse_target_jobs_cli_args(encode_target_jobs_cli_args(jobs)) == jobs


def test_the_schema_has_no_defaults_that_a_job_elsewhere_would_lack():
    def keys(node):
        if isinstance(node, dict):
            for key, value in node.items():
                yield key
                yield from keys(value)
        for item in node if isinstance(node, list) else ():
            yield from keys(item)

    found = set(keys(schema()))
    assert "properties" in found
    assert "default" not in found

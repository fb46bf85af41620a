"""Settings of the jobs, files behind the scripts, and the figures that are committed."""

import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kkt_unlearning.datasets import source
from kkt_unlearning.studies.study import Measure, measures
from workflow.support.configuration.check import check, checked
from workflow.support.places import plan, versions
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources

ROOT = Path(__file__).parents[2]


class Wildcards(SimpleNamespace):
    def get(self, key, default=None):
        return getattr(self, key, default)


@pytest.fixture
def study(tiny_config) -> Plan:
    return Plan(checked(tiny_config), Sources(ROOT))


def at(experiment: str, point: str = "base", training: str = "normalised") -> Wildcards:
    return Wildcards(experiment=experiment, point=point, network="two_layer", training=training)


# settings


def test_the_swept_value_takes_its_place(study):
    assert study.places.points("dimension") == {
        "dimension=40": {"dimension": 40},
        "dimension=80": {"dimension": 80},
    }
    assert study.dataset(at("dimension", "dimension=80")) == {
        "source": "gaussian",
        "samples": 4,
        "dimension": 80,
        "fresh_samples": 0,
        "replicates": 2,
        "seed": 1,
    }


def test_floats_keep_all_their_digits_in_a_path(tiny_config):
    tiny_config["experiments"]["correlation"]["sweep"]["correlation"] = [0.1 + 0.2, 0.3]
    study = Plan(checked(tiny_config), Sources(ROOT))
    assert list(study.places.points("correlation")) == [
        "correlation=0.30000000000000004",
        "correlation=0.3",
    ]


def test_without_sweep_there_is_one_point(study):
    assert study.places.points("kinks") == {"base": {}}


def test_two_swept_parameters_are_every_combination(tiny_config):
    tiny_config["experiments"]["dimension"]["sweep"] = {"samples": [3, 4], "dimension": [40, 80]}
    study = Plan(checked(tiny_config), Sources(ROOT))
    assert list(study.places.points("dimension")) == [
        "samples=3__dimension=40",
        "samples=3__dimension=80",
        "samples=4__dimension=40",
        "samples=4__dimension=80",
    ]


def test_equal_settings_share_what_was_trained(study):
    assert (
        study.dataset_file(at("dimension", "dimension=40")) == "results/step_size/base/dataset.npz"
    )
    first = "results/step_size/base/two_layer/normalised"
    assert study.trained(at("dimension", "dimension=40")) == f"{first}/trained.npz"
    assert study.kkt_points(at("dimension", "dimension=40")) == f"{first}/kkt.npz"


def test_another_solver_shares_the_training_but_not_the_point(tiny_config):
    """The second experiment, and the third, which agrees with it."""
    for name in ("dimension", "recovery"):
        tiny_config["experiments"][name]["solver"] = "cvxpy"
    study = Plan(checked(tiny_config), Sources(ROOT))
    second, third = at("dimension", "dimension=40"), at("recovery")
    first, own = (
        f"results/{home}/two_layer/normalised"
        for home in ("step_size/base", "dimension/dimension=40")
    )
    assert study.kkt_points(at("step_size")) == f"{first}/kkt.npz"
    assert study.trained(second) == study.trained(third) == f"{first}/trained.npz"
    assert study.kkt_points(second) == study.kkt_points(third) == f"{own}/kkt.npz"
    table = study.parts(Wildcards(experiment="recovery", measure="kkt"))
    assert f"{own}/kkt.csv" in table
    assert study.duals(at("step_size"))["duals"]["solver"] == "active_set"
    assert study.duals(second)["duals"]["solver"] == "cvxpy"


def test_whoever_solves_by_the_thousand_does_not_depend_on_the_solver(study):
    assert "solver" not in study.retrain(at("step_size"))["duals"]
    assert "solver" not in study.measured("certificate")(at("step_size"))["duals"]


ALIKE = {
    "no correlation": (
        {"source": "equicorrelated", "samples": 5, "dimension": 7, "correlation": 0.0},
        {"source": "gaussian", "samples": 5, "dimension": 7},
    ),
    "not mixed": (
        {"source": "digits", "classes": [3, 8], "samples": 6, "mixing": 1.0},
        {"source": "digits", "classes": [3, 8], "samples": 6},
    ),
}


@pytest.mark.parametrize("settings", ALIKE.values(), ids=ALIKE)
def test_options_that_leave_the_data_alone_share_them(study, settings):
    """The second experiment's data set lies with the first, and is the same bit for bit."""
    one, other = ({**setting, "fresh_samples": 4} for setting in settings)
    first, second = list(study.experiments)[:2]
    for name, dataset in ((first, one), (second, other)):
        study.experiments[name] |= {"dataset": dataset, "sweep": {}}
    assert study.dataset_file(at(second)) == f"results/{first}/base/dataset.npz"
    assert all(map(np.array_equal, _arrays(one), _arrays(other)))


def _arrays(dataset):
    options = {name: value for name, value in dataset.items() if name != "source"}
    made = source(dataset["source"]).generate(**options, replicates=2, seed=3)
    return made.X, made.y, made.X_fresh, made.y_fresh


@pytest.mark.parametrize(
    "forget, home", [([[0]], "step_size/base"), ([[0], [1]], "dimension/dimension=40")]
)
def test_other_forget_sets_are_retrained(study, forget, home):
    study.experiments["step_size"]["forget"] = [[0]]
    study.experiments["dimension"]["forget"] = forget
    assert study.retrained(at("dimension", "dimension=40")) == (
        f"results/{home}/two_layer/normalised/retrained.npz"
    )


def test_other_trainings_share_the_data_alone(study):
    where = at("kinks", training="constant")
    assert study.dataset_file(where) == "results/step_size/base/dataset.npz"
    assert study.trained(where) == "results/kinks/base/two_layer/constant/trained.npz"


def test_each_is_every_single_sample(study):
    study.experiments["digits"]["forget"] = "each"
    assert study.unlearn(at("digits"))["forget"] == [[0], [1], [2], [3]]


def test_each_follows_a_sweep_of_the_samples(tiny_config):
    digits = tiny_config["experiments"]["digits"]
    digits |= {"sweep": {"samples": [2, 3]}, "forget": "each"}
    study = Plan(checked(tiny_config), Sources(ROOT))
    assert study.unlearn(at("digits", "samples=3"))["forget"] == [[0], [1], [2]]


def test_a_file_decides_what_each_is(tiny_config, tmp_path):
    path = tmp_path / "mine.npz"
    path.write_bytes(b"PK")  # one with nothing in it is refused before any job
    tiny_config["experiments"]["digits"] |= {
        "dataset": {"source": "file", "path": str(path)},
        "forget": "each",
    }
    study = Plan(checked(tiny_config), Sources(ROOT))
    assert study.unlearn(at("digits"))["forget"] == "each"
    assert study.file(at("digits")) == [str(path)]


def test_a_rule_gets_only_what_it_uses(study):
    setting = at("step_size")
    assert study.train(setting).keys() == {"network", "training", "replicates", "seed"}
    assert study.duals(setting).keys() == {"network", "duals"}
    assert study.unlearn(setting).keys() == {"network", "forget", "fractions", "starts"}
    assert study.retrain(setting).keys() == {"network", "training", "duals", "forget"}


def test_the_parts_of_a_table_and_their_settings_go_together(study):
    wildcards = Wildcards(experiment="dimension", measure="kkt")
    settings = study.table(wildcards)
    homes = ["step_size/base"] * 2 + ["dimension/dimension=80"] * 2
    assert study.parts(wildcards) == [
        f"results/{home}/{labels['network']}/normalised/kkt.csv"
        for home, labels in zip(homes, settings["labels"], strict=True)
    ]
    assert [labels["dimension"] for labels in settings["labels"]] == [40, 40, 80, 80]


def test_the_table_of_data_sets_has_no_network(study):
    wildcards = Wildcards(experiment="kinks", measure="dataset")
    assert study.parts(wildcards) == ["results/step_size/base/dataset.csv"]
    assert study.table(wildcards)["labels"] == [{}]


def test_the_explorer_is_told_of_each_table_and_where_its_data_lie(study):
    told = {table["name"]: table for table in study.explorer(None)["tables"]}
    assert len(told) == len(study.explored_tables()) == len(set(study.explored_tables()))
    assert "results/tables/batch.batch.csv" in study.explored_tables()
    assert told["dimension"]["homes"] == [
        {
            "values": {"dimension": 40},
            "home": "step_size/base",
        },  # the data of step_size have d = 40
        {"values": {"dimension": 80}, "home": "dimension/dimension=80"},
    ]
    assert told["recovery"]["homes"] == [{"values": {}, "home": "step_size/base"}]
    assert "kinks" not in told  # nothing is unlearned in it


# origins of the figures


def test_the_settings_behind_a_figure_are_spelt_out(study, tiny_config):
    kinks = study.provenance(None)["kinks"]
    (experiment,) = kinks["experiments"].values()
    assert experiment["networks"] == {"two_layer": tiny_config["networks"]["two_layer"]}
    assert experiment["trainings"].keys() == {"normalised_followed", "constant"}
    assert kinks["replicates"] == tiny_config["replicates"]


def test_every_training_behind_a_figure_is_an_origin_and_lies_where_it_was_computed(study):
    dimension = study.provenance(None)["dimension"]["trainings"]
    assert dimension == [
        f"results/{home}/{network}/normalised/trained.provenance.json"
        for home in (
            "step_size/base",
            "dimension/dimension=80",
        )  # the data of step_size have d = 40
        for network in ("linear", "two_layer")
    ]
    assert set(dimension) <= set(study.trainings())


def test_a_measure_that_stands_alone_trains_for_itself(study, monkeypatch):
    alone = {"stationarity": Measure("stationarity", reads="deep")}
    monkeypatch.setattr(plan, "measures", lambda: measures() | alone)
    assert study.provenance(None)["kinks"]["trainings"] == [
        f"results/kinks/base/two_layer/{training}/stationarity.provenance.json"
        for training in ("normalised_followed", "constant")
    ]


# configuration


def test_the_file_with_the_mistake_is_named(tiny_config, tmp_path):
    tiny_config["replicates"] = 0
    top, base = tmp_path / "top.yaml", tmp_path / "base.yaml"
    top.write_text("seed: 1\n")
    base.write_text("replicates: 0\n")
    with pytest.raises(SystemExit, match=r"^error: base\.yaml, replicates: "):
        check(tiny_config, [top, base])


def test_null_takes_a_key_away(tiny_config):
    tiny_config["experiments"]["extra"] = None
    assert "extra" not in checked(tiny_config)["experiments"]


# sources


@pytest.fixture
def tree(tmp_path):
    files = {
        "scripts/train.py": "from _job import job\nfrom kkt_unlearning import kkt\n",
        "scripts/_job.py": "from kkt_unlearning.errors import UserError\n",
        "src/kkt_unlearning/__init__.py": "",
        "src/kkt_unlearning/errors.py": "",
        "src/kkt_unlearning/kkt.py": (
            "import numpy\nfrom kkt_unlearning.nets import build\n"
            "from kkt_unlearning.nets.linear import Linear\n"
        ),
        "src/kkt_unlearning/nets/__init__.py": (
            "_HOMES = {'Linear': 'linear'}\ndef __getattr__(name): ...\ndef build(): ...\n"
        ),
        "src/kkt_unlearning/nets/linear.py": "",
        "src/kkt_unlearning/nets/deep.py": "",
        "src/kkt_unlearning/nets/style.txt": "",
        "src/kkt_unlearning/plotting.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_files_of_a_script_are_those_it_imports(tree):
    found = {path.relative_to(tree).as_posix() for path in Sources(tree).files("train")}
    assert found == {
        "scripts/train.py",
        "scripts/_job.py",
        "src/kkt_unlearning/__init__.py",
        "src/kkt_unlearning/errors.py",
        "src/kkt_unlearning/kkt.py",
        "src/kkt_unlearning/nets/__init__.py",
        "src/kkt_unlearning/nets/linear.py",
        "src/kkt_unlearning/nets/style.txt",
    }


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    IMPORT",
        "class A:\n    async def f(self):\n        with a:\n            IMPORT",
        "try:\n    IMPORT\nfinally:\n    pass",
        "try:\n    pass\nexcept OSError:\n    IMPORT",
        "try:\n    pass\nexcept* OSError:\n    IMPORT",
        "try:\n    pass\nexcept OSError:\n    pass\nelse:\n    IMPORT",
        "try:\n    pass\nfinally:\n    IMPORT",
        "if a:\n    pass\nelif b:\n    IMPORT",
        "for a in b:\n    IMPORT",
        "while a:\n    pass\nelse:\n    IMPORT",
        "match a:\n    case 1:\n        IMPORT",
    ],
)
def test_imports_count_wherever_they_stand(tree, code):
    code = code.replace("IMPORT", "from kkt_unlearning import plotting\n")
    (tree / "scripts/train.py").write_text(code)
    assert tree / "src/kkt_unlearning/plotting.py" in Sources(tree).files("train")


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("src/kkt_unlearning/nets/linear.py", True),
        ("src/kkt_unlearning/nets/style.txt", True),
        ("scripts/_job.py", True),
        ("src/kkt_unlearning/nets/deep.py", False),
        ("src/kkt_unlearning/plotting.py", False),
    ],
)
def test_the_hash_follows_what_is_used(tree, name, counts):
    before = Sources(tree).digest("train")
    (tree / name).write_text("# changed\n" + (tree / name).read_text())
    assert (Sources(tree).digest("train") != before) == counts


def test_the_hash_of_a_page_follows_its_templates_and_their_style(tree):
    report = tree / "workflow/report"
    report.mkdir(parents=True)
    for name in ("style.css", "page.html.j2"):
        (report / name).touch()
    for name in ("train.md.j2", "page.html.j2", "style.css", "other.md.j2"):
        before = Sources(tree).digest("train")
        (report / name).write_text("# changed")
        assert (Sources(tree).digest("train") != before) == (name != "other.md.j2")


def test_the_hash_does_not_follow_the_place(tree):
    before = Sources(tree).digest("train")
    moved = tree.rename(tree.with_name("moved"))
    assert Sources(moved).digest("train") == before


def test_the_packages_of_a_script_are_those_that_its_code_imports_and_what_these_need(tree):
    code = "import json\nfrom sklearn.datasets import load_digits\nimport not_installed\n"
    (tree / "src/kkt_unlearning/nets/linear.py").write_text(code)
    sources = Sources(tree)
    assert sources.libraries("train") == {"numpy", "sklearn", "not_installed"}
    found = sources.behind("train")["packages"](None)
    assert found["numpy"] == version("numpy")
    assert {"python", "scikit-learn", "scipy", "joblib"} <= found.keys()  # which scikit-learn needs
    assert "matplotlib" not in found


def test_what_is_imported_is_of_the_packages_that_the_standard_library_finds():
    found = versions._distributions()
    for library, packages in packages_distributions().items():
        assert {one.name for one in found[library]} == set(packages), library


ASKED_FOR = """
import builtins, importlib, os, sys
found, load = set(), builtins.__import__

def noted(name, globals=None, *rest):
    if (globals or {}).get("__file__", "").startswith(tuple(sys.argv[1].split(os.pathsep))):
        found.add(name.partition(".")[0])
    return load(name, globals, *rest)

builtins.__import__ = noted
for name in sys.argv[2:]:
    importlib.import_module(name)
print(*found - sys.stdlib_module_names)
"""


@pytest.mark.parametrize(
    "modules",
    [
        ("explorer",),
        ("dependence_tables",),
        ("figure", "kkt_unlearning.studies.recovery.figure"),
    ],
    ids=lambda modules: modules[0],
)
def test_whatever_the_code_of_a_job_asks_the_interpreter_for_is_among_its_packages(modules):
    path = os.pathsep.join(str(ROOT / folder) for folder in ("src", "scripts"))
    command = [sys.executable, "-c", ASKED_FOR, path, *modules]
    environment = os.environ | {"PYTHONPATH": path}
    asked = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    homes = packages_distributions()
    names = {home.lower() for name in asked.stdout.split() for home in homes.get(name, [])}
    assert "numpy" in names
    assert names - {"kkt-unlearning"} <= Sources(ROOT).behind(*modules)["packages"](None).keys()


def test_a_data_set_of_texts_rests_on_the_libraries_that_they_are_from(tiny_config):
    texts = {"source": "docstrings", "libraries": ["seaborn", "pandas"]}
    tiny_config["experiments"]["kinks"]["dataset"] = texts
    packages = Plan(tiny_config, Sources(ROOT)).behind_dataset()["packages"]
    assert {"seaborn", "pandas", "scikit-learn"} <= packages(at("kinks")).keys()
    assert "seaborn" not in packages(at("dimension"))


def test_a_name_that_nothing_shows_the_home_of_is_refused(tree):
    (tree / "scripts/train.py").write_text("from kkt_unlearning.nets import Deep\n")
    with pytest.raises(ImportError, match="does not show which module 'Deep' is from"):
        Sources(tree).digest("train")


@pytest.mark.parametrize("script", sorted(path.stem for path in ROOT.glob("scripts/[a-z]*.py")))
def test_every_script_shows_where_its_code_is_from(script):
    files = Sources(ROOT).files(script)
    assert ROOT / "scripts" / "_job.py" in files
    assert ROOT / "src" / "kkt_unlearning" / "errors.py" in files


def test_scripts_do_not_climb_to_the_workflow_that_plans_them():
    climbing = re.compile(r"^\s*(from|import) workflow\b", re.MULTILINE)
    scripts = list(ROOT.glob("scripts/*.py"))
    assert ROOT / "scripts/_job.py" in scripts
    assert not [path.name for path in scripts if climbing.search(path.read_text())]

"""A package with a data set, a method, an attack and a study, in the real workflow; and broken packages."""

import csv
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import extension
import howto
import pytest
import yaml
from snakemake.utils import update_config

from kkt_unlearning import extensions
from kkt_unlearning.attacks.registry import ATTACKS
from kkt_unlearning.datasets import SOURCES
from kkt_unlearning.errors import ExtensionError
from kkt_unlearning.studies import claim
from kkt_unlearning.studies import study as study_module
from kkt_unlearning.studies.study import choose, figures, modules, studies
from kkt_unlearning.unlearning.registry import METHODS
from tests.workflow.conftest import CutOff, Project
from workflow.support.configuration.check import checked
from workflow.support.configuration.mistakes import ConfigurationError
from workflow.support.configuration.schema import settings_of
from workflow.support.places.asked import Asked
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/howto/extension.md"
SIZES = {"samples": 4, "dimension": 40, "fresh_samples": 0}
TARGETS = (
    *("paper_figures/support.pdf", "results/tables/recovery.recovery.csv"),
    *("results/tables/membership.membership.csv", "results/scorecard.csv"),
)


def tiny(folder: Path) -> dict:
    """What the page says to configure, at tiny sizes, and all that is new of it in one experiment."""
    config = yaml.safe_load((folder / "more.yaml").read_text(encoding="utf-8"))
    experiments = config["experiments"]
    experiments["support"] |= {"sweep": {"dimension": [40]}, "networks": ["two_layer"]}
    experiments["support"]["dataset"] = experiments.pop("dimension")["dataset"] | SIZES
    return config


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package of the page: where it was written, and where it is installed."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    extension.written(source)
    extension.installed(source, target)
    return SimpleNamespace(source=source, target=target)


@pytest.fixture
def found(monkeypatch):
    """``found(folder)``: what is installed there counts in this process, until the test ends."""

    def forget():
        choose([])
        entry_points = (extensions.providers, extensions._points, extensions._all_points)
        for known in (*entry_points, *study_module._caches):
            known.cache_clear()
        for name in [
            name for name in sys.modules if name.partition(".")[0] in ("kkt_more", "theirs")
        ]:
            del sys.modules[name]
        claim.REGISTERED[:] = [
            one for one in claim.REGISTERED if "kkt_un" in one.measure.__module__
        ]

    def look(folder):
        monkeypatch.syspath_prepend(folder)
        forget()

    yield look
    monkeypatch.undo()
    forget()


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_what_an_installed_package_adds_gets_its_tables_its_figure_and_its_claim(package, after):
    project = Project(after().folder, CutOff(package.target))
    arguments = project.on_top(tiny(package.source))
    project.make(*arguments, "--", *TARGETS)
    tables = project.folder / "results/tables"
    psi = {float(row["psi"]) for row in rows(tables / "support.dataset.csv")}
    assert max(psi) < 1e-12  # all points on the sphere
    assert "projection" in {row["method"] for row in rows(tables / "recovery.recovery.csv")}
    assert "magnitude" in {row["attack"] for row in rows(tables / "membership.membership.csv")}
    assert (project.folder / "paper_figures/support.png").stat().st_size > 0
    (row,) = (
        row for row in rows(tables.parent / "scorecard.csv") if row["claim"] == "support_whole"
    )
    assert (row["section"], row["measured"]) == ("support", "1.0")
    page = (project.folder / "paper_figures/scorecard.md").read_text(encoding="utf-8")
    assert "[https://example.org/support](https://example.org/support)" in page
    record = tables.parent / "support/dimension=40/dataset.provenance.json"
    assert json.loads(record.read_text(encoding="utf-8"))["packages"]["kkt-more"] == "0.1.0"


def codes(asked: Asked, config: dict) -> dict[str, str]:
    """Hash of the code of each rule, at the experiments that name something of the package, and others."""
    at = {"dataset": ("dimension", "support"), "measure_recovery": ("recovery",)}
    found = {}
    for rule in ("dataset", "train", "duals", "measure_recovery", "measure_membership", "measure_klom",
                 "measure_support", "figure_support", "figure_recovery", "scorecard"):  # fmt: skip
        for experiment in at.get(rule, ("membership",)):
            code = asked.params(rule)["code"]
            found[f"{rule}.{experiment}"] = code(SimpleNamespace(experiment=experiment))
    return found


EDITS = {
    "sphere.py": {"dataset.support"},
    "projection.py": {"measure_recovery.recovery"},
    "magnitude.py": {"measure_membership.membership"},
    "support/rows.py": {"measure_support.membership"},
    "support/figure.py": {"figure_support.membership"},
    "support/claims.py": {"scorecard.membership"},
    "support/report/support.rst": set(),
}


def test_an_edit_runs_again_what_uses_it_and_nothing_else(tmp_path, found, tiny_config):
    extension.written(tmp_path)
    extension.registered(tmp_path, "kkt-more", howto_points())
    found(tmp_path)
    update_config(tiny_config, tiny(tmp_path))
    config = checked(tiny_config)
    asked = Asked(Plan(config, Sources(ROOT)))
    before = codes(asked, config)
    for name, expected in EDITS.items():
        file = tmp_path / "kkt_more" / name
        text = file.read_text(encoding="utf-8")
        file.write_text(f"{text}# changed\n", encoding="utf-8")
        now = codes(Asked(Plan(config, Sources(ROOT))), config)
        assert {rule for rule in now if now[rule] != before[rule]} == expected, name
        file.write_text(text, encoding="utf-8")


def howto_points() -> dict:
    (text,) = (code for path, _, code in howto.edits(PAGE) if path == "pyproject.toml")
    points = tomllib.loads(text)["project"]["entry-points"]
    return {group.removeprefix("kkt_unlearning."): places for group, places in points.items()}


SOURCE = "def generate(**settings): ...\nOPTIONS = {}\n"
STUDY = (
    "from kkt_unlearning.studies.study import Drawn, Measure, Own, Section, Study\n"
    "from kkt_unlearning.studies.options import options, whole\n"
    "STUDY = Study(order=1, PARTS)\n"
)


def theirs(folder: Path, points: dict, files: dict[str, str], name: str = "theirs") -> None:
    """A package ``theirs`` with such modules and entry points."""
    for path, text in {"__init__.py": "", **files}.items():
        (folder / "theirs" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "theirs" / path).write_text(text, encoding="utf-8")
    extension.registered(folder, name, points)


def study(folder: Path, parts: str, **files: str) -> None:
    """A package with a study ``wide`` that declares these parts."""
    texts = {f"wide/{name}.py": text for name, text in files.items()}
    declared = {"wide/__init__.py": "", "wide/study.py": STUDY.replace("PARTS", parts)}
    theirs(folder, {"studies": {"wide": "theirs.wide.study:STUDY"}}, declared | texts)


def sentence(error) -> str:
    text = str(error.value)
    assert text.endswith(".") and "\n" not in text, text
    return text


BROKEN = [
    (
        SOURCES,
        "datasets",
        "theirs.gone",
        "cannot be imported (ModuleNotFoundError: No module named",
    ),
    (
        SOURCES,
        "datasets",
        "theirs.raises",
        "cannot be imported (ZeroDivisionError: division by zero)",
    ),
    (
        SOURCES,
        "datasets",
        "theirs.plain",
        "is not a module with a function generate and a mapping O",
    ),
    (METHODS, "methods", "theirs.plain:gone", "cannot be imported (AttributeError: module"),
    (METHODS, "methods", "theirs.plain", "is not a function of a task"),
    (ATTACKS, "attacks", "theirs.plain:NUMBER", "is not a function of both sides and the loss"),
]


@pytest.mark.parametrize(("registry", "kind", "place", "fault"), BROKEN)
def test_what_cannot_be_used_is_told_with_package_entry_point_and_remedy(
    registry, kind, place, fault, tmp_path, found
):
    files = {"plain.py": "NUMBER = 1\n", "raises.py": "1 / 0\n"}
    theirs(tmp_path, {kind: {"other": place}}, files)
    found(tmp_path)
    with pytest.raises(ExtensionError) as error:
        registry.check("other")
    text = sentence(error)
    start = f"{registry.what} 'other' of theirs 1.0 (entry point other = {place} of kkt_unlearning.{kind})"
    assert text.startswith(start) and fault in text
    assert "install another version of theirs, or take the name out" in text
    assert "other" in registry.names()


def test_a_name_of_two_packages_is_refused_whoever_is_first(tmp_path, found):
    points = {"methods": {"other": "theirs.a:f"}}
    theirs(tmp_path, points, {"a.py": "def f(task): ...\n"})
    extension.registered(tmp_path, "second", points)
    found(tmp_path)
    with pytest.raises(ExtensionError) as error:
        METHODS.load("other")
    text = sentence(error)
    assert "theirs 1.0" in text and "second 1.0" in text and "uninstall" in text


def test_a_name_of_ours_is_refused_where_it_is_asked_for(tmp_path, found, tiny_config):
    theirs(tmp_path, {"methods": {"downdate": "theirs.a:f"}}, {"a.py": "def f(task): ...\n"})
    found(tmp_path)
    with pytest.raises(ConfigurationError) as error:
        checked(tiny_config)
    text = sentence(error)
    assert (
        text.startswith("experiments.recovery.recovery.methods[")
        and "is our own, but theirs" in text
    )
    assert "rename that, or uninstall theirs" in text


def test_a_broken_package_that_nobody_asks_for_stops_nobody(tmp_path, found, tiny_config):
    points = {kind: {"broken": "theirs.gone", "none": "!: no place"} for kind in extensions.GROUPS}
    theirs(tmp_path, points, {})
    found(tmp_path)
    assert checked(tiny_config)["studies"] == []
    tiny_config["experiments"]["kinks"]["dataset"]["source"] = "broken"
    with pytest.raises(
        ConfigurationError, match=r"kinks\.dataset\.source: source 'broken' of theirs 1\.0"
    ):
        checked(tiny_config)
    tiny_config["experiments"]["kinks"]["dataset"]["source"] = "brokn"
    with pytest.raises(ConfigurationError, match="file, broken and none: write broken"):
        checked(tiny_config)
    tiny_config["experiments"]["kinks"]["dataset"]["source"] = "none"
    with pytest.raises(ConfigurationError, match=r"source 'none' .* \(ModuleNotFoundError: "):
        checked(tiny_config)
    assert extensions.providers() == {"theirs": "theirs"}


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ("{'samples': {'type': 'whole'}}", "'whole' is not valid under any of the given schemas"),
        ("{'samples': {'$ref': '#/$defs/sample'}}", "$defs/sample"),
        ("{'samples': {1}}", "not JSON serializable"),
    ],
)
def test_settings_that_are_no_schema(options, fault, tmp_path, found):
    theirs(
        tmp_path, {"datasets": {"other": "theirs.a"}}, {"a.py": f"{SOURCE}OPTIONS = {options}\n"}
    )
    found(tmp_path)
    with pytest.raises(ExtensionError) as error:
        settings_of("other")
    assert "OPTIONS that are no schema" in sentence(error) and fault in sentence(error)


MEASURE = "measures={'width': Measure('width')}"


@pytest.mark.parametrize(
    ("parts", "files", "fault"),
    [
        (MEASURE, {}, "has no file rows.py beside study.py"),
        ("figure={'table': 'wide.width'}", {"figure": ""}, "has no file report/wide.rst beside"),
        ("own=Own((), options(''), len)", {}, "has a section of its own"),
        (MEASURE.replace("('width')", "('width', reads='')"), {"rows": ""}, "reads '' with []"),
        (
            MEASURE.replace("('width')", "('width', explored=True)"),
            {"rows": ""},
            "for the explorer",
        ),
        (
            MEASURE.replace("'width':", "'Wide':"),
            {"rows": ""},
            "name 'Wide', but names are made of",
        ),
        (
            MEASURE.replace("'width':", "'recovery':"),
            {"rows": ""},
            "has a measure 'recovery', which an",
        ),
        (MEASURE.replace("('width')", "('kkt')"), {"rows": ""}, "has a table 'kkt', which another"),
        ("sections={'checks': Section('', '')}", {}, "has a section 'checks', which another"),
    ],
)
def test_a_study_that_does_not_fit_the_others(parts, files, fault, tmp_path, found):
    study(tmp_path, parts, **files)
    found(tmp_path)
    with pytest.raises(ExtensionError) as error:
        choose(["wide"])
    assert "study 'wide' of theirs 1.0 (entry point wide" in sentence(error) and fault in sentence(
        error
    )
    assert "wide" not in studies() and "wide" not in figures()


CLAIM = (
    "from kkt_unlearning.studies.claim import OURS, claim\n"
    "@claim('', OURS, '', 'at_least', '', section='SECTION')\n"
    "def NAME(tables, thresholds): ...\n"
)


@pytest.mark.parametrize(
    ("parts", "files", "fault"),
    [
        ("", {"claims": "1 / 0"}, "claims that cannot be imported (ZeroDivisionError"),
        ("", {"claims": CLAIM.replace("NAME", "wide")}, "'wide' in a section 'SECTION', which no"),
        (
            "",
            {"claims": CLAIM.replace("NAME", "linear_recovered").replace("SECTION", "recovery")},
            "has a claim 'linear_recovered', which another study has",
        ),
        (
            "measures={'width': Measure('width', schema=options('', a=whole('', minimum='2')))}",
            {"rows": ""},
            "has options of 'width' that are no schema ('2' is not of type 'number')",
        ),
    ],
)
def test_claims_and_options_that_do_not_fit(parts, files, fault, tmp_path, found, tiny_config):
    study(tmp_path, parts, **files)
    found(tmp_path)
    with pytest.raises(ConfigurationError) as error:
        checked(tiny_config | {"studies": ["wide"]})
    text = sentence(error)
    assert text.startswith("studies: study 'wide' of theirs 1.0") and fault in text


def test_studies_count_from_when_they_are_chosen_until_others_are(tmp_path, found, tiny_config):
    text = CLAIM.replace("NAME", "w").replace("SECTION", "wide")
    study(tmp_path, "sections={'wide': Section('', '')}", claims=text)
    found(tmp_path)
    ours = claim.claims()
    choose(["wide"])
    assert "theirs.wide.claims" in modules("claims")
    assert {one.name for one in claim.claims()} - {one.name for one in ours} == {"w"}
    with pytest.raises(
        ConfigurationError, match=r"studies: study is 'wise', which is not known: .*, wide"
    ):
        checked(tiny_config | {"studies": ["wise"]})
    assert claim.claims() == ours and "wide" not in studies()


def test_a_job_on_our_own_reads_no_entry_points():
    code = (
        "import sys; from kkt_unlearning.datasets import source; "
        "from kkt_unlearning.unlearning.registry import METHODS; "
        "source('gaussian'), METHODS.load('nothing'); sys.exit('importlib.metadata' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""The house: which room of the code stands on which, from the ground up, and that no import goes up."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import kkt_unlearning

ROOT = Path(__file__).parents[1]
LIBRARY = "kkt_unlearning"

GROUND = (
    ("errors", "precision", "installed"),
    ("backends", "seeding", "extensions"),
    ("problem", "arrays"),
    ("metrics",),
)
MATHEMATICS = (
    ("networks", "datasets"),
    ("training", "quadratic"),  # how weights are come by: descent, and programs
    ("kkt",),
    ("unlearning",),
    ("certificates",),  # measure a step, so they stand above it
    ("deep", "attacks", "dependence"),
)
STUDIES_AND_TOOL = (("studies", "audit"), ("formats",), ("estimators", "cli"))
PIPELINE = (("pipeline",),)  # scripts/ and workflow/: the jobs, and the rules that plan them

FLOORS = (*GROUND, *MATHEMATICS, *STUDIES_AND_TOOL, *PIPELINE)
"""Whoever lives on a floor imports from its own room and from floors below, not from the room next door."""

HEIGHT = {room: height for height, floor in enumerate(FLOORS) for room in floor}

Imports = Mapping[str, set[str]]
"""What each module imports of the house, by full names."""


def rooms(floors):
    return {room for floor in floors for room in floor}


def modules(root: Path) -> dict[str, Path]:
    """Full name -> file, of the library, the scripts and the workflow."""
    found = {}
    for top, folder in ((LIBRARY, root / "src"), ("scripts", root), ("workflow", root)):
        for path in sorted((folder / top).rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def house(root: Path, homes: Mapping[str, str]) -> Imports:
    """The imports of all modules, those within functions included.

    A name from a package is the module of that name where there is one, else the package's own (what its
    ``__init__`` takes from where): that Python runs the packages around a module as well is left out, since
    each of these would then be a circle. ``homes`` are names that the library gives away at its door.
    """
    files = modules(root)
    return {name: set(_imported(path, name, files, homes)) for name, path in files.items()}


def _imported(
    path: Path, name: str, files: Mapping[str, Path], homes: Mapping[str, str]
) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are written out in full"
            wanted = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for full in wanted:
            full = homes.get(full, full)
            candidates = (full, full.rpartition(".")[0])
            # jobs find scripts beside them, by bare names
            beside = [f"scripts.{known}" for known in candidates if known]
            yield from [known for known in (*candidates, *beside) if known in files][:1]


def room(module: str) -> str:
    """The folder or file of the house that a module is in; the library's own door has none."""
    top, _, rest = module.partition(".")
    return rest.partition(".")[0] if top == LIBRARY else "pipeline"


def between(imports: Imports, above, below) -> list[str]:
    """Imports of modules in the rooms ``above`` by modules in the rooms ``below``, as sentences."""
    return [
        f"{module} imports {other}"
        for module, others in imports.items()
        for other in sorted(others)
        if room(module) in below and room(other) in above
    ]


def misdirected(imports: Imports) -> list[str]:
    """Imports that go up, or to another room of the same floor."""
    return [
        sentence
        for one in HEIGHT
        for sentence in between(
            imports,
            {other for other in HEIGHT if other != one and HEIGHT[other] >= HEIGHT[one]},
            {one},
        )
    ]


def circle(imports: Imports) -> str:
    """A circle of imports, written out; empty where there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return " -> ".join(reversed(error.args[1]))
    return ""


@pytest.fixture(scope="module")
def imports():
    homes = {
        f"{LIBRARY}.{name}": f"{LIBRARY}.{home}" for name, home in kkt_unlearning._HOMES.items()
    }
    return house(ROOT, homes)


def refuse(found):
    """Fails with each of the sentences on a line."""
    assert not found, "\n".join(["these imports are not allowed:", *found])


def test_every_room_has_a_floor(imports):
    assert {room(module) for module in imports} - {""} == set(HEIGHT)


def test_no_import_goes_up_or_next_door(imports):
    refuse(misdirected(imports))


def test_the_ground_rests_on_nothing(imports):
    refuse(between(imports, set(HEIGHT) - rooms(GROUND), rooms(GROUND)))


def test_the_mathematics_knows_no_study_and_no_tool(imports):
    refuse(between(imports, rooms(STUDIES_AND_TOOL), rooms(GROUND + MATHEMATICS)))


def test_an_audit_knows_no_study(imports):
    refuse(between(imports, {"studies"}, {"audit", "formats", "estimators"}))


def test_certificates_stand_above_unlearning(imports):
    refuse(between(imports, {"certificates"}, {"unlearning"}))
    assert between(imports, {"unlearning"}, {"certificates"}) != []


def test_the_library_knows_neither_scripts_nor_workflow(imports):
    refuse(between(imports, rooms(PIPELINE), set(HEIGHT) - rooms(PIPELINE)))


def test_no_imports_go_in_a_circle(imports):
    assert circle(imports) == ""


def built(root: Path, files: Mapping[str, str]) -> Imports:
    """The imports of a small house: path -> text."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return house(root, {"kkt_unlearning.certify": "kkt_unlearning.certificates.certificate"})


HELD = "src/kkt_unlearning/unlearning/held.py"
CERTIFICATE = "src/kkt_unlearning/certificates/certificate.py"


@pytest.mark.parametrize(
    "text",
    [
        "from kkt_unlearning.certificates.certificate import certify",
        "from kkt_unlearning.certificates import certificate",
        "import kkt_unlearning.certificates.certificate",
        "def late():\n    from kkt_unlearning.certificates.certificate import certify",
        "from kkt_unlearning import certify",
    ],
)
def test_an_import_that_goes_up_is_named(tmp_path, text):
    small = built(tmp_path, {HELD: text, CERTIFICATE: "import numpy"})
    sentence = "kkt_unlearning.unlearning.held imports kkt_unlearning.certificates.certificate"
    assert misdirected(small) == between(small, {"certificates"}, {"unlearning"}) == [sentence]


def test_an_import_that_goes_down_is_none(tmp_path):
    down = "from kkt_unlearning.unlearning.held import Held"
    assert misdirected(built(tmp_path, {CERTIFICATE: down, HELD: "import numpy"})) == []


def test_an_import_from_next_door_is_named(tmp_path):
    lira, network = (f"src/kkt_unlearning/{name}.py" for name in ("attacks/lira", "deep/network"))
    small = built(tmp_path, {lira: "import kkt_unlearning.deep.network", network: ""})
    assert misdirected(small) == ["kkt_unlearning.attacks.lira imports kkt_unlearning.deep.network"]


def test_an_import_from_the_scripts_is_named_and_a_circle_written_out(tmp_path):
    main, job = "src/kkt_unlearning/cli/main.py", "scripts/_job.py"
    small = built(
        tmp_path, {main: "from _job import job", job: "from kkt_unlearning.cli import main"}
    )
    assert misdirected(small) == ["kkt_unlearning.cli.main imports scripts._job"]
    assert set(circle(small).split(" -> ")) == {"kkt_unlearning.cli.main", "scripts._job"}


def test_what_a_package_gives_away_is_no_circle_but_taking_it_back_is(tmp_path):
    point = "src/kkt_unlearning/kkt/point.py"
    door = {"src/kkt_unlearning/kkt/__init__.py": "from kkt_unlearning.kkt.point import KKTPoint"}
    assert circle(built(tmp_path, door | {point: "import numpy"})) == ""
    back = built(tmp_path, door | {point: "from kkt_unlearning.kkt import KKTPoint"})
    assert set(circle(back).split(" -> ")) == {"kkt_unlearning.kkt", "kkt_unlearning.kkt.point"}

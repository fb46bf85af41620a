"""The pages on adding something: what they say to write is written, in a copy of the project, and run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import howto
import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("config", "scripts", "src", "workflow")
PREPARE = """
import numpy as np
from workflow.support.configuration.check import checked
from workflow.support.configuration.files import merged

def configuration(*files):
    return checked(merged(".", files))
"""
DATASET = """
from dataset import make
from kkt_unlearning.datasets import describe

experiment = configuration("sphere.yaml")["experiments"]["dimension"]
assert experiment["dataset"]["source"] == "sphere"
sizes = {"samples": 6, "dimension": 20, "fresh_samples": 4, "replicates": 2, "seed": 1}
data = make("sphere", sizes)
assert data.X.shape == (2, 6, 20) and data.X_fresh.shape == (2, 4, 20)
psi, phi = (describe(data)[name] for name in ("psi", "phi"))
assert (psi < 1e-12).all() and (phi > 0.1).all()
"""
METHOD = """
from builders import solved
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.certificates.criterion import criterion_all
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.training import Descent
from kkt_unlearning.unlearning.methods import Choices, Task, attempts

experiment = configuration("projection.yaml")["experiments"]["recovery"]
assert "projection" in experiment["recovery"]["methods"]
problem, training, point = solved(1, 6, 60, 8)
forget = [(0,), (1, 4)]
choices = Choices([0.5], Descent(), [10], damping=1.0, solver=Solver(), pivots=50)
(attempt,) = attempts(Task(point, training.W, forget, choices), ["projection"])
for W, which in zip(attempt.W, forget, strict=True):
    assert np.abs(problem.margins(W)[list(which)]).max() < 1e-10 * np.abs(problem.margins(W)).max()
found = criterion_all(point, attempt.W[:, None], forget, retained_kkt_points(point, forget))
assert (found.outcome == "separating").all()
assert (found.epsilon < 1).all() and (found.tau_star < 1).all()
"""
ATTACK = """
from shadow_pool import FOLDS, pool
from kkt_unlearning.attacks import membership
from kkt_unlearning.attacks.outputs import outputs
from kkt_unlearning.attacks.registry import ATTACKS

experiment = configuration("magnitude.yaml")["experiments"]["membership"]
assert set(experiment["membership"]["attacks"]) == set(ATTACKS.names())
shadows = pool(None)
found = outputs(shadows, [0.0, 1.0])
for step, expected in enumerate((lambda auc: auc > 0.9, lambda auc: auc < 0.8)):
    both = membership.sides(found, step, shadows.member, FOLDS)
    rates = membership.rates(*membership.scores("magnitude", both, "exponential"))
    assert rates["auc"].shape == rates["tpr_10"].shape == (shadows.pool.samples,)
    assert expected(rates["auc"].mean()), rates["auc"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for part in PARTS:
        shutil.copytree(
            ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    shutil.copy2(ROOT / "config.yaml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "check"), [("dataset", DATASET), ("method", METHOD), ("attack", ATTACK)]
)
def test_what_a_page_says_to_write_works(name, check, project):
    page = ROOT / "docs" / "howto" / f"{name}.md"
    howto.write(page, project)
    folders = [project / "src", project / "scripts", project, ROOT / "tests"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))}
    run = subprocess.run(
        [sys.executable, "-c", PREPARE + check],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("name", ["study", "dataset", "method", "attack"])
@pytest.mark.parametrize("command", [["check", "--extend-select", "ANN"], ["format", "--check"]])
def test_what_a_page_says_to_write_passes_make_lint(name, command, project):
    """Of mypy what pages are most likely to lack: types of arguments."""
    pytest.importorskip("ruff")
    page = ROOT / "docs" / "howto" / f"{name}.md"
    shutil.copy2(ROOT / "pyproject.toml", project)
    howto.write(page, project)
    new = {path for path, kind, _ in howto.edits(page) if path.endswith(".py") and kind == "python"}
    edited = {path for path, _, _ in howto.edits(page) if path.endswith(".py")}
    run = subprocess.run(
        [sys.executable, "-m", "ruff", *command, *sorted(new if "ANN" in command else edited)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert new and run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("name", ["dataset", "method", "attack"])
def test_a_page_needs_fewer_than_thirty_lines(name):
    assert 5 < howto.lines(ROOT / "docs" / "howto" / f"{name}.md") < 30


def test_a_package_needs_at_most_sixty_lines():
    assert 30 < howto.lines(ROOT / "docs" / "howto" / "extension.md") <= 60


def test_a_study_needs_at_most_sixty_lines():
    assert 30 < howto.lines(ROOT / "docs" / "howto" / "study.md") <= 60

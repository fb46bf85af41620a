"""What importing the package costs, and that every public name is there."""

import subprocess
import sys
from pathlib import Path

import pytest

import kkt_unlearning

SRC = Path(kkt_unlearning.__file__).parents[1]


def loaded_after(code):
    """Names of the modules that a fresh interpreter has loaded after running ``code``."""
    script = f"import sys; sys.path.insert(0, {str(SRC)!r}); {code}; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_importing_the_package_imports_nothing_else():
    loaded = loaded_after("import kkt_unlearning")
    assert "kkt_unlearning" in loaded
    assert not {"cvxpy", "scipy", "scipy.optimize", "matplotlib", "numpy", "sklearn"} & loaded


@pytest.mark.parametrize(
    "code",
    [
        "from kkt_unlearning import *",
        "from kkt_unlearning.studies import bounds, kinks, replicates\n"
        "import kkt_unlearning.studies.bounds.rows, kkt_unlearning.studies.kinks.rows",
    ],
)
def test_importing_every_module_imports_no_solver_and_no_plotting(code):
    loaded = loaded_after(code)
    assert "kkt_unlearning.certificates.certificate" in loaded
    assert not {"cvxpy", "scipy.optimize", "matplotlib", "cupy", "sklearn"} & loaded


def test_public_names_are_those_that_are_there():
    for name in kkt_unlearning.__all__:
        assert getattr(kkt_unlearning, name).__name__ == name
    assert set(kkt_unlearning.__all__) <= set(dir(kkt_unlearning))


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        _ = kkt_unlearning.nonesuch


def test_the_story_of_the_readme_runs():
    import numpy as np

    from kkt_unlearning import Descent, Problem, TwoLayer, certify, kkt_point, train, unlearn

    rng = np.random.default_rng(0)
    problem = Problem(TwoLayer(20), rng.normal(size=(6, 200)) / 200**0.5, np.array([1.0, -1] * 3))
    training = train(problem, 0.1 * rng.normal(size=(20, 200)) / 200**0.5, Descent(steps=1000))
    certificate = certify(unlearn(kkt_point(problem, problem.pattern(training.W)), [0]))
    assert certificate.outcome == "separating"
    assert certificate.epsilon <= certificate.restored_bound

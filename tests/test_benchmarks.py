"""The benchmarks at tiny sizes: right rows, contestants that agree, and numbers that come from the tables.

Peers that are not installed are skipped; no test looks at a time that was measured.
"""

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks import checks, headlines, page, race
from benchmarks.cells import task
from benchmarks.instance import instance
from benchmarks.peers import cell, descent, svm
from builders import gaussian, labels, least_distance, planted_orthogonal, planted_pairs
from builders import wrong_pattern as any_pattern
from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
QUICK = tuple(name for name in page.BENCHMARKS if name != "pipeline")
NEEDS = {
    "PyTorch": "torch",
    "Clarabel": "qpsolvers",
    "PIQP": "piqp",
    "DAQP": "daqp",
    "quadprog": "quadprog",
    "SVC": "sklearn",
    "LinearSVC": "sklearn",
}


def skip_without(contestant: str) -> None:
    for name, library in NEEDS.items():
        if contestant.startswith(name) and find_spec(library) is None:
            pytest.skip(f"{library} is not installed (envs/requirements-benchmark.txt)")


def missing(contestant: str) -> bool:
    return any(
        contestant.startswith(name) and find_spec(library) is None
        for name, library in NEEDS.items()
    )


# every benchmark, end to end


@pytest.mark.parametrize("name", QUICK)
def test_every_contestant_that_is_there_passes_the_checks_of_a_tiny_run(name, tmp_path):
    if name == "linear_model" and find_spec("qpsolvers") is None:
        pytest.skip("its arbiter, qpsolvers, is not installed (envs/requirements-benchmark.txt)")
    module, path = import_module(f"benchmarks.{name}"), tmp_path / "table.pickle"
    measure = f"benchmarks.{name}.measure(quick=True)"
    code = f"import pandas, benchmarks.{name}; pandas.DataFrame({measure}).to_pickle({str(path)!r})"
    # A peer that crashes ends a process of its own: pytest-xdist would wait for a lost worker for ever.
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-2000:]
    table = pd.read_pickle(path)
    here = table[[not missing(contestant) for contestant in table["contestant"]]]
    assert (here["contestant"].str.startswith("ours")).any()
    accurate = here[here["tolerance"] > 1e-7] if "tolerance" in here else here
    wrong = accurate[~accurate["outcome"].isin(["ok", "not separating yet"])]
    assert wrong.empty, wrong[["contestant", "outcome"]].to_string()
    assert (accurate["seconds"] > 0).all()
    assert isinstance(module.draw(table), Figure)


def test_a_run_writes_table_figure_and_page_and_resumes(tmp_path):
    command = [sys.executable, "-W", "error", "-m", "benchmarks.run", "multipliers", "--quick"]
    command += ["--results", str(tmp_path)]
    first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "multipliers: done" in first.stdout
    written = (tmp_path / "multipliers.csv").read_bytes()
    again = [*command, "--resume"]
    second = subprocess.run(again, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "there already" in second.stdout
    assert (tmp_path / "multipliers.csv").read_bytes() == written
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "![multipliers of trained weights](multipliers.png)" in text
    assert (tmp_path / "multipliers.png").exists()
    assert "scipy nnls, in R^d" in text


def test_an_unknown_benchmark_is_refused_with_what_there_is():
    command = [sys.executable, "-m", "benchmarks.run", "nonsense"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "NAME = nonsense: there are training_step, " in run.stderr


# the race


@pytest.fixture
def clock(monkeypatch):
    """A clock that only contestants move: ``costing(t)`` is a run of t seconds."""
    now = [0.0]
    monkeypatch.setattr(race.time, "perf_counter", lambda: now[0])

    def costing(*seconds, answer=1.0):
        left = list(seconds)

        def run(instance):
            now[0] += left.pop(0) if len(left) > 1 else left[0]
            return answer

        return run

    return costing


def agree(answer):
    return {"error": abs(answer - 1.0)}, "" if answer == 1.0 else "fails the check: error"


def test_ratios_are_of_the_same_round_and_the_warm_up_does_not_count(clock):
    ours = race.Contestant("ours", clock(50.0, 1.0, 2.0, 4.0), units=10)
    peer = race.Contestant("peer", clock(90.0, 3.0, 4.0, 20.0))
    limits = race.Limits(rounds=4, budget=np.inf)
    first, second = race.race([ours, peer], None, agree, limits)
    assert (first["seconds"], first["fastest"], first["slowest"]) == (0.2, 0.1, 0.4)
    assert second["rounds"] == 3
    assert (second["ratio"], second["ratio_low"], second["ratio_high"]) == (30.0, 20.0, 50.0)


def test_a_contestant_over_its_budget_keeps_its_first_run(clock):
    ours, peer = race.Contestant("ours", clock(1.0)), race.Contestant("peer", clock(8.0))
    row = race.race([ours, peer], None, agree, race.Limits(budget=10.0))[1]
    assert (row["rounds"], row["seconds"], row["ratio"]) == (1, 8.0, 8.0)


def test_what_fails_or_is_wrong_is_a_row_that_says_so(clock):
    def broken(instance):
        raise ValueError("no\nsuch luck")

    contestants = [
        race.Contestant("ours", clock(1.0)),
        race.Contestant("wrong", clock(1.0, answer=3.0)),
        race.Contestant("broken", broken),
        race.Contestant("large", clock(1.0), memory=lambda instance: 2.0**40),
    ]
    rows = race.race(contestants, None, agree, race.Limits())
    assert [row["outcome"] for row in rows] == [
        "ok",
        "fails the check: error",
        "failed: ValueError: no",
        "not run: arrays of 1024 GiB, over 4 GiB",
    ]
    assert rows[1]["error"] == 2.0
    assert "seconds" not in rows[2]


def test_a_growth_curve_ends_before_the_cap(clock):
    limits, peer = race.Limits(cap=20.0), race.Contestant("peer", clock(1.0), power=1.0)
    limits.remember("peer", 10, 0.1)
    assert limits.obstacle(peer, None, 1000) is None  # linear: 10 s
    limits.remember("peer", 20, 0.4)  # quadratic from here
    assert limits.obstacle(peer, None, 140) is None
    assert limits.obstacle(peer, None, 150) == "not run: some 22 s expected, over the cap of 20 s"
    cubic = race.Contestant("cubic", clock(1.0), power=3.0)
    limits.remember("cubic", 10, 0.1)
    assert "some 1e+02 s expected" in limits.obstacle(cubic, None, 100)


# the checks


def planted_cell():
    """A cell with a planted optimum: fractional Clarke weights on the kinks, some ν > 0."""
    problem, W, multipliers, clarke, kinks = planted_pairs([0.4, -0.3], [1.0, 1.3], width=6)
    A = np.where(kinks, 0.0, clarke)
    found = cell.Cell(problem.X, problem.y, problem.network.output_weights, A, np.ones(6))
    forces = found.side * multipliers * problem.signs * (clarke - A)
    return found, cell.Solution(W, multipliers, forces)


def test_a_planted_optimum_passes_and_each_spoilt_one_fails_by_name():
    found, solution = planted_cell()
    exact = checks.measures(found, solution, solution.W)
    assert exact.residual < 1e-14
    assert checks.verdict(exact) == ""
    spoilt = {
        "primal_violation": solution._replace(W=0.99 * solution.W),
        "gap": solution._replace(multipliers=1.01 * solution.multipliers),
        "distance": solution._replace(W=solution.W + 0.01 * np.eye(*solution.W.shape)),
        "objective_error": solution._replace(W=1.01 * solution.W),
    }
    for name, answer in spoilt.items():
        assert name in checks.verdict(checks.measures(found, answer, solution.W)), name


def test_a_negative_multiplier_shows_in_the_residual():
    found, solution = planted_cell()
    forces = solution.forces.copy()
    forces[solution.forces == 0] = -1e-3
    assert checks.measures(found, solution._replace(forces=forces), solution.W).residual > 1e-3


def test_the_arbiter_goes_down_to_the_tolerance_that_it_reaches():
    def solve(tolerance):
        if tolerance < 5e-11:
            raise RuntimeError("inaccurate")
        return tolerance

    assert checks.strictest(solve) == 1e-10


# the contestants


@pytest.mark.parametrize("form", [cell.NATURAL, cell.CONDENSED])
@pytest.mark.parametrize("name", cell.SOLVERS)
@pytest.mark.parametrize("seed", range(3))
def test_every_qp_solver_finds_the_point_of_an_independent_method(name, form, seed):
    skip_without(name)
    problem, W0 = gaussian(seed, samples=4, dimension=6, width=8)
    A = any_pattern(problem, problem.pattern(W0), seed)
    found = cell.Cell(problem.X, problem.y, problem.network.output_weights, A, np.ones(8))
    expected, multipliers = least_distance(problem, A)
    solution = cell.in_form(found, cell.SOLVERS[name], form, 1e-10)
    assert checks.verdict(checks.measures(found, solution, expected), 1e-9) == ""
    np.testing.assert_allclose(solution.multipliers, multipliers[:4], atol=1e-4)


def test_classes_are_neurons_of_equal_sign_and_pattern():
    found, _ = planted_cell()
    classes, members = found.condensed()
    assert classes.counts.sum() == len(found.u)
    assert len(classes.u) == 2  # all neurons of a sign share a pattern here
    np.testing.assert_array_equal(classes.A[members], found.A)
    np.testing.assert_array_equal(classes.u[members], found.u)


def test_the_cell_of_a_task_holds_the_point_that_ours_finds():
    judged = task(seed=0, samples=4, width=10, dimension=20)
    row, complaint = judged.check(cell.ours(judged.cell), 0.0)
    assert complaint == ""
    assert row["residual"] < 1e-9


@pytest.mark.parametrize("name", ["ours", *svm.SOLVERS])
def test_every_linear_solver_finds_the_planted_separator(name):
    skip_without(name)
    problem, W, multipliers, _ = planted_orthogonal([1.0, 0.5, 2.0, 1.5], labels(4), None)
    data = svm.Data(problem.X, problem.y)
    found = svm.ours(data) if name == "ours" else svm.SOLVERS[name](data, 1e-9)
    np.testing.assert_allclose(found.w, W[0], atol=1e-5)
    np.testing.assert_allclose(found.multipliers, multipliers, rtol=1e-5)


@pytest.mark.parametrize("rule", ["constant", "normalised"])
@pytest.mark.parametrize("name", descent.GENERATORS)
def test_every_descent_makes_the_same_iterates(name, rule):
    skip_without(name)
    case, marks = instance(0, samples=4, dimension=9, width=6), [1, 7, 30]
    truth = [W.copy() for W in descent.plain_numpy(case, rule, 0.2, marks)]
    found = [W.copy() for W in descent.GENERATORS[name](case, rule, 0.2, marks)]
    np.testing.assert_allclose(found, truth, rtol=0, atol=1e-12)


# what is quoted


def write_steps(folder, *rows):
    columns = ["rule", "contestant", "seed", "ratio", "ratio_low", "ratio_high", "outcome"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "training_step.csv", index=False)


def test_headlines_are_medians_over_seeds_with_the_range_of_all_rounds(tmp_path):
    peer = "PyTorch autograd"
    write_steps(
        tmp_path,
        ("constant", peer, 0, 90.0, 80.0, 95.0, "ok"),
        ("constant", peer, 1, 100.0, 99.0, 120.0, "ok"),
        ("constant", peer, 2, 110.0, 85.0, 111.0, "ok"),
        ("constant", "plain NumPy", 0, 40.0, 39.0, 41.0, "fails the check: x"),
    )
    (found,) = headlines.headlines(tmp_path)
    assert (found.key, found.ratio, found.low, found.high) == ("step_pytorch", 100.0, 80.0, 120.0)


def test_every_headline_stands_in_the_committed_tables():
    found = [headline.key for headline in headlines.headlines(ROOT / "benchmarks" / "results")]
    assert found == headlines.KEYS


def test_the_page_quotes_what_the_tables_say():
    page = (ROOT / "docs/speed.md").read_text("utf-8")
    assert headlines.markdown(ROOT / "benchmarks/results") in page

"""``benchmarks/gpu_check.py`` from end to end, with the kernels emulated and NumPy's arrays."""

import csv
import json
import sys

import array_api_compat.numpy as xp
import numpy as np
import pytest
from benchmarks import gpu_check
from benchmarks.gpu import checks, instances, times
from benchmarks.gpu.rows import COLUMNS, Row
from builders import one_sentence

from kkt_unlearning.training.gpu import fused_descent


@pytest.fixture
def here(gpu, monkeypatch):
    monkeypatch.setattr(gpu_check, "backend_namespace", lambda name: xp)


def test_everything_that_a_gpu_will_run_runs_and_passes(here, tmp_path):
    gpu_check.main(["--quick", "--results", str(tmp_path / "new")])
    with open(tmp_path / "new" / "gpu.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    checked = [row for row in rows if row["part"] == "check"]
    assert {row["verdict"] for row in checked} == {"passed", "measured"}
    assert all(np.isfinite(float(row["value"])) for row in rows)
    for part in (
        "fused kernel",
        "train",
        "ascend",
        "margins",
        "exact points",
        "peak",
        "NumPy",
        "one CuPy call",
    ):
        assert any(row["what"].startswith(part) for row in rows), part
    timed = [row for row in rows if row["unit"] in ("s", "TFLOP/s")]
    assert len(timed) > 15 and all(float(row["value"]) > 0 for row in timed)
    machine = json.loads((tmp_path / "new" / "gpu_machine.json").read_text())
    assert machine["gpu"] == "CPU" and machine["multiprocessors"] == "1"


def test_a_kernel_that_is_wrong_is_found(here, monkeypatch, tmp_path, capsys):
    def wrong(P, slopes_sum, steps, **system):
        fused_descent(P, slopes_sum, steps, **system)
        P[..., 0] *= 1 + 1e-8

    monkeypatch.setattr(checks, "fused_descent", wrong)
    monkeypatch.setattr(gpu_check, "measure", only(checks.fused_steps, checks.fused_masks))
    with pytest.raises(SystemExit) as end:
        gpu_check.main(["--quick", "--results", str(tmp_path)])
    assert "10 checks failed" in str(end.value)
    assert str(end.value).count("pre-activations") == 10
    assert "FAILED" in capsys.readouterr().out and (tmp_path / "gpu.csv").exists()


def test_a_part_that_raises_fails_and_the_next_ones_still_run(here, monkeypatch, tmp_path):
    def broken(xp, sizes):
        yield Row("check", "before", "number", 1.0, "")
        raise RuntimeError("no more memory\nat line 3")

    monkeypatch.setattr(gpu_check, "measure", only(broken, checks.repeated))
    with pytest.raises(SystemExit, match=r"broken: RuntimeError: no more memory"):
        gpu_check.main(["--quick", "--results", str(tmp_path)])
    text = (tmp_path / "gpu.csv").read_text()
    assert "before" in text and "run twice" in text


def only(*parts):
    measure = gpu_check.measure
    return lambda xp, sizes: measure(xp, sizes, parts)


def test_without_a_gpu_it_says_so_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(SystemExit) as end:
        gpu_check.main(["--results", str(tmp_path / "none")])
    text = one_sentence(end)
    for part in ("gpu_check: CuPy is not installed", "allowed is", "requirements-gpu.lock"):
        assert part in text
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("part", "value", "limits", "verdict"),
    [
        ("check", 1.0, {"at_most": 1.0}, "passed"),
        ("check", 1.1, {"at_most": 1.0}, "FAILED"),
        ("check", float("nan"), {"at_most": 1.0}, "FAILED"),
        ("check", float("nan"), {"at_least": 0.0}, "FAILED"),
        ("check", 0.5, {}, "measured"),
        ("time", 0.5, {"at_least": 0.5}, "reached"),
        ("time", 0.4, {"at_least": 0.5}, "missed"),
    ],
)
def test_verdicts(part, value, limits, verdict):
    assert Row(part, "what", "quantity", value, "", **limits).verdict == verdict


def test_the_instances_are_gaussian_data_in_coordinates_of_their_span():
    problem, W0 = instances.batch(3, 5, 40, seed=1)
    X = np.random.default_rng(1).normal(size=(3, 5, 1000)) / np.sqrt(1000)
    np.testing.assert_allclose(problem.gram, X @ X.swapaxes(-1, -2), atol=1e-14)
    assert W0.shape == (3, 40, 5)
    P, slopes_sum = instances.start(xp, problem, W0)
    np.testing.assert_allclose(P[1], problem.X[1] @ W0[1].T, rtol=1e-12)
    assert P.flags.c_contiguous and slopes_sum.shape == (3, 5)


def test_the_contestant_makes_the_same_steps(gpu):
    problem, W0 = instances.batch(2, 4, 40)
    found, expected = (instances.start(xp, problem, W0) for _ in range(2))
    times.plain_steps(*found, 30, **instances.system(problem))
    fused_descent(*expected, 30, descent=times.Descent(), **instances.system(problem))
    for value, truth in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, truth, rtol=1e-11, atol=1e-13)

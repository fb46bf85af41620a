"""What the CUDA compiler makes of the kernel: the state must stay in registers."""

import re
import shutil
import subprocess

import pytest

from kkt_unlearning.training.gpu import fused
from kkt_unlearning.training.gpu.launch import Launch, neurons_most

NVCC = shutil.which("nvcc")
pytestmark = pytest.mark.skipif(NVCC is None, reason="needs nvcc on the PATH")

REGISTERS = 65536  # of a multiprocessor


class Compiled:
    """Stands in for ``cupy.RawModule``: compiles for sm_90 and keeps what ptxas reports."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, code, options):
        (self.folder / "descent.cu").write_text(code, encoding="utf-8")
        report = subprocess.run(
            [
                NVCC,
                *options,
                "-arch=sm_90",
                "-cubin",
                "-o",
                "descent.cubin",
                "-Xptxas=-v",
                "descent.cu",
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        ).stderr
        self.spilled = sum(map(int, re.findall(r"(\d+) bytes spill", report)))
        self.registers = int(re.search(r"Used (\d+) registers", report)[1])
        self.warnings = re.findall(r"warning.*", report)
        return self

    def get_function(self, name):
        return name


def compiled(monkeypatch, folder, n, m, dtype, logistic):
    import sys
    import types

    module, launch = Compiled(folder), Launch.of(n, m, 8 if dtype == "float64" else 4)
    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(RawModule=module))
    fused._kernel.cache_clear()
    fused._kernel(launch, m, dtype, True, logistic, True)
    fused._kernel.cache_clear()
    return module, launch


@pytest.mark.parametrize("logistic", [False, True])
def test_the_default_size_spills_nothing_and_two_networks_share_a_multiprocessor(
    monkeypatch, tmp_path, logistic
):
    module, launch = compiled(monkeypatch, tmp_path, 1000, 10, "float64", logistic)
    assert (module.spilled, module.warnings) == (0, [])
    assert launch.blocks == 2
    assert module.registers * launch.threads * launch.blocks <= REGISTERS


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("m", [1, 6, 8, 16, 20, 28, 32])
def test_the_widest_networks_spill_nothing(monkeypatch, tmp_path, m, dtype):
    size = 8 if dtype == "float64" else 4
    module, launch = compiled(monkeypatch, tmp_path, neurons_most(m, size), m, dtype, True)
    assert (module.spilled, module.warnings) == (0, [])
    assert module.registers * launch.threads <= REGISTERS

"""Kernels run on the CPU here: see ``emulator.py``."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def gpu(monkeypatch):
    """CuPy's launching of kernels, emulated; arrays are NumPy's."""
    import emulator

    if emulator.COMPILER is None:
        pytest.skip("needs g++ on the PATH to run the kernels on the CPU")
    from kkt_unlearning.training.gpu import fused

    monkeypatch.setitem(sys.modules, "cupy", emulator)
    fused._kernel.cache_clear()
    yield emulator
    fused._kernel.cache_clear()

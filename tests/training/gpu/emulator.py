"""The parts of CuPy that launch and time kernels; they run on the CPU, on NumPy's arrays."""

import ctypes
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np

COMPILER = shutil.which("g++")

__version__ = "emulated"


class ndarray:  # noqa: N801
    """CuPy's array, of which there are none: the library asks whether it has one."""


_LAUNCHER = """
#include "emulator.hpp"
{code}
extern "C" bool launch(int blocks, int threads, bool backwards, void **arguments) {{
    return emulator::run({name}, blocks, threads, backwards, arguments);
}}
"""


class RawModule:
    """As CuPy's, of the options that the library uses."""

    def __init__(self, code, options=()):
        self.code, self.options = code, tuple(options)

    def get_function(self, name):
        return Kernel(_compiled(_LAUNCHER.format(code=self.code, name=name), self.options))


class Kernel:
    """Called with ``(grid, block, arguments)``; threads run in ascending order, or ``backwards``."""

    backwards = False

    def __init__(self, launch):
        self._launch = launch

    def __call__(self, grid, block, arguments):
        (blocks,), (threads,) = grid, block
        values = [_value(argument) for argument in arguments]
        pointers = (ctypes.c_void_p * len(values))(*(value.ctypes.data for value in values))
        if not self._launch(blocks, threads, self.backwards, pointers):
            raise RuntimeError("the threads of a block wait for one another for ever")


class Event:
    """A moment; nothing is asynchronous here."""

    def record(self):
        self.seconds = time.perf_counter()

    def synchronize(self):
        assert self.seconds > 0


def _properties(device):
    assert device == 0
    return {"name": b"CPU", "multiProcessorCount": 1, "totalGlobalMem": 2**30}


cuda = SimpleNamespace(
    Event=Event,
    get_elapsed_time=lambda begin, end: 1e3 * (end.seconds - begin.seconds),
    runtime=SimpleNamespace(
        getDeviceProperties=_properties, driverGetVersion=lambda: 0, runtimeGetVersion=lambda: 0
    ),
)


def _value(argument):
    """What the kernel takes: the address of an array, or a scalar whose type says its size."""
    if isinstance(argument, np.ndarray):
        return np.array(argument.ctypes.data, dtype=np.uintp)
    assert isinstance(argument, np.generic), f"{argument!r} has no size of its own"
    return np.array(argument)


@cache
def _compiled(source, options):
    folder = Path(tempfile.mkdtemp(prefix="emulated-kernel-"))
    (folder / "kernel.cpp").write_text(source, encoding="utf-8")
    here = f"-I{Path(__file__).parent}"
    warnings = ("-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas")
    command = [
        COMPILER,
        *options,
        "-O1",
        "-std=c++17",
        *warnings,
        here,
        "-shared",
        "-fPIC",
        "kernel.cpp",
    ]
    subprocess.run([*command, "-o", "kernel.so"], cwd=folder, check=True)
    launch = ctypes.CDLL(str(folder / "kernel.so")).launch
    shutil.rmtree(folder)
    launch.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_bool, ctypes.POINTER(ctypes.c_void_p)]
    launch.restype = ctypes.c_bool
    return launch

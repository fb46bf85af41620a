"""Verify and time everything that runs on a GPU: ``python -m benchmarks.gpu_check``, or ``make gpu-check``.

Writes ``gpu.csv`` and the machine to ``benchmarks/results/``; ends with an error where a check failed.
Not run on a GPU yet: its own code is tested with the kernels emulated on a CPU (``tests/gpu``).
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # also as `python benchmarks/gpu_check.py`
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # before NumPy, which is timed on one thread

from benchmarks.gpu.checks import CHECKS  # noqa: E402
from benchmarks.gpu.instances import FULL, TINY, Sizes  # noqa: E402
from benchmarks.gpu.rows import Row, write  # noqa: E402
from benchmarks.gpu.times import TIMES  # noqa: E402
from kkt_unlearning.backends import backend_namespace  # noqa: E402
from kkt_unlearning.errors import BackendError  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does everything run?")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the table goes")
    wanted = parser.parse_args(arguments)
    try:
        xp = backend_namespace("cupy")
    except BackendError as error:
        reason = str(error).split(": ", 1)[1].split("; ")[0]
        sys.exit(
            f"gpu_check: {reason}; allowed is a machine with a CUDA GPU and CuPy, so install "
            "envs/requirements-gpu.lock on one and run it there."
        )
    rows = measure(xp, TINY if wanted.quick else FULL)
    wanted.results.mkdir(parents=True, exist_ok=True)
    write(rows, wanted.results / "gpu.csv")
    (wanted.results / "gpu_machine.json").write_text(json.dumps(machine(), indent=2) + "\n")
    failed = [str(row) for row in rows if row.verdict == "FAILED"]
    if failed:
        sys.exit("\n".join([f"gpu_check: {len(failed)} checks failed.", *failed]))


def measure(
    xp, sizes: Sizes, parts: Iterable[Callable[..., Iterable[Row]]] = (*CHECKS, *TIMES)
) -> list[Row]:
    """All rows; each is printed as soon as it is there. A part that raises is a check that failed."""
    rows = []
    for part in parts:
        try:
            for row in part(xp, sizes):
                rows.append(row)
                print(row, flush=True)
        except Exception as error:  # the parts after it still say something
            rows.append(_raised(part.__name__, error))
            print(rows[-1], flush=True)
    return rows


def _raised(name: str, error: Exception) -> Row:
    message = str(error).splitlines() or [""]
    what = f"{name}: {type(error).__name__}: {message[0]}"
    return Row("check", what, "parts that raised", 1.0, "", at_most=0.0)


def machine() -> dict[str, str]:
    """The GPU and the versions; no host name, no paths."""
    import cupy

    runtime = cupy.cuda.runtime
    properties = runtime.getDeviceProperties(0)
    return {
        "gpu": properties["name"].decode(),
        "multiprocessors": str(properties["multiProcessorCount"]),
        "memory": f"{properties['totalGlobalMem'] / 2**30:.0f} GiB",
        "cuda driver": str(runtime.driverGetVersion()),
        "cuda runtime": str(runtime.runtimeGetVersion()),
        "cupy": cupy.__version__,
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    main()

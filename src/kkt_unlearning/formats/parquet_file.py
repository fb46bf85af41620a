"""A table in a ``.parquet``: flat columns of numbers, read by pyarrow in a process of its own."""

import json
import os
import subprocess
import sys
from typing import BinaryIO

import numpy as np

from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.errors import DataError, one_line
from kkt_unlearning.formats.columns import split
from kkt_unlearning.formats.opening import size_of

# Memory that is taken as it is needed, not set aside for threads.
_SPARING = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
}

_READER = "kkt_unlearning.formats.parquet_table"  # a module, run


def read_parquet(file: BinaryIO, name: str, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Features ``X (m, d)`` and labels ``y (m,)``.

    pyarrow reads them in another process, with limits on time and memory: its code trusts what it reads
    further than a file of a stranger's deserves, and no error of its own has to be one of Python.

    Raises:
        DataError: as `kkt_unlearning.formats.read_data`.
    """
    size = size_of(file, name)
    check_memory(3 * size, name, "save fewer samples or features")
    columns, table = _apart(json.dumps([name, label]).encode() + b"\n" + file.read(size), name)
    return split(table, columns, label, name)


def damaged(name: str, reason: object) -> str:
    """The sentence for bytes that are no Parquet."""
    found = one_line(reason) or type(reason).__name__
    return f"{name} is not a Parquet file, or a damaged one ({found}): save it again."


def _apart(asked: bytes, name: str) -> tuple[list[str], np.ndarray]:
    """What the other process answers: columns, and the numbers ``(m, d + 1)``."""
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-P", "-m", _READER],
        input=asked,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **_SPARING, "PYTHONPATH": path},
        check=False,
    )
    if done.returncode:
        raise DataError(damaged(name, "its reader ran out of time or memory, or broke off"))
    end = done.stdout.index(b"\n") + 1
    answer = json.loads(done.stdout[:end])
    if "refused" in answer:
        raise DataError(answer["refused"])
    columns = answer["columns"]
    return columns, np.frombuffer(memoryview(done.stdout)[end:]).reshape(-1, len(columns))

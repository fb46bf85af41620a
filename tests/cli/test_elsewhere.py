"""The command without what Windows does not have: modules and functions of POSIX, symbolic links, UTF-8.

No Windows ran this; what it lacks is taken away here, after NumPy and SciPy have found what they need.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

LACKING = ("resource", "fcntl", "pwd", "grp", "termios", "pty", "tty", "posix")
FUNCTIONS = (
    *(
        "sysconf",
        "fork",
        "getuid",
        "geteuid",
        "getgid",
        "mkfifo",
        "uname",
        "symlink",
        "chown",
        "fchmod",
    ),
    *(
        "sched_getaffinity",
        "getpgid",
        "killpg",
        "statvfs",
        "pread",
        "posix_spawn",
        "O_NOFOLLOW",
        "O_NONBLOCK",
    ),
)
WINDOWS = f"""
import sys, os, signal, subprocess, tempfile, numpy, scipy.linalg, scipy.optimize, scipy.sparse
for name in {LACKING!r}: sys.modules[name] = None
for name in {FUNCTIONS!r}:
    if hasattr(os, name): delattr(os, name)
for name in ("SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1", "alarm", "setitimer"): delattr(signal, name)
from kkt_unlearning.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(6, 40)) / 40**0.5, np.array([1.0, -1] * 3)
    np.savez(tmp_path / "D.npz", X=X, y=y)
    rows = np.column_stack([X, y])
    header = ",".join([*(f"x{k}" for k in range(40)), "y"])
    np.savetxt(tmp_path / "D.csv", rows, delimiter=",", header=header, comments="", fmt="%.17g")
    np.savez(tmp_path / "W.npz", w=np.linalg.solve(X @ X.T, y) @ X)
    return tmp_path


def windows(folder, *words):
    """Standard output, in the encoding of a Windows of western Europe."""
    path = os.pathsep.join(filter(None, sys.path))
    environment = {
        **os.environ,
        "PYTHONIOENCODING": "cp1252",
        "PYTHONPATH": path,
        "PYTHONUTF8": "0",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WINDOWS, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("cp1252")
    return done.stdout.decode("cp1252")


@pytest.mark.parametrize("data", ["D.npz", "D.csv"])
def test_every_verb(folder, data):
    files = ("--data", data, "--weights", "W.npz")
    assert "lambda" in windows(folder, "kkt", *files)
    each = json.loads(windows(folder, "each", *files, "--json", "--table", "T.csv"))
    assert sorted(each["samples"]["sample"]) == list(range(6))
    windows(folder, "unlearn", *files, "--forget", "0", "--out", "U.npz")
    certified = windows(folder, "certify", "--data", data, "--weights", "U.npz", "--forget", "0")
    assert "epsilon" in certified
    assert sorted(path.name for path in folder.iterdir()) == [
        "D.csv",
        "D.npz",
        "T.csv",
        "U.npz",
        "W.npz",
    ]

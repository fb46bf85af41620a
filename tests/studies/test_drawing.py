"""Matplotlib is loaded with its own settings, whatever lies where it looks for others."""

import os
import subprocess
import sys

import pytest

LOADED = """
import os
from kkt_unlearning.studies.drawing import load_matplotlib
before = os.getcwd()
load_matplotlib()
import matplotlib
assert os.getcwd() == before
differing = {key for key in matplotlib.rcParamsDefault if key != "backend"
             and matplotlib.rcParams[key] != matplotlib.rcParamsDefault[key]}
print(sorted(differing), end="")
"""


@pytest.mark.parametrize("content", [b"font.size: 33\n", b"\xff\xfe", b"font.family: caf\xe9\n"])
@pytest.mark.parametrize("where", ["here", "named", "settings"])
def test_no_matplotlibrc_is_read(tmp_path, where, content):
    folder = tmp_path / "run"
    folder.mkdir()
    place = folder if where == "here" else tmp_path
    (place / "matplotlibrc").write_bytes(content)
    variables = {
        "named": {"MATPLOTLIBRC": str(place / "matplotlibrc")},
        "settings": {"MPLCONFIGDIR": str(place)},
    }.get(where, {})
    ended = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("[]", "")

"""What a process may use is the least of what machine, control groups and limits of its own allow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kkt_unlearning.datasets import memory
from kkt_unlearning.datasets.memory import check_memory, container_limits
from kkt_unlearning.errors import DataError

V2 = "sys/fs/cgroup"
V1 = "sys/fs/cgroup/memory"
UNLIMITED = str(2**63 - 4096)  # as version 1 writes it
TREES = {
    "version 2": ("0::/jobs/mine\n", {f"{V2}/jobs/mine/memory.max": "3000"}, 3000),
    "version 2, of the group around it": (
        "0::/jobs/mine\n",
        {f"{V2}/jobs/memory.max": "2000", f"{V2}/jobs/mine/memory.max": "max"},
        2000,
    ),
    "version 2, in a container that sees itself as the top": (
        "0::/\n",
        {f"{V2}/memory.max": "4000"},
        4000,
    ),
    "version 1": (
        "5:cpu,cpuacct:/jobs\n4:memory:/jobs/mine\n",
        {
            f"{V1}/jobs/mine/memory.limit_in_bytes": "3000",
            f"{V1}/memory.limit_in_bytes": UNLIMITED,
            "sys/fs/cgroup/cpu,cpuacct/jobs/memory.limit_in_bytes": "1",
        },
        3000,
    ),
    "version 1, in a container that does not see the path": (
        "4:memory:/docker/0123abcd\n",
        {f"{V1}/memory.limit_in_bytes": "4000"},
        4000,
    ),
    "both": (
        "4:memory:/a\n0::/b\n",
        {f"{V1}/a/memory.limit_in_bytes": "6000", f"{V2}/b/memory.max": "5000"},
        5000,
    ),
}


def laid_out(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")
    return root


@pytest.mark.parametrize(("groups", "files", "least"), TREES.values(), ids=TREES)
def test_the_least_limit_of_a_container_is_found(tmp_path, groups, files, least):
    assert min(container_limits(laid_out(tmp_path, {"proc/self/cgroup": groups} | files))) == least


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"proc/self/cgroup": "0::/jobs\n", f"{V2}/jobs/memory.max": "max"},
        {"proc/self/cgroup": "nothing of this kind\n"},
    ],
    ids=["no groups", "no limit", "no lines"],
)
def test_without_a_limit_there_is_none(tmp_path, files):
    assert container_limits(laid_out(tmp_path, files)) == ()


def test_the_sentence_says_whose_limit_it_is(monkeypatch):
    sizes = {"SC_PAGE_SIZE": 1000, "SC_PHYS_PAGES": 10**6}
    monkeypatch.setattr(memory.os, "sysconf", sizes.__getitem__)
    monkeypatch.setattr(memory, "container_limits", lambda: (4 * 10**9,))
    check_memory(10**9, "D.npz", "save fewer")
    with pytest.raises(
        DataError, match="would need 2 GB of memory, but this machine has 1 GB: save"
    ):
        check_memory(2 * 10**9, "D.npz", "save fewer")
    monkeypatch.setattr(memory, "container_limits", lambda: (5 * 10**8,))
    with pytest.raises(DataError, match=r"need 1 GB of memory, but this process may use 0\.5 GB"):
        check_memory(10**9, "D.npz", "save fewer")


def test_where_no_limit_is_set_the_memory_of_the_machine_counts(monkeypatch):
    """As on a laptop: neither a container nor ulimit."""
    monkeypatch.setattr(memory, "container_limits", lambda: ())
    monkeypatch.setattr(memory, "limits", lambda: None)
    monkeypatch.setattr(memory, "_machine", lambda: 2 * 10**9)
    check_memory(2 * 10**9, "D.npz", "save less")
    with pytest.raises(DataError, match="3 GB of memory, but this machine has 2 GB"):
        check_memory(3 * 10**9, "D.npz", "save less")


def test_a_limit_of_the_process_itself_counts():
    asked = (
        "import resource; from kkt_unlearning.datasets.memory import shortage\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (3 * 10**8, 3 * 10**8))\n"
        "print(shortage(2 * 10**8)); print(shortage(4 * 10**8))"
    )
    path = os.pathsep.join(filter(None, sys.path))
    said = subprocess.run(
        [sys.executable, "-c", asked],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "\n0.4 GB of memory, but this process may use 0.3 GB\n"

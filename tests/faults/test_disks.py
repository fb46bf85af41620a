"""Disks that are full, and disks that can be read only."""

import subprocess
from contextlib import contextmanager

import pytest

from tests.faults.folder import Folder

DISKS = 6
READ_ONLY = 3
LARGE = "64m"


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path):
    """Makes a file system of a size in kB below the folder of the test."""
    made = []

    def make(name: str, size: int):
        path = tmp_path / name
        path.mkdir(parents=True)
        try:
            mount("-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(path))
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("mounting a small file system takes rights that are not there")
        made.append(path)
        return path

    yield make
    for path in reversed(made):
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def test_a_disk_is_full(finished, tally, chance, disk):
    """Results, logs and what Snakemake notes lie on it; the remedy is to make it larger."""
    needed = used(finished.path)

    def once(number):
        path = disk(str(number), chance(number).randrange(needed // 10, needed * 9 // 10))
        folder = Folder(path)
        first = folder.run()
        assert first.code != 0
        assert "the disk is full" in first.said or "No space left on device" in first.said
        mount("-o", f"remount,size={LARGE}", str(path))
        return folder.recover_as_told(), folder

    tally("full disk").repeat(DISKS, once, finished)


def test_a_folder_of_results_is_read_only(finished, other, tally, disk):
    """A change is asked for while it can only be read; the remedy is to make it writable."""

    def once(number):
        folder = finished.copy(disk(str(number), 1 << 16) / "run", *other.on_top)
        with read_only(folder.path / "results"):
            first = folder.run()
        assert first.code != 0
        assert "warning: results is read-only" in first.said
        assert folder.files() == finished.files()
        return folder.recover_as_told(), folder

    tally("read-only results folder").repeat(READ_ONLY, once, other)


@contextmanager
def read_only(path):
    mount("--bind", str(path), str(path))
    try:
        mount("-o", "remount,ro,bind", str(path))
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)


def used(folder) -> int:
    """Kilobytes of all files, in pages of a tmpfs."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(-(-path.stat().st_size // 4096) * 4 for path in files)

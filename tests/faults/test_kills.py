"""What is killed, what goes on after it, and what is started beside it."""

import signal
import time

import pytest

from tests.faults.folder import Folder, send

KILLS = 20
ORPHANS = 6
PAIRS = 10


@pytest.fixture(scope="module")
def seconds(finished, tmp_path_factory):
    """How long a run takes that nothing disturbs."""
    folder, begun = Folder(tmp_path_factory.mktemp("timed") / "run"), time.perf_counter()
    assert folder.run().code == 0
    return time.perf_counter() - begun


def test_snakemake_is_killed_and_its_jobs_go_on(finished, tally, chance, seconds, tmp_path):
    row = tally("SIGKILL of Snakemake, its jobs go on")
    for number in range(KILLS):
        folder = Folder(tmp_path / str(number))
        run = folder.start()
        time.sleep(chance.uniform(0, seconds))
        run.kill()
        runs = folder.recover_as_told()
        folder.wait_for_orphans()
        row.count(runs, folder.files(), finished.files())


def test_a_job_is_killed(finished, tally, chance, seconds, tmp_path):
    row = tally("SIGKILL of a job")
    for number in range(KILLS):
        folder = Folder(tmp_path / str(number))
        run = folder.start()
        time.sleep(chance.uniform(0, seconds))
        send(folder.wait_for_job(run), signal.SIGKILL)
        run.end()
        row.count(folder.recover_as_told(), folder.files(), finished.files())


@pytest.mark.parametrize("configuration", ["the same", "another"])
def test_an_orphan_meets_the_rerun(finished, other, tally, chance, tmp_path, configuration):
    """The orphan sleeps in the middle of its work, and wakes up while the rerun works or after it."""
    row = tally(f"orphaned job meets the rerun, of {configuration} configuration")
    wanted = finished if configuration == "the same" else other
    for number in range(ORPHANS):
        folder = Folder(tmp_path / str(number))
        run = folder.start()
        orphan = folder.wait_for_job(run, number)  # another one each time
        time.sleep(chance.uniform(0, 0.5))
        send(orphan, signal.SIGSTOP)
        run.kill()
        rerun = Folder(folder.path, wanted.on_top)
        rerun.unlock()
        second = rerun.start()
        rerun.wait_for_job(second, 1)
        time.sleep(chance.uniform(0, 5))
        send(orphan, signal.SIGCONT)
        second.end()
        folder.wait_for_orphans()
        row.count(rerun.recover_as_told(), folder.files(), wanted.files())


def test_two_runs_are_started_in_one_folder(finished, tally, chance, seconds, tmp_path):
    row = tally("two runs started in one folder")
    for number in range(PAIRS):
        folder = Folder(tmp_path / str(number))
        first = folder.start()
        time.sleep(chance.choice([0, chance.uniform(0, seconds)]))
        second = folder.start()
        ended = [first.end(), second.end()]
        assert any("cannot be locked" in run.said or run.code == 0 for run in ended)
        row.count(folder.recover_as_told(), folder.files(), finished.files())

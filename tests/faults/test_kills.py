"""What is killed, what goes on after it, and what is started beside it."""

import signal
import time

import pytest

from tests.faults.conftest import SIDE_BY_SIDE
from tests.faults.folder import Folder, send

KILLS = 20
ORPHANS = 6
PAIRS = 10


@pytest.fixture(scope="module")
def seconds(finished, tmp_path_factory):
    """How long a run takes that nothing disturbs but as many beside it as there are in a test."""
    folder = tmp_path_factory.mktemp("timed")
    begun = time.perf_counter()
    runs = [Folder(folder / str(number)).start() for number in range(SIDE_BY_SIDE)]
    assert [run.end().code for run in runs] == [0] * SIDE_BY_SIDE
    return time.perf_counter() - begun


def test_snakemake_is_killed_and_its_jobs_go_on(finished, tally, chance, seconds, tmp_path):
    def once(number):
        folder = Folder(tmp_path / str(number))
        run = folder.start()
        time.sleep(chance(number).uniform(0, seconds))
        run.kill()
        runs = folder.recover_as_told()
        folder.wait_for_orphans()
        return runs, folder

    tally("SIGKILL of Snakemake, its jobs go on").repeat(KILLS, once, finished)


def test_a_job_is_killed(finished, tally, chance, seconds, tmp_path):
    def once(number):
        folder = Folder(tmp_path / str(number))
        run = folder.start()
        time.sleep(chance(number).uniform(0, seconds))
        send(folder.wait_for_job(run), signal.SIGKILL)
        run.end()
        return folder.recover_as_told(), folder

    tally("SIGKILL of a job").repeat(KILLS, once, finished)


@pytest.mark.parametrize("configuration", ["the same", "another"])
def test_an_orphan_meets_the_rerun(finished, other, tally, chance, tmp_path, configuration):
    """The orphan sleeps in the middle of its work, and wakes up while the rerun works or after it."""
    wanted = finished if configuration == "the same" else other

    def once(number):
        moments, folder = chance(number), Folder(tmp_path / str(number))
        run = folder.start()
        orphan = folder.wait_for_job(run, number)  # another one each time
        time.sleep(moments.uniform(0, 0.5))
        send(orphan, signal.SIGSTOP)
        run.kill()
        rerun = Folder(folder.path, wanted.on_top)
        rerun.unlock()
        second = rerun.start()
        rerun.wait_for_job(second, 1)
        time.sleep(moments.uniform(0, 5))
        send(orphan, signal.SIGCONT)
        second.end()
        folder.wait_for_orphans()
        return rerun.recover_as_told(), folder

    tally(f"orphaned job meets the rerun, of {configuration} configuration").repeat(
        ORPHANS, once, wanted
    )


def test_two_runs_are_started_in_one_folder(finished, tally, chance, seconds, tmp_path):
    def once(number):
        moments, folder = chance(number), Folder(tmp_path / str(number))
        first = folder.start()
        time.sleep(moments.choice([0, moments.uniform(0, seconds)]))
        second = folder.start()
        ended = [first.end(), second.end()]
        assert any("cannot be locked" in run.said or run.code == 0 for run in ended)
        return folder.recover_as_told(), folder

    tally("two runs started in one folder").repeat(PAIRS, once, finished)

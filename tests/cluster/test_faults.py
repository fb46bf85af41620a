"""What happens to runs on Slurm, and that after it every result is there, to the byte."""

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import pytest

from tests.cluster.runs import PROFILES, Run
from tests.cluster.slurm import NODES, Slurm
from tests.limits import HANG

TARGET = "kinks"
SIDE_BY_SIDE = 6  # runs, which mostly wait for Slurm
# So little that no job can start in it, then enough.
SCARCE = [
    f"{rule}:mem_mb=90 * attempt ** 3"
    for rule in ("dataset", "train", "duals", "measure_stationarity")
]


@dataclass
class Scene:
    """A run on Slurm that has begun."""

    run: Run
    slurm: Slurm
    process: Popen
    chance: random.Random

    def running_job(self) -> str:
        """A job of this run, a moment after it has started."""
        while not (jobs := self.slurm.jobs(self.run.folder, "RUNNING")):
            assert self.process.poll() is None, "the run ended before its fault"
            time.sleep(0.1)
        time.sleep(self.chance.uniform(0.0, 2.0))
        return self.chance.choice(jobs)

    def signal_job(self, job: str, sent: signal.Signals) -> None:
        for process in _processes(job):
            with suppress(ProcessLookupError):
                os.kill(process, sent)

    def ended(self, state: str) -> bool:
        return bool(self.slurm.jobs(self.run.folder, state))


def cancel_job(scene: Scene) -> None:
    scene.slurm.command("scancel", scene.running_job())


def kill_job(scene: Scene) -> None:
    scene.signal_job(scene.running_job(), signal.SIGKILL)


def exceed_time(scene: Scene) -> None:
    """A job that hangs, with a minute to go."""
    job = scene.running_job()
    scene.signal_job(job, signal.SIGSTOP)
    scene.slurm.command("scontrol", "update", f"JobId={job}", "TimeLimit=1")


def exceed_memory(scene: Scene) -> None:
    """The run was started with too little."""
    scene.running_job()


def kill_snakemake(scene: Scene) -> None:
    time.sleep(scene.chance.uniform(2.0, 15.0))
    scene.process.kill()


def interrupt(scene: Scene) -> None:
    """Ctrl-C, after which no job may be left."""
    scene.running_job()
    scene.process.send_signal(signal.SIGINT)
    scene.process.wait(timeout=HANG)
    scene.slurm.wait_for_end(scene.run.folder)


def lose_controller(scene: Scene) -> None:
    """It crashes, and comes back after 20 seconds.

    It may have forgotten that a job runs, starts it once more and drains the node that has it already, which
    whoever looks after the cluster mends.
    """
    scene.running_job()
    scene.slurm.kill_controller()
    time.sleep(20.0)
    scene.slurm.start_controller()
    try:
        scene.process.wait(timeout=HANG)
    finally:
        scene.slurm.resume_nodes()


def drain_node(scene: Scene) -> None:
    """One node takes no more jobs until the run has ended."""
    scene.running_job()
    node = f"NodeName={scene.chance.choice(NODES)}"
    scene.slurm.command("scontrol", "update", node, "State=DRAIN", "Reason=maintenance")
    try:
        scene.process.wait(timeout=HANG)
    finally:
        scene.slurm.resume_nodes()


@dataclass(frozen=True)
class Fault:
    """A fault and what shows that it happened.

    Attributes:
        inflict: does it to a run that has begun.
        state: in which jobs end by it, "" if none does.
        options: that the run is started with, but not its recovery.
        alone: whether it hits all runs of the cluster, so that one at a time has it for itself.
    """

    inflict: Callable[[Scene], None]
    state: str = ""
    options: tuple[str, ...] = ()
    alone: bool = False


FAULTS = {
    "scancel of a job": Fault(cancel_job, "CANCELLED"),
    "SIGKILL of a job": Fault(kill_job, "FAILED"),
    "job past its time limit": Fault(exceed_time, "TIMEOUT"),
    "job past its memory limit": Fault(exceed_memory, "FAILED", ("--set-resources", *SCARCE)),
    "SIGKILL of Snakemake": Fault(kill_snakemake),
    "Ctrl-C": Fault(interrupt),
    "node drained": Fault(drain_node, alone=True),
    "controller lost for 20 s": Fault(lose_controller, alone=True),
}
BESIDE = [(profile, name) for profile in PROFILES for name in FAULTS if not FAULTS[name].alone]
# The plugin for Slurm does not ride out a lost controller: docs/cluster.md.
ALONE = [
    (profile, name)
    for profile in PROFILES
    for name in FAULTS
    if FAULTS[name].alone and (profile, FAULTS[name].inflict) != ("slurm", lose_controller)
]


@pytest.fixture(scope="session")
def repeat(slurm, undisturbed, tmp_path_factory):
    """One repetition of a fault: what it does to a run of its own."""
    expected = undisturbed(TARGET).files()

    def once(case: tuple[str, str], number: int) -> dict[str, int]:
        profile, name = case
        run = Run(tmp_path_factory.mktemp("run") / "run", (TARGET,), profile, slurm)
        chance = random.Random(f"{profile} {name} {number}")
        return outcome(run, FAULTS[name], chance, expected)

    return once


@pytest.fixture(scope="session")
def beside(request, repeat):
    """Repetitions of all faults that are asked for and hit only their own run, started side by side."""
    asked = [getattr(item, "callspec", None) for item in request.session.items]
    cases = {tuple(call.params.get(key) for key in ("profile", "name")) for call in asked if call}
    numbers = range(request.config.getoption("repetitions"))
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {
            case: [pool.submit(repeat, case, number) for number in numbers]
            for case in BESIDE
            if case in cases
        }


@pytest.mark.parametrize(("profile", "name"), BESIDE)
def test_every_result_is_there_after(profile, name, beside, campaign):
    check(profile, name, [future.result() for future in beside[profile, name]], campaign)


@pytest.mark.parametrize(("profile", "name"), ALONE)
def test_every_result_is_there_after_a_fault_of_the_cluster(
    profile, name, repeat, beside, campaign, pytestconfig
):
    wait(future for futures in beside.values() for future in futures)
    numbers = range(pytestconfig.getoption("repetitions"))
    check(profile, name, [repeat((profile, name), number) for number in numbers], campaign)


def check(profile: str, name: str, outcomes: list[dict[str, int]], campaign: list[dict]) -> None:
    total = {key: sum(one[key] for one in outcomes) for key in outcomes[0]}
    campaign.append({"fault": name, "profile": profile, "repetitions": len(outcomes), **total})
    assert total["went_on"] + total["recovered"] == len(outcomes)
    assert total["lost"] == total["differing"] == 0


def outcome(
    run: Run, fault: Fault, chance: random.Random, expected: dict[str, bytes]
) -> dict[str, int]:
    """What a fault does to one run: whether it goes on or is recovered, and the files it costs."""
    process = run.start(*fault.options)
    scene = Scene(run, run.slurm, process, chance)
    try:
        fault.inflict(scene)
        went_on = process.wait(timeout=HANG) == 0
    finally:
        process.kill()
    assert not fault.state or scene.ended(fault.state), f"no job was {fault.state}"
    recovered = not went_on and run.recover() == 0
    made = run.files()
    return {
        "went_on": int(went_on),
        "recovered": int(recovered),
        "lost": len(expected.keys() - made.keys()),
        "differing": sum(content != expected.get(name) for name, content in made.items()),
    }


def _processes(job: str) -> list[int]:
    """Processes in the environment of a job."""
    mark, found = f"SLURM_JOB_ID={job}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found

"""The tiny replication through both profiles for Slurm, and what comes out beside a local run."""

import pytest

from tests.cluster.runs import PROFILES, Run


@pytest.mark.parametrize("profile", PROFILES)
def test_slurm_makes_the_bytes_of_a_local_run(profile, slurm, undisturbed, tmp_path, pytestconfig):
    if pytestconfig.option.whole not in (None, profile):
        pytest.skip(f"only {pytestconfig.option.whole} makes all of it, as --whole says")
    run = Run(tmp_path / "run", (), profile, slurm)
    assert run.finish() == 0, run.log.read_text()
    made, expected = run.files(), undisturbed().files()
    assert len(expected) > 500
    assert made.keys() == expected.keys()
    assert [name for name in made if made[name] != expected[name]] == []


@pytest.mark.parametrize("profile", PROFILES)
def test_each_submission_has_its_log_and_a_second_run_does_nothing(
    profile, slurm, undisturbed, tmp_path
):
    run = Run(tmp_path / "run", ("kinks",), profile, slurm)
    assert run.finish() == 0, run.log.read_text()
    assert run.files() == undisturbed("kinks").files()
    bundles = slurm.jobs(run.folder, "COMPLETED")
    logs = [path.read_text() for path in (run.folder / "results/logs/slurm").rglob("*.log")]
    assert len(logs) == len(bundles) > 1  # small jobs are bundled, but not all into one
    assert sum("rule measure_stationarity:" in log for log in logs) == 1
    assert run.finish() == 0
    assert slurm.jobs(run.folder, "COMPLETED") == bundles

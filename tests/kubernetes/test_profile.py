"""The profile for Kubernetes through its executor and S3: the interfaces are real, the servers stand in."""

import re
import subprocess
import sys

import pytest
import yaml

from tests.kubernetes.conftest import PREFIX, SAME
from tests.limits import HANG

TARGET = "kinks"


@pytest.fixture(scope="module")
def made(run, cluster, bucket) -> dict[str, bytes]:
    """All that a run left in the bucket, by name."""
    finished = run("--", TARGET)
    pods = "\n".join(map(cluster.log, cluster.pods))
    assert finished.returncode == 0, finished.stderr + pods
    found = {item.key: item.get()["Body"].read() for item in bucket[0].objects.all()}
    return {name.removeprefix(f"{PREFIX}/"): content for name, content in found.items()}


def test_what_lies_in_the_bucket_has_the_bytes_of_a_local_run(made, clone, tmp_path):
    words = ("--cores", "2", "--configfile", "config/tiny.yaml", "--directory", tmp_path)
    command = [sys.executable, "-m", "snakemake", *words, "--", TARGET]
    subprocess.run(
        command,
        cwd=clone,
        env=SAME | {"HOME": str(clone)},
        check=True,
        capture_output=True,
        timeout=HANG,
    )
    local = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for name in ("results", "paper_figures")
        for path in (tmp_path / name).rglob("*")
        if path.is_file()
    }
    assert made.keys() == local.keys()  # the sources that pods were given are gone
    assert {name for name in made if made[name] != local[name]} <= {
        name for name in made if name.startswith("results/logs/")
    }
    assert len(made) > 30


def test_pods_ask_for_what_their_jobs_need_and_get_the_image_of_the_profile(made, cluster, clone):
    profile = yaml.safe_load((clone / "workflow/profiles/kubernetes/config.yaml").read_text())
    assert 1 < len(cluster.bodies) < 5  # bundles, not a pod for each of 11 jobs
    for body in cluster.bodies.values():
        (container,) = body["spec"]["template"]["spec"]["containers"]
        assert container["image"] == profile["container-image"]
        asked = container["resources"]["requests"]
        assert int(asked["memory"].removesuffix("M")) <= profile["resources"]["mem_mb"]
        assert int(asked["ephemeral-storage"].removesuffix("M")) <= 12_000


def test_pods_install_nothing_but_the_storage_plugin(made, cluster):
    for name in cluster.pods:
        (line,) = re.findall("^Successfully installed (.*)$", cluster.log(name), re.MULTILINE)
        assert re.fullmatch(r"snakemake-storage-plugin-s3-[\d.]+", line)


def test_a_second_run_does_nothing_and_another_seed_makes_it_anew(made, run):
    again = run("--dry-run", "--", TARGET)
    assert "Nothing to be done" in again.stdout + again.stderr
    other = run("--dry-run", "--config", "seed=2", "--", TARGET)
    assert re.search(r"^train +2$", other.stdout + other.stderr, re.MULTILINE)

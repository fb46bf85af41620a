"""A bucket, a cluster and a clone, as somebody has them who runs the profile for Kubernetes."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kubernetes.cluster import Cluster
from tests.limits import HANG

ROOT = Path(__file__).parents[2]
BUCKET, PREFIX = "results", "kkt"
BIN = os.path.dirname(sys.executable)
# OpenBLAS takes the kernels of its processor unless it is told others, here as in a pod.
SAME = {
    "PATH": f"{BIN}:/usr/bin:/bin",
    **{name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")},
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def bucket() -> Iterator[tuple[object, dict[str, str]]]:
    """An empty bucket, and the variables that lead to it."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for every request
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"aws_access_key_id": "name", "aws_secret_access_key": "word"}
    found = boto3.resource("s3", endpoint_url=url, region_name="us-east-1", **keys).Bucket(BUCKET)
    found.create()
    variables = {"ENDPOINT_URL": url, "ACCESS_KEY": "name", "SECRET_KEY": "word"}
    yield found, {f"SNAKEMAKE_STORAGE_S3_{name}": value for name, value in variables.items()}
    server.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster whose image is this environment, with wheels as envs/Containerfile.kubernetes has them."""
    folder = tmp_path_factory.mktemp("pods")
    plugins = ROOT / "envs/requirements-kubernetes.txt"
    words = ("-q", "--no-deps", "--dest", folder / "wheels", "--requirement", plugins)
    subprocess.run([sys.executable, "-m", "pip", "download", *words], check=True)
    alone = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_FIND_LINKS": str(folder / "wheels")}
    with Cluster(folder, SAME | alone) as running:
        yield running


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git would commit now, in a repository of its own: git says which files a pod needs."""
    folder = tmp_path_factory.mktemp("clone")
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    named = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True).stdout
    copy = ["xargs", "-0", "cp", "--no-dereference", "--parents", "--target-directory", str(folder)]
    subprocess.run(copy, cwd=ROOT, input=named, check=True)
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def run(bucket, cluster: Cluster, clone: Path) -> Run:
    """``snakemake`` through the profile, in the clone, on the tiny configuration."""

    def snakemake(*words: str) -> subprocess.CompletedProcess[str]:
        how = ["--workflow-profile", "workflow/profiles/kubernetes", "--jobs", "2"]
        how += ["--default-storage-prefix", f"s3://{BUCKET}/{PREFIX}"]
        leading = {"KUBECONFIG": str(cluster.kubeconfig()), "HOME": str(clone), **bucket[1]}
        return subprocess.run(
            [sys.executable, "-m", "snakemake", *how, "--configfile", "config/tiny.yaml", *words],
            cwd=clone,
            env=SAME | leading,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG,
        )

    return snakemake

"""A stand-in for Kubernetes: as much of its interface as the executor uses, and pods that are processes."""

import base64
import json
import re
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml


class Cluster:
    """Takes jobs of the namespace and starts the command of each in an empty folder of its own.

    Args:
        folder: for the pods.
        image: variables of the environment that the image sets; what a pod has besides are its own.
    """

    def __init__(self, folder: Path, image: Mapping[str, str]) -> None:
        self.folder, self.image = folder, image
        self.secrets: dict[str, dict[str, str]] = {}
        self.bodies: dict[str, dict[str, Any]] = {}
        self.pods: dict[str, subprocess.Popen[bytes]] = {}
        handler = type("Handler", (_Handler,), {"cluster": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> "Cluster":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for pod in self.pods.values():
            pod.kill()
        self._server.shutdown()
        self._server.server_close()

    def kubeconfig(self) -> Path:
        """File that names this cluster, for ``KUBECONFIG``."""
        server = f"http://127.0.0.1:{self._server.server_port}"
        path = self.folder / "kubeconfig"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": server}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "users": [{"name": "it", "user": {}}],
        }
        path.write_text(yaml.safe_dump(content))
        return path

    def log(self, name: str) -> str:
        """What a pod said."""
        return (self.folder / f"{name}.log").read_text()

    def start(self, body: dict[str, Any]) -> None:
        """A pod for the one container of a job."""
        name = body["metadata"]["name"]
        (container,) = body["spec"]["template"]["spec"]["containers"]
        place = self.folder / name
        place.mkdir()
        with open(self.folder / f"{name}.log", "wb") as log:
            self.pods[name] = subprocess.Popen(
                [*container["command"], *container["args"]],
                cwd=place,
                env={**self.image, **self._variables(container), "HOME": str(place)},
                stdout=log,
                stderr=log,
            )
        self.bodies[name] = body

    def _variables(self, container: Mapping[str, Any]) -> dict[str, str]:
        found = {}
        for variable in container.get("env", ()):
            asked = variable["valueFrom"]["secretKeyRef"]
            secret = self.secrets[asked["name"]][asked["key"]]
            found[variable["name"]] = base64.b64decode(secret).decode()
        return found

    def status(self, name: str) -> dict[str, int]:
        """Of a job, as its pod has it."""
        code = self.pods[name].poll()
        return {} if code is None else {"failed" if code else "succeeded": 1}


class _Handler(BaseHTTPRequestHandler):
    cluster: Cluster

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/secrets"):
            self.cluster.secrets[body["metadata"]["name"]] = body["data"]
        elif self.path.endswith("/jobs"):
            self.cluster.start(body)
        self._answer(body)

    def do_GET(self) -> None:
        if found := re.search(r"/jobs/([^/]+)/status$", self.path):
            body = self.cluster.bodies[found[1]]
            self._answer(body | {"status": self.cluster.status(found[1])})
        else:  # pods, of which the executor wants to know no more than a job says
            self._answer({"kind": "PodList", "apiVersion": "v1", "items": []})

    def do_DELETE(self) -> None:
        if pod := self.cluster.pods.get(self.path.rpartition("/")[2].partition("?")[0]):
            pod.kill()
        self._answer({"kind": "Status", "apiVersion": "v1", "status": "Success"})

    def _answer(self, content: Mapping[str, Any]) -> None:
        text = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Nothing on the console."""

"""Natural data in the workflow: mistakes are one sentence each, and OpenML from a server of our own."""

import hashlib
import json
import re
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from snakemake.utils import update_config

from workflow.support.configuration.check import checked
from workflow.support.configuration.mistakes import ConfigurationError

MODEL = {"source": "embeddings", "vocabulary": None, "model": "nowhere"}
OPENML = {
    "source": "openml",
    "libraries": None,
    "minimum_words": None,
    "vocabulary": None,
    "data_id": 3,
    "sha256": "a" * 64,
    "target": "class",
    "classes": ["a", "b"],
    "server": "https://www.openml.org",
    "cache": "downloads",
}
MISTAKES = {
    "unknown data set": (
        {"natural_tabular": {"dataset": {"name": "brest_cancer"}}},
        r"natural_tabular\.dataset\.name: .* allowed are breast_cancer, iris and wine: write breast_c",
    ),
    "unknown class": (
        {"natural_tabular": {"dataset": {"name": "wine"}}},
        r"natural_tabular\.dataset\.classes\[0\]: .* malignant, allowed are class_0, class_1 and class_2",
    ),
    "unknown source": (
        {"natural_text": {"dataset": {"source": "docstring"}}},
        r"natural_text\.dataset\.source: .* tabular, docstrings, embeddings, openml .* write docstrings",
    ),
    "one library": (
        {"natural_text": {"dataset": {"libraries": ["numpy", "numpy"]}}},
        r"natural_text\.dataset\.libraries: .* an entry twice",
    ),
    "no word": (
        {"natural_text": {"dataset": {"minimum_words": 0}}},
        r"natural_text\.dataset\.minimum_words: the value is 0, but at least 1",
    ),
    "mixing too large": (
        {"natural_text": {"sweep": {"mixing": [1.0, 1.5]}}},
        r"natural_text\.sweep\.mixing\[1\]: the value is 1\.5, but at most 1",
    ),
    "no model": (
        {"natural_text": {"dataset": MODEL}},
        r"natural_text\.dataset\.model: there is no folder \S*nowhere with a modules",
    ),
    "no checksum of a file": (
        {"natural_text": {"dataset": OPENML | {"sha256": "z" * 64}}},
        r"natural_text\.dataset\.sha256: .* not allowed here \(SHA-256 of .* 64 hexadecimal digits\)",
    ),
    "no address": (
        {"natural_text": {"dataset": OPENML | {"server": "openml.org"}}},
        r"natural_text\.dataset\.server: the value is openml\.org, .* begins with http",
    ),
    "a third library": (
        {"natural_text": {"dataset": {"libraries": ["numpy", "scipy", "yaml"]}}},
        r"natural_text\.dataset\.libraries: the list has 3 entries, but at most 2",
    ),
    "a single class": (
        {"natural_tabular": {"dataset": {"classes": ["malignant"]}}},
        r"natural_tabular\.dataset\.classes: the list has 1 entry, but at least 2",
    ),
    "no checksum": (
        {"natural_text": {"dataset": {"source": "openml"}}},
        r"natural_text\.dataset\.libraries: this key is not known, allowed here are source, data_id, sha",
    ),
}


@pytest.mark.parametrize("changes, sentence", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence(tiny_config, changes, sentence):
    update_config(tiny_config, {"experiments": changes})
    with pytest.raises(ConfigurationError) as error:
        checked(tiny_config)
    text = str(error.value)
    assert "\n" not in text and text.endswith(".")
    assert re.search(sentence, text), text


def test_an_empty_class_stops_the_job_with_one_sentence(project):
    changes = {"natural_text": {"dataset": {"minimum_words": 100_000}}}
    target = "results/natural_text/mixing=1.0/dataset.npz"
    run = project.snakemake(*project.on_top({"experiments": changes}), "--", target)
    assert run.returncode != 0
    (sentence,) = {line for line in run.stderr.splitlines() if line.startswith("error: ")}
    start = (
        "error: changes.yaml, experiments.natural_text.dataset: libraries has array_api_compat, "
    )
    assert sentence.startswith(start) and "class is empty: lower minimum_words" in sentence
    assert project.files() == set()


ROWS = "".join(f"{i % 7}.{i},{(i * i) % 5},{'ab'[i % 2]}\n" for i in range(20))
ARFF = f"@relation x\n@attribute p real\n@attribute q real\n@attribute r {{a,b}}\n@data\n{ROWS}"


@pytest.fixture
def server(tmp_path):
    """A folder over http in the wire format of OpenML: a description, and the file it names."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    folder = tmp_path / "served"
    (folder / "api/v1/json/data").mkdir(parents=True)
    handler = partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    address = f"http://127.0.0.1:{server.server_port}"
    described = {"format": "ARFF", "url": f"{address}/x.arff"}
    (folder / "api/v1/json/data/3").write_text(json.dumps({"data_set_description": described}))
    (folder / "x.arff").write_text(ARFF)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_data_set_of_openml_goes_through(project, server):
    section = {
        "dataset": {
            "source": "openml",
            "data_id": 3,
            "sha256": hashlib.sha256(ARFF.encode()).hexdigest(),
            "target": "r",
            "classes": ["a", "b"],
            "server": server,
            "cache": "downloads",
            "samples": 4,
            "fresh_samples": 5,
        },
        "sweep": {"mixing": [0.5]},
        "networks": ["linear"],
        "trainings": ["normalised"],
        "forget": [[0]],
        "fractions": [1.0],
        "starts": ["exact"],
        "measures": ["certificate"],
    }
    section["dataset"]["mixing"] = 1.0
    changes = project.on_top({"experiments": {"mine": section}})
    project.make(*changes, "--", "results/tables/mine.csv")
    kept = project.folder / "downloads" / f"{section['dataset']['sha256']}.arff"
    assert kept.read_text() == ARFF
    assert "results/tables/mine.csv" in project.files()

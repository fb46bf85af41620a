"""OpenML over a local server that answers in its wire format, and what is refused; no internet."""

import errno
import gzip
import hashlib
import json
import socket
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import sklearn.datasets
from hostile import assert_one_sentence

from kkt_unlearning.datasets import download
from kkt_unlearning.datasets.download import openml_file
from kkt_unlearning.datasets.openml import generate, read_arff
from kkt_unlearning.errors import DataError

# Quotes as Weka writes them, and as others do.
ARFF = b"""% a comment
@RELATION fruit
@ATTRIBUTE weight REAL
@ATTRIBUTE 'skin colour' {red, 'dark green'}
@ATTRIBUTE class {apple, pear, 'wild plum'}
@DATA
1.0,red,apple
2.0,'dark green',pear
3.0,red,apple
4.5,"dark green",pear
?,red,apple
5.5,?,pear
6.0,red,'wild plum'
7.0,red,apple
8.0,'dark green',pear
9.0,red,pear
"""
SHA256 = hashlib.sha256(ARFF).hexdigest()


class Server:
    """Files by path, and which of them were asked for."""

    def __init__(self):
        self.files, self.asked = {}, []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler):  # noqa: N805
                self.asked.append(handler.path)
                found = self.files.get(handler.path)
                handler.send_response(200 if found is not None else 412)
                handler.end_headers()
                handler.wfile.write(
                    found or b'{"error":{"code":"111","message":"Unknown dataset"}}'
                )

            def log_message(handler, *_):  # noqa: N805
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=partial(self._server.serve_forever, poll_interval=0.01))
        self._thread.start()

    def offer(self, data_id, content, kind="ARFF", url=None):
        """As OpenML: a description in JSON that names the file."""
        path = f"/data/v1/download/{data_id}/fruit.arff"
        described = {"id": str(data_id), "name": "fruit", "version": "1", "format": kind}
        described |= {"url": url or self.address + path, "default_target_attribute": "class"}
        answer = json.dumps({"data_set_description": described}).replace("/", "\\/")
        self.files |= {f"/api/v1/json/data/{data_id}": answer.encode(), path: content}

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    server.offer(7, ARFF)
    yield server
    server.close()


@pytest.fixture
def openml(server, tmp_path):
    def draw(**changes):
        settings = {"data_id": 7, "sha256": SHA256, "target": "class", "classes": ["apple", "pear"]}
        settings |= {"server": server.address, "cache": str(tmp_path / "kept")}
        sizes = {"samples": 4, "fresh_samples": 9, "replicates": 3, "seed": 1}
        return generate(**(settings | sizes | changes))

    return draw


def refusal(call, *args, **kwargs):
    with pytest.raises(DataError) as error:
        call(*args, **kwargs)
    text = str(error.value)
    assert text.endswith(".") and "\n" not in text
    return text


def test_two_classes_are_drawn_scaled_and_of_norm_one(openml):
    dataset = openml()
    assert dataset.X.shape == (3, 4, 3)  # a number, and one feature for each of two nominal values
    assert dataset.X_fresh.shape == (3, 3, 3)  # seven whole rows of the two classes
    np.testing.assert_allclose(np.linalg.norm(dataset.X, axis=2), 1, rtol=1e-12)
    assert np.array_equal(dataset.y, [[1, -1, 1, -1]] * 3)


def test_the_file_is_asked_for_once_and_then_kept(openml, server, tmp_path):
    first = openml()
    assert server.asked == ["/api/v1/json/data/7", "/data/v1/download/7/fruit.arff"]
    assert (tmp_path / "kept" / f"{SHA256}.arff").read_bytes() == ARFF
    server.files.clear()
    assert np.array_equal(openml().X, first.X)
    assert len(server.asked) == 2
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_a_kept_file_that_is_damaged_is_fetched_anew(openml, server, tmp_path):
    openml()
    (tmp_path / "kept" / f"{SHA256}.arff").write_bytes(b"damaged")
    openml()
    assert len(server.asked) == 4
    assert (tmp_path / "kept" / f"{SHA256}.arff").read_bytes() == ARFF


def test_other_content_than_the_pinned_one_is_never_read(openml, server, tmp_path):
    server.offer(7, ARFF + b"1.0,red,pear\n")
    found = hashlib.sha256(ARFF + b"1.0,red,pear\n").hexdigest()
    text = refusal(openml)
    assert text.startswith(f"sha256 is {SHA256}, but the file of data_id 7 has {found}: ")
    assert not (tmp_path / "kept").exists()


def test_a_number_that_the_server_does_not_know(openml, server):
    text = refusal(openml, data_id=8)
    assert text.startswith(f"data_id is 8, but {server.address} answers 412 ")


def test_offline_the_sentence_says_what_to_do(openml, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        text = refusal(openml, server=address)
    assert text.startswith(f"data_id is 7, but {address} cannot be reached (")
    assert f"connect to the internet, or put the file there yourself as {tmp_path}" in text
    assert f"kept/{SHA256}.arff." in text


def test_a_server_that_says_nothing_is_waited_for_a_limited_time(openml, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "cannot be reached (timed out)" in refusal(openml, server=address)


def test_a_file_that_is_too_large(openml, monkeypatch):
    monkeypatch.setattr(download, "LARGEST_FILE", 300)
    assert "has more than 300 bytes, the largest file that is read" in refusal(openml)


@pytest.mark.parametrize(
    "answer", [b"<html>", b"[]", b'{"data_set_description": {"format": "ARFF"}}', b"\xff"]
)
def test_an_answer_that_is_no_description(openml, server, answer):
    server.files["/api/v1/json/data/7"] = answer
    assert refusal(openml).endswith(
        "/data/7 does not answer with a description of a data set: check server."
    )


def test_other_formats_and_addresses_are_refused(openml, server):
    server.offer(7, ARFF, kind="Sparse_ARFF")
    assert "gives a file in the format Sparse_ARFF, but only dense ARFF is read" in refusal(openml)
    server.offer(7, ARFF, url="file:///etc/hostname")
    assert "gives the file file:///etc/hostname, but https is needed" in refusal(openml)


def test_what_cannot_be_kept_leaves_nothing_behind(openml, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download.os, "replace", full)
    with pytest.raises(DataError, match="No space left"):
        openml()
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.parametrize("cache", ["n" * 300, "a\0b", "taken", "taken/below"])
def test_a_cache_that_cannot_be_used(server, tmp_path, cache):
    (tmp_path / "taken").write_text("")
    with pytest.raises(DataError, match=r"^cache is .*, where no file can be kept \(") as caught:
        openml_file(7, SHA256, str(tmp_path / cache), server.address)
    assert_one_sentence(str(caught.value))
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("sha256", ["abc", "g" * 64, "../" + "0" * 61])
def test_a_checksum_that_is_none(openml, server, sha256):
    assert refusal(openml, sha256=sha256).startswith(f"sha256 is '{sha256}', but must be 64 hex")
    assert server.asked == []


def test_a_server_that_is_no_web_address(openml):
    assert refusal(openml, server="file:///tmp").startswith("server is 'file:///tmp', but must be")


def test_capitals_and_a_final_slash_are_no_matter(server, tmp_path):
    content = openml_file(7, SHA256.upper(), str(tmp_path), f"{server.address}/")
    assert content == ARFF and server.asked[0] == "/api/v1/json/data/7"


def test_nominal_values_become_features_and_rows_that_lack_one_are_left_out():
    rows, labels = read_arff(ARFF, "class", "fruit")
    assert labels.tolist() == [
        *("apple", "pear", "apple", "pear", "wild plum", "apple", "pear", "pear")
    ]
    assert rows[:2].tolist() == [[1.0, 1.0, 0.0], [2.0, 0.0, 1.0]]
    assert rows[:, 0].tolist() == [1, 2, 3, 4.5, 6, 7, 8, 9]


def test_a_target_of_numbers_is_written_short():
    rows, labels = read_arff(ARFF, "weight", "fruit")
    assert labels.tolist() == ["1", "2", "3", "4.5", "6", "7", "8", "9"]
    assert rows.shape == (8, 5)


@pytest.mark.parametrize("target", ["colour", "weights", ""])
def test_an_unknown_target_lists_the_attributes(openml, target):
    assert "choose from weight, skin colour, class." in refusal(openml, target=target)


@pytest.mark.parametrize("classes", [["apple", "plum"], ["pear", "pear"], ["apple"]])
def test_unknown_classes_list_the_known_ones(openml, classes):
    assert "choose from apple, pear, wild plum." in refusal(openml, classes=classes)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no arff at all",
        b"@relation x\n@attribute a string\n@attribute b real\n@data\n'x',1\n",
        b"@relation x\n@attribute a {p,q}\n@attribute b real\n@data\nr,1\n",
        b"@relation x\n@attribute a {p,q}\n@attribute b real\n@data\np,one\n",
        b"@relation x\n@attribute a {p,q}\n@attribute b real\n@data\n",
        b"\xff\xfe",
    ],
)
def test_what_is_no_arff_of_numbers_and_nominal_values(content):
    assert refusal(read_arff, content, "a", "fruit").startswith("the file of fruit ")


def test_too_few_rows(openml):
    assert "have 7 whole rows, of which 2 must be left over" in refusal(openml, samples=6)


def test_a_real_file_of_openml_as_scikit_learn_keeps_it(openml, server):
    folder = Path(sklearn.datasets.__file__).parent / "tests/data/openml/id_61"
    described = json.loads(gzip.decompress((folder / "api-v1-jd-61.json.gz").read_bytes()))
    content = gzip.decompress((folder / "data-v1-dl-61.arff.gz").read_bytes())
    address = described["data_set_description"]["url"]
    assert address == "https://www.openml.org/data/v1/download/61/iris.arff"
    described["data_set_description"]["url"] = address.replace(
        "https://www.openml.org", server.address
    )
    server.files["/api/v1/json/data/61"] = json.dumps(described).encode()
    server.files["/data/v1/download/61/iris.arff"] = content
    dataset = openml(
        data_id=61,
        sha256=hashlib.sha256(content).hexdigest(),
        classes=["Iris-setosa", "Iris-virginica"],
        samples=20,
    )
    assert dataset.X.shape == (3, 20, 4)
    assert dataset.X[0, dataset.y[0] == 1, 2].max() < dataset.X[0, dataset.y[0] == -1, 2].min()

"""The snippets of ``docs/formats.md`` save files that are read."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from kkt_unlearning.formats import read_data, read_model
from kkt_unlearning.formats.data import KINDS as DATA
from kkt_unlearning.formats.model_file import KINDS as NETWORKS
from kkt_unlearning.formats.weights_npz import KEYS

PAGE = (Path(__file__).parents[2] / "docs/formats.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 3))
Y = np.array([1.0, -1.0] * 3)


def snippet(*words: str) -> str:
    (found,) = (text for text in SNIPPETS if all(word in text for word in words))
    return found


def run(code: str, **names) -> dict:
    compiled = compile(code, "docs/formats.md", "exec")
    names = {"np": np} | names
    exec(compiled, names)
    return names


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "name, save", [("D.npz", "savez"), ("D.csv", "savetxt"), ("D.parquet", "to_parquet")]
)
def test_data_are_read_back_digit_by_digit(name, save):
    run(snippet(f'"{name}"', save), X=X, y=Y)
    with open(name, "rb") as file:
        data = read_data(file, name)
    assert np.array_equal(data.X, X) and np.array_equal(data.y, Y)


def test_labels_are_recoded():
    assert run(snippet("labels"), labels=np.array([0, 1]))["y"].tolist() == [-1, 1]


def test_a_network_of_numpy():
    run(snippet("W.npz", "W=W, u=u)"), W=X, u=Y)
    with open("W.npz", "rb") as file:
        model = read_model(file, "W.npz").model
    assert np.array_equal(model.W, X) and np.array_equal(model.u, Y)


def test_a_network_is_read_and_written_again():
    np.savez("D.npz", X=X, y=Y, further=np.array("text"))
    np.savez("W.npz", W=X, u=Y)
    names = run(snippet("read_data", "write_model"))
    assert np.array_equal(names["data"].X, X) and np.array_equal(names["data"].y, Y)
    with open("copy.npz", "rb") as file:
        model = read_model(file, "copy.npz").model
    assert np.array_equal(model.W, X) and np.array_equal(model.u, Y)


@pytest.mark.parametrize("kind", [LogisticRegression, LinearSVC])
def test_a_model_of_scikit_learn(kind):
    fitted = kind().fit(X, Y)
    run(snippet("coef_"), model=fitted)
    with open("W.npz", "rb") as file:
        model = read_model(file, "W.npz").model
    found = (model.features(X) @ model.weights.T)[:, 0]
    np.testing.assert_allclose(found, fitted.decision_function(X), rtol=1e-12)


@pytest.mark.parametrize(
    "words, name",
    [(["torch.save("], "W.pt"), (["save_file"], "W.safetensors"), (["detach"], "W.npz")],
)
def test_a_network_of_pytorch(words, name):
    torch = pytest.importorskip("torch")
    nn = torch.nn
    network = nn.Sequential(nn.Linear(3, 4, bias=False), nn.ReLU(), nn.Linear(4, 1, bias=False))
    run(snippet(*words), network=network)
    with open(name, "rb") as file:
        model = read_model(file, name).model
    assert np.array_equal(model.W, network[0].weight.detach().numpy())
    assert np.array_equal(model.u, network[2].weight.detach().numpy()[0])


def test_every_extension_and_every_array_is_on_the_page():
    assert [kind for kind in (*DATA, *NETWORKS) if f"`{kind}`" not in PAGE] == []
    assert [key for key in KEYS if f"`{key}`" not in PAGE] == []

"""Sentence embeddings, with a small module in the place of sentence-transformers."""

import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from _claims import claimed
from _hashes import sha256
from dataset import main
from hostile import assert_one_sentence

from kkt_unlearning.datasets import corpus, embeddings
from kkt_unlearning.errors import DataError

LIBRARIES = ["array_api_compat", "seaborn"]


class Encoder:
    """Letters counted, as float32; remembers how it was made."""

    made: list[tuple[str, dict]]

    def __init__(self, folder, **options):
        if folder.endswith("broken"):
            raise OSError("no model.safetensors")
        Encoder.made.append((folder, options))

    def encode(self, texts, show_progress_bar):
        assert not show_progress_bar
        letters = "etaoinshrdlu"
        return np.array([[text.count(c) for c in letters] for text in texts], np.float32)


@pytest.fixture
def encoder(monkeypatch):
    module = ModuleType("sentence_transformers")
    module.SentenceTransformer = Encoder
    Encoder.made = []
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    return Encoder


def generate(folder, **changes):
    settings = {"libraries": LIBRARIES, "minimum_words": 5, "model": str(folder)}
    sizes = {"samples": 6, "fresh_samples": 5, "replicates": 2, "seed": 3}
    return embeddings.generate(**(settings | sizes | changes))


def test_documents_are_embedded_centred_and_of_norm_one(encoder, tmp_path):
    dataset = generate(tmp_path)
    assert dataset.X.shape == (2, 6, 12) and dataset.X_fresh.shape == (2, 5, 12)
    np.testing.assert_allclose(np.linalg.norm(dataset.X, axis=2), 1, rtol=1e-12)


def test_the_centre_is_the_mean_of_the_documents_left_over(encoder, tmp_path):
    texts = [text for own in corpus.documents(LIBRARIES, 5) for text in own]
    counts = Encoder(str(tmp_path)).encode(texts, show_progress_bar=False).astype(float)
    X = generate(tmp_path, replicates=1).X[0]
    train = _unit(counts - counts.mean(axis=0))
    train = np.linalg.norm(X[:, None] - train[None], axis=2).argmin(axis=1)
    centre = np.delete(counts, train, axis=0).mean(axis=0)
    np.testing.assert_allclose(X, _unit(counts[train] - centre), rtol=0, atol=1e-12)


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_model_is_local_and_never_a_pickle(encoder, tmp_path):
    generate(tmp_path)
    ((folder, options),) = encoder.made
    assert folder == str(tmp_path)
    assert options["local_files_only"] and options["model_kwargs"] == {"use_safetensors": True}


def test_without_the_package_the_sentence_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(DataError, match=r"pip install '\.\[embeddings\]'\.$"):
        generate(tmp_path)


@pytest.mark.parametrize(
    "listed",
    [
        '[{"type": "harm.Harm"}]',
        '[{"type": "Transformer"}]',
        '[{"type": "sentence_transformers.models.Pooling"}, {"type": "os.system"}]',
        '[{"type": "sentence_transformers.models.Dense"}]',
        '[{"type": "sentence_transformers_evil.Pooling"}]',
        '[{"type": "a\\u202e\\nb"}]',
        '[{"kind": 1}]',
        '{"type": 1}',
        "[" * 100_000,
        "[",
        "7",
        "",
    ],
)
def test_modules_that_could_run_code_are_refused_before_the_model_is_opened(
    encoder, tmp_path, listed
):
    (tmp_path / "modules.json").write_text(listed)
    with pytest.raises(DataError, match=r"model is .*modules?") as caught:
        generate(tmp_path)
    assert_one_sentence(str(caught.value))
    assert encoder.made == []


def test_the_usual_modules_are_read(encoder, tmp_path):
    kinds = ["models.Transformer", "models.Pooling", "sentence_transformer.modules.Normalize"]
    modules = [{"idx": 0, "type": f"sentence_transformers.{kind}"} for kind in kinds]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    assert generate(tmp_path).X.shape == (2, 6, 12)


def test_a_missing_folder(encoder, tmp_path):
    with pytest.raises(DataError, match=r"^model is .*nowhere, which is not a folder: give the fo"):
        generate(tmp_path / "nowhere")


def test_a_folder_without_a_model(encoder, tmp_path):
    (tmp_path / "broken").mkdir()
    with pytest.raises(
        DataError, match=r"^model is .*broken, which cannot be loaded .*safetensors"
    ):
        generate(tmp_path / "broken")


def test_the_origin_follows_the_files_of_the_model(monkeypatch, tmp_path):
    monkeypatch.setattr(embeddings, "version", lambda name: f"1.0 of {name}")
    settings = {"libraries": LIBRARIES, "minimum_words": 5, "model": str(tmp_path)}
    (tmp_path / "weights").write_bytes(b"1")
    before = embeddings.origin(**settings, samples=6)
    assert before["sentence_transformers"] == "1.0 of sentence-transformers"
    assert set(before["libraries"]) == set(LIBRARIES)
    (tmp_path / "weights").write_bytes(b"2")
    assert embeddings.origin(**settings)["model_sha256"] != before["model_sha256"]


def test_the_job_writes_down_the_hash_of_each_file_of_the_encoder(encoder, tmp_path, monkeypatch):
    """Later runs see by it that the encoder has changed."""
    monkeypatch.setattr(embeddings, "origin", None)  # asks for the version of what stands in here
    model = tmp_path / "model/config.json"
    model.parent.mkdir()
    model.write_text("{}")
    outputs = {"dataset": tmp_path / "d.npz", "table": tmp_path / "d.csv"}
    settings = {"libraries": LIBRARIES, "minimum_words": 5, "model": str(model.parent)}
    sizes = {"samples": 6, "fresh_samples": 5, "replicates": 2, "seed": 3}
    snakemake = SimpleNamespace(
        input=[str(model)],
        output=SimpleNamespace(**outputs),
        params=SimpleNamespace(settings={"source": "embeddings"} | settings | sizes),
    )
    with claimed(tmp_path / "d.provenance.json", outputs.values()) as claim:
        main(snakemake)
    assert claim.read == {str(model): sha256(model)}

"""Networks of the user's own: written and read back, and the sentence for what cannot be read."""

import io
import json
import struct
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hostile import archive, assert_one_sentence, declared, saved
from safetensors.numpy import load, save

from kkt_unlearning.audit import Model, Removal
from kkt_unlearning.audit.layers import tensors_of
from kkt_unlearning.errors import UserError
from kkt_unlearning.formats import read_model, write_model

W = np.array([[1.0, 2.0, 1 / 3], [0.0, -1.0, 5e-17]])
U = np.array([0.5, -0.25])
BIAS = np.array([0.0, 3.0])
MODELS = {
    "two layers": Model(W, U),
    "biases": Model(W, U, BIAS),
    "linear": Model(W[0]),
    "linear with a bias": Model(W[0], None, BIAS[1:]),
}


def equal(a, b):
    return (a is None and b is None) or np.array_equal(a, b)


def assert_same(found: Model, expected: Model):
    assert equal(found.W, expected.W) and equal(found.u, expected.u)
    assert equal(found.bias, expected.bias)
    assert found.W.dtype == np.float64


def refusal(content: bytes, name: str) -> str:
    with pytest.raises(UserError) as error:
        read_model(io.BytesIO(content), name)
    text = str(error.value)
    assert_one_sentence(text)
    assert text.startswith(name)
    return text


@pytest.mark.parametrize("name", ["W.npz", "W.safetensors"])
@pytest.mark.parametrize("kind", MODELS)
def test_a_network_is_read_back_as_it_was(kind, name):
    content = write_model(MODELS[kind], name)
    found = read_model(io.BytesIO(content), name)
    assert_same(found.model, MODELS[kind])
    assert found.removal is None
    assert content == write_model(MODELS[kind], name)


def test_an_archive_bears_no_date_of_its_making():
    with zipfile.ZipFile(io.BytesIO(write_model(MODELS["biases"], "W.npz"))) as whole:
        assert {member.date_time[0] for member in whole.infolist()} == {1980}


def taken(model, outputs=False, **changed):
    """What a step took out of a model for rows 3 and 0."""
    coefficients = np.arange(2.0 * model.width).reshape(model.width, 2)
    removed = -np.ones(model.width) if outputs else None
    fields = dict(
        forget=(3, 0),
        start="exact",
        fraction=0.5,
        samples=9,
        coefficients=coefficients,
        outputs=removed,
    )
    return Removal(**(fields | changed))


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("start", ["trained", "exact"])
@pytest.mark.parametrize("outputs", ["fixed", "trained"])
def test_what_was_taken_out_of_a_network_is_kept(kind, start, outputs):
    if outputs == "trained" and MODELS[kind].u is None:
        outputs = "fixed"
    model = replace(MODELS[kind], outputs=outputs)
    removal = taken(model, outputs == "trained", start=start)
    found = read_model(io.BytesIO(write_model(model, "U.npz", removal)), "U.npz")
    assert_same(found.model, model)
    assert found.model.outputs == outputs
    assert (found.removal.coefficients == removal.coefficients).all()
    assert np.array_equal(found.removal.outputs, removal.outputs)
    read = (found.removal.forget, found.removal.start, found.removal.fraction)
    assert read == ((3, 0), start, 0.5)


def test_other_formats_do_not_lose_it_silently():
    with pytest.raises(UserError, match=r"only an \.npz keeps"):
        write_model(MODELS["biases"], "U.safetensors", taken(MODELS["biases"]))


def test_what_was_taken_out_of_another_network_is_refused():
    with pytest.raises(UserError, match=r"removed has shape \(1, 2\)"):
        write_model(MODELS["biases"], "U.npz", taken(MODELS["linear"]))
    with pytest.raises(UserError, match="removed_outputs is there"):
        write_model(MODELS["biases"], "U.npz", taken(MODELS["biases"], outputs=True))
    with pytest.raises(UserError, match="removed_outputs is not there"):
        write_model(replace(MODELS["biases"], outputs="trained"), "U.npz", taken(MODELS["biases"]))


@pytest.mark.parametrize(
    "changed, sentence",
    [
        ({"forget": ()}, "forget = []"),
        ({"forget": (1, 1)}, "forget = [1, 1]"),
        ({"forget": (-1,)}, "forget = [-1]"),
        ({"start": "middle"}, "start = 'middle'"),
        ({"fraction": -1.0}, "fraction = -1.0"),
        ({"fraction": np.nan}, "fraction = nan"),
        ({"fraction": np.inf}, "fraction = inf"),
    ],
)
def test_removals_that_are_none(changed, sentence):
    with pytest.raises(UserError) as error:
        taken(MODELS["linear"], **changed)
    assert sentence in str(error.value)
    assert_one_sentence(str(error.value))


def test_a_bias_of_a_linear_model_may_be_a_number():
    assert read_model(io.BytesIO(saved(w=W[0], bias=np.array(2.0))), "W.npz").model.bias == [2.0]


STEP = {
    "removed": W[:, :2],
    "forget": np.array([1, 2]),
    "from_exact": np.array(1),
    "fraction": np.array(1.0),
    "samples": np.array(9),
}
NPZ = {
    "nothing": ({}, "of the arrays W and w it has neither"),
    "both": ({"W": W, "w": W[0]}, "of the arrays W and w it has both"),
    "no output weights": ({"W": W}, "there are no output weights u"),
    "a square W with a column": (
        {"W": np.eye(2), "u": U[:, None]},
        "u has shape (2, 1): allowed is (n,)",
    ),
    "an output bias": (
        {"W": W, "u": U, "b2": np.ones(1)},
        "train again if it is another, such as a bias of",
    ),
    "linear with output weights": ({"w": W[0], "u": U}, "w has shape (3,) beside u"),
    "w of two rows": ({"w": W}, "w has shape (2, 3): allowed is (d,)"),
    "too few output weights": ({"W": W, "u": U[:1]}, "u has 1 entries for 2 row(s) of W"),
    "an output weight of 0": ({"W": W, "u": 0 * U}, "u[0] is 0"),
    "bias": ({"W": W, "u": U, "bias": np.ones(3)}, "bias has 3 entries"),
    "integers": ({"W": W.astype(int), "u": U}, "W is int64: allowed are floats"),
    "complex": ({"W": W * 1j, "u": U}, "W has dtype complex128"),
    "text": ({"W": W.astype(str), "u": U}, "W has dtype <U"),
    "pickled": ({"W": W.astype(object), "u": U}, "W is a pickled array of objects"),
    "infinite": ({"W": np.full((2, 3), np.inf), "u": U}, "W has an entry that is nan or infinite"),
    "zero": ({"W": 0 * W, "u": U}, "W is 0 everywhere"),
    "unknown": ({"W": W, "u": U, "b": BIAS}, "has the array 'b', which could be a part"),
    "half a step": (
        {"W": W, "u": U, "forget": np.array([1])},
        "without from_exact, fraction, samples, removed",
    ),
    "coefficients of a linear model": ({"w": W[0]} | STEP, "removed has shape (2, 2)"),
    "coefficients that are not finite": (
        {"W": W, "u": U} | STEP | {"removed": np.full((2, 2), np.nan)},
        "an entry that is not finite",
    ),
    "outputs of another width": (
        {"W": W, "u": U} | STEP | {"removed_outputs": np.ones(3)},
        "removed_outputs has shape (3,)",
    ),
    "outputs alone": (
        {"W": W, "u": U, "removed_outputs": np.ones(2)},
        "without forget, from_exact",
    ),
    "rows that are none": (
        {"W": W, "u": U} | STEP | {"forget": np.array([0.5])},
        "no whole number",
    ),
    "no rows": ({"W": W, "u": U} | STEP | {"forget": np.array([], int)}, "forget = []"),
    "rows in two axes": (
        {"W": W, "u": U} | STEP | {"forget": np.eye(2)},
        "forget has shape (2, 2)",
    ),
    "from somewhere": (
        {"W": W, "u": U} | STEP | {"from_exact": np.array(2)},
        "begins with 2.0: allowed is 0 or 1",
    ),
    "fractions": ({"W": W, "u": U} | STEP | {"fraction": np.ones(2)}, "fraction has shape (2,)"),
    "negative": ({"W": W, "u": U} | STEP | {"fraction": np.array(-1.0)}, "fraction = -1.0"),
    "half a sample": ({"W": W, "u": U} | STEP | {"samples": np.array(8.5)}, "samples = 8.5"),
    "no samples": ({"W": W, "u": U} | STEP | {"samples": np.array(0)}, "samples = 0.0"),
}


@pytest.mark.parametrize("w", [W[0], W[:1], W[:1].T], ids=["(d,)", "(1, d)", "(d, 1)"])
def test_weights_of_a_linear_model_in_every_layout(w):
    model = read_model(io.BytesIO(saved(w=w)), "W.npz").model
    assert model.u is None and np.array_equal(model.W, W[:1])


@pytest.mark.parametrize(
    "arrays",
    [(W, U), (W, U[None]), (W.T, U[:, None])],
    ids=["ours", "PyTorch", "Keras, scikit-learn"],
)
def test_weights_of_two_layers_in_every_layout(arrays):
    model = read_model(io.BytesIO(saved(W=arrays[0], u=arrays[1])), "W.npz").model
    assert np.array_equal(model.W, W) and np.array_equal(model.u, U)


@pytest.mark.parametrize("case", NPZ)
def test_an_archive_that_cannot_be_used_is_one_sentence(case):
    arrays, sentence = NPZ[case]
    assert sentence in refusal(saved(**arrays), "W.npz")


def test_an_archive_that_would_fill_the_memory_is_refused_before_it_does():
    for key in ("W", "u", "bias", "removed", "forget", "fraction"):
        content = archive({f"{key}.npy": declared((10**6, 10**7))})
        assert "would need 2.4e+05 GB of memory" in refusal(content, "W.npz")


@pytest.mark.parametrize("name", ["W.npz", "W.safetensors"])
@pytest.mark.parametrize("content", [b"", b"harm", bytes(100)], ids=repr)
def test_bytes_that_are_no_network(name, content):
    refusal(content, name)


def tensors(header: dict, content: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_floats_of_any_size_become_float64(dtype):
    content = save({"1.weight": W.astype(dtype), "3.weight": U[None].astype(dtype)})
    found = read_model(io.BytesIO(content), "W.safetensors").model
    assert_same(found, Model(W.astype(dtype).astype(float), U))


def test_bfloat16():
    upper = np.array([1.0, -2.5, 3.140625], "<f4").view("<u4") >> 16  # no digits beyond
    header = {"weight": {"dtype": "BF16", "shape": [1, 3], "data_offsets": [0, 6]}}
    content = tensors(header, upper.astype("<u2").tobytes())
    found = read_model(io.BytesIO(content), "W.safetensors").model
    assert found.W.tolist() == [[1.0, -2.5, 3.140625]]


@pytest.mark.parametrize("dtype", [np.int64, np.bool_, np.complex64])
def test_tensors_of_something_else(dtype):
    assert "allowed are F64" in refusal(save({"weight": W.astype(dtype)}), "W.safetensors")


@pytest.mark.parametrize("shape", [[10**6, 10**7], [2**63, 2], [10**400, 1], [-1, 3]])
def test_a_header_that_declares_more_than_the_file_has(shape):
    header = {"weight": {"dtype": "F64", "shape": shape, "data_offsets": [0, 8]}}
    assert "is not a safetensors file" in refusal(tensors(header, bytes(8)), "W.safetensors")


def test_tensors_that_would_fill_the_memory_are_not_spread_out(monkeypatch):
    content = save({"weight": np.ones((1, 10_000), np.float16)})
    sizes = {"SC_PAGE_SIZE": 1000, "SC_PHYS_PAGES": 99}
    monkeypatch.setattr("kkt_unlearning.datasets.memory.os.sysconf", sizes.__getitem__)
    monkeypatch.setattr(np, "frombuffer", lambda *_: pytest.fail("it was read"))
    assert "would need 0.0001 GB of memory" in refusal(content, "W.safetensors")


@pytest.mark.parametrize("name", ["W.txt", "W", "W.npy", "W.pkl"])
def test_other_extensions(name):
    assert "allowed are .npz, .safetensors, .pt, .pth" in refusal(b"", name)
    with pytest.raises(UserError, match="allowed are"):
        write_model(MODELS["linear"], name)


@pytest.mark.parametrize("kind", MODELS)
def test_the_library_of_safetensors_reads_what_is_written(kind):
    found = load(write_model(MODELS[kind], "W.safetensors"))
    assert found.keys() == tensors_of(MODELS[kind]).keys()
    assert all(equal(found[key], tensor) for key, tensor in tensors_of(MODELS[kind]).items())

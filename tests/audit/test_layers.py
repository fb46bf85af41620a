"""From the tensors of a state dict to a network: which is which, and what is no such network."""

import re

import numpy as np
import pytest
from hostile import EXAMPLES, assert_one_sentence, outcome, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.audit.layers import find_layers, network
from kkt_unlearning.errors import UserError

RNG = np.random.default_rng(0)
W, U, BIAS = RNG.normal(size=(4, 3)), RNG.normal(size=(1, 4)), RNG.normal(size=4)


@pytest.mark.parametrize(
    "hidden, output",
    [("0", "2"), ("fc1", "fc2"), ("net.0", "net.2"), ("_orig_mod.z", "_orig_mod.a"), ("b", "")],
)
@pytest.mark.parametrize("turned", [False, True], ids=["in order", "output first"])
def test_shapes_tell_the_layers_apart_whatever_their_names(hidden, output, turned):
    key = f"{output}.weight" if output else "weight"
    items = [(f"{hidden}.weight", W), (key, U), (f"{hidden}.bias", BIAS)]
    model = network(dict(reversed(items) if turned else items), "W.pt")
    assert model.W is W and model.bias is BIAS
    assert np.array_equal(model.u, U[0])


def test_the_network_computes_what_its_layers_compute():
    model = network({"0.weight": W, "0.bias": BIAS, "2.weight": U}, "W.pt")
    x = RNG.normal(size=(5, 3))
    expected = np.maximum(x @ W.T + BIAS, 0) @ U[0]
    found = np.maximum(model.features(x) @ model.weights.T, 0) @ model.u
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("width, dimension", [(1, 3), (5, 1), (4, 4), (2, 2)])
def test_narrow_networks(width, dimension):
    hidden, output = np.ones((width, dimension)), np.full((1, width), 2.0)
    model = network({"a.weight": output, "b.weight": hidden}, "W.pt")
    assert model.W is hidden and np.array_equal(model.u, output[0])


@pytest.mark.parametrize(
    "hidden, output",
    [("0.weight", "2.weight"), ("dense.kernel", "dense_1.kernel"), ("a/kernel:0", "b/kernel:0")],
)
def test_weights_as_keras_lays_them_out(hidden, output):
    bias = re.sub("weight|kernel", "bias", hidden)
    tensors = {hidden: W.T, output: U.T, bias: BIAS}
    model = network(tensors, "W.safetensors")
    assert np.array_equal(model.W, W) and np.array_equal(model.u, U[0])
    assert np.array_equal(model.bias, BIAS)
    assert np.array_equal(network({output: U.T}, "W.safetensors").W, U)


@pytest.mark.parametrize("turned", [False, True])
def test_two_logits_are_their_difference(turned):
    two, logits = RNG.normal(size=(2, 4)), np.array([0.25, 0.25])
    kind, lay = ("kernel", np.transpose) if turned else ("weight", np.array)
    model = network({f"0.{kind}": lay(W), f"2.{kind}": lay(two), "2.bias": logits}, "W.pt")
    assert np.array_equal(model.W, W) and np.array_equal(model.u, two[1] - two[0])
    model = network({f"0.{kind}": lay(two), "0.bias": np.array([1.0, 4.0])}, "W.pt")
    assert np.array_equal(model.W, two[1:] - two[:1]) and model.bias.tolist() == [3.0]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("logits", [1, 2])
def test_a_linear_model_is_put_back(turned, logits):
    rows = RNG.normal(size=(logits, 4))
    tensors = {"a.kernel" if turned else "a.weight": rows.T if turned else rows}
    tensors["a.bias"] = RNG.normal(size=logits)
    found = find_layers(tensors, "W.pt")
    model = found.model(tensors)
    other = model.with_weights(2 * model.weights)
    after = tensors | found.tensors(other, tensors)
    assert {key: part.shape for key, part in after.items()} == {
        k: p.shape for k, p in tensors.items()
    }
    np.testing.assert_allclose(found.model(after).weights, other.weights, rtol=1e-14)


def test_a_linear_model():
    model = network({"weight": W[:1], "bias": BIAS[:1]}, "W.pt")
    assert model.u is None and np.array_equal(model.weights, [[*W[0], BIAS[0]]])


def test_an_output_bias_of_0_is_dropped():
    model = network({"0.weight": W, "2.weight": U, "2.bias": np.zeros(1)}, "W.pt")
    assert model.bias is None


REFUSED = {
    "output bias": (
        {"0.weight": W, "2.weight": U, "2.bias": np.array([0.5])},
        "'2.bias', a bias of the output, begins with 0.5",
    ),
    "long output bias": (
        {"0.weight": W, "2.weight": U, "2.bias": np.zeros(2)},
        "'2.bias', a bias of the output",
    ),
    "three layers": (
        {"0.weight": W, "2.weight": np.eye(4), "4.weight": U},
        "has 3 layers, '0.weight' (4, 3)",
    ),
    "three outputs": (
        {"0.weight": W, "2.weight": np.ones((5, 4))},
        "'2.weight' has 5 rows, one for each output",
    ),
    "four outputs, linear": ({"weight": W}, "'weight' has 4 rows, one for each output"),
    "convolution": (
        {"0.weight": np.ones((2, 1, 3, 3))},
        "'0.weight' has shape (2, 1, 3, 3), which is of no linear layer",
    ),
    "normalisation": (
        {"0.weight": W, "1.weight": BIAS},
        "'1.weight' has shape (4,), which is of no linear layer",
    ),
    "scalar": ({"scale": np.array(1.0)}, "'scale' has shape ()"),
    "another kind": (
        {"0.weight": W, "0.running_mean": BIAS},
        "'0.running_mean' is of a normalisation",
    ),
    "bias alone": ({"0.weight": W[:1], "1.bias": BIAS}, "has the bias '1.bias' without a weight"),
    "nothing": ({}, "has no weights"),
    "layers that do not meet": (
        {"0.weight": W, "2.weight": np.ones((1, 5))},
        "where neither takes what the other gives",
    ),
    "one feature, one neuron": (
        {"0.weight": W[:1, :1], "2.weight": U[:, :1]},
        "do not show the layer that comes first",
    ),
    "two logits or turned": (
        {"0.weight": np.ones((2, 5)), "2.weight": np.ones((5, 1))},
        "which do not show the layer that comes first",
    ),
    "two logits with a bias": (
        {"0.weight": W, "2.weight": np.ones((2, 4)), "2.bias": np.array([0.5, 1.0])},
        "'2.bias', a bias of the output",
    ),
    "no neurons": ({"0.weight": W[:0], "2.weight": U[:, :0]}, "W has shape (0, 3)"),
    "bias of another layer": (
        {"0.weight": W, "2.weight": U, "0.bias": BIAS[:2]},
        "bias has 2 entries for 4 row(s)",
    ),
    "dead neuron": ({"0.weight": W, "2.weight": U * [1, 1, 0, 1]}, "u[2] is 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_another_network_is_one_sentence(case):
    tensors, sentence = REFUSED[case]
    with pytest.raises(UserError) as error:
        network(tensors, "W.pt")
    assert_one_sentence(str(error.value))
    assert sentence in str(error.value)


shapes = st.lists(st.sampled_from([0, 1, 2, 3]), max_size=4).map(tuple)
matrices = st.tuples(st.integers(1, 3), st.integers(1, 3))
usual = st.fixed_dictionaries(
    {"0.weight": matrices},
    optional={"2.weight": matrices, "0.bias": shapes, "2.bias": st.just((1,))},
)
keys = st.sampled_from(["0.weight", "2.weight", "0.bias", "2.bias", "weight", "a.b.weight"]) | texts


@settings(max_examples=EXAMPLES)
@given(
    shaped=usual | st.dictionaries(keys, shapes, max_size=4),
    value=st.sampled_from([1.0, 1.0, 0.0, np.nan]),
)
def test_any_tensors_are_a_network_or_one_sentence(shaped, value):
    tensors = {key: np.full(shape, value) for key, shape in shaped.items()}

    def taken() -> None:
        found = network(tensors, "W.pt").W.shape
        # turned, or the difference of two rows or columns
        laid = {shape for s in shaped.values() for shape in (s, s[::-1], (1, *s[1:]), (1, *s[:1]))}
        assert found in laid

    outcome("state dicts", taken)

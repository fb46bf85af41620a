"""State dicts of PyTorch: written, read, and refused; nothing in them runs."""

import io
import struct
import zipfile

import hostile
import numpy as np
import pytest
from hostile import EXAMPLES, archive, damaged, everything_in
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.audit import Model
from kkt_unlearning.formats import read_model, write_model

torch = pytest.importorskip("torch")
nn = torch.nn

W = np.array([[1.0, 2.0, 1 / 3], [0.0, -1.0, 5e-17]])
U = np.array([0.5, -0.25])
MODELS = {
    "two layers": Model(W, U),
    "biases": Model(W, U, np.array([0.0, 3.0])),
    "linear": Model(W[0]),
    "linear with a bias": Model(W[0], None, np.array([3.0])),
}


def saved(what, **options) -> bytes:
    file = io.BytesIO()
    torch.save(what, file, **options)
    return file.getvalue()


def outcome(content: bytes, name: str = "W.pt") -> str:
    def finite() -> None:
        assert np.isfinite(read_model(io.BytesIO(content), name).model.weights).all()

    found = hostile.outcome("weights as .pt", finite)
    assert found == "accepted" or found.startswith(name)
    return found


def network(bias=False, output_bias=False):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4, bias=bias), nn.ReLU(), nn.Linear(4, 1, bias=output_bias))


@pytest.mark.parametrize("name", ["W.pt", "W.pth", "W.ckpt", "W.bin"])
@pytest.mark.parametrize("kind", MODELS)
def test_a_network_is_read_back_as_it_was(kind, name):
    content = write_model(MODELS[kind], name)
    found, expected = read_model(io.BytesIO(content), name).model, MODELS[kind]
    assert np.array_equal(found.weights, expected.weights)
    assert (found.u is None) == (expected.u is None)
    assert found.u is None or np.array_equal(found.u, expected.u)
    assert content == write_model(expected, name)


@pytest.mark.parametrize("bias", [False, True])
def test_pytorch_takes_what_is_written(bias):
    model = MODELS["biases" if bias else "two layers"]
    taken = nn.Sequential(nn.Linear(3, 2, bias=bias), nn.ReLU(), nn.Linear(2, 1, bias=False))
    state = torch.load(io.BytesIO(write_model(model, "W.pt")), weights_only=True)
    taken.double().load_state_dict(state)
    x = np.arange(6.0).reshape(2, 3)
    expected = np.maximum(model.features(x) @ model.weights.T, 0) @ model.u
    found = taken(torch.tensor(x)).detach().numpy()[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("wrap", [lambda net: net, nn.DataParallel, nn.Sequential])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_the_network_computes_what_pytorch_computes(bias, wrap, dtype):
    net = wrap(network(bias).to(dtype))
    model = read_model(io.BytesIO(saved(net.state_dict())), "W.pt").model
    x = np.arange(6.0).reshape(2, 3)
    found = np.maximum(model.features(x) @ model.weights.T, 0) @ model.u
    expected = net.double()(torch.tensor(x)).detach().numpy()[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_parameters_will_do():
    assert outcome(saved(dict(network(True).named_parameters()))) == "accepted"


def test_tensors_that_share_their_storage():
    both = torch.arange(1.0, 17.0).reshape(4, 4)
    model = read_model(
        io.BytesIO(saved({"a.weight": both.T[:, :3], "b.weight": both[:1]})), "W.pt"
    ).model
    assert np.array_equal(model.W, both.T[:, :3].numpy()) and np.array_equal(
        model.u, both[0].numpy()
    )


class Harm:
    def __reduce__(self):
        return (open, ("pwned", "w"))


REFUSED = {
    "code": (Harm(), "calls 'io open'"),
    "code in a state dict": ({"weight": torch.ones(1, 3), "x": Harm()}, "calls 'io open'"),
    "a network": (network(), "calls 'torch.nn.modules.container Sequential'"),
    "a tensor": (torch.ones(1, 3), "has Tensor, which is no state dict"),
    "a list": ([torch.ones(1, 3)], "has list, which is no state dict"),
    "two networks": (
        {"teacher": network().state_dict(), "student": network().state_dict()},
        "'teacher' is OrderedDict, but",
    ),
    "numbers for names": ({0: torch.ones(1, 3)}, "0 is Tensor, but a state dict"),
    "integers": ({"weight": torch.ones(1, 3, dtype=torch.int64)}, "'weight' is torch.int64"),
    "complex": ({"weight": torch.ones(1, 3, dtype=torch.complex64)}, "is torch.complex64"),
    "sparse": ({"weight": torch.eye(3).to_sparse()}, "calls 'torch._utils _rebuild_sparse_tensor'"),
    "meta": ({"weight": torch.ones(1, 3, device="meta")}, "calls 'torch._utils _rebuild_meta_tensor"),
    "output bias": (network(output_bias=True).state_dict(), "'2.bias', a bias of the output"),
    "three outputs": (nn.Linear(2, 3).state_dict(), "has 3 rows, one for each output"),
    "convolution": (nn.Conv2d(1, 2, 3).state_dict(), "'weight' has shape (2, 1, 3, 3)"),
    "normalisation": (nn.BatchNorm1d(3).state_dict(), "'running_mean' is of a normalisation"),
    "a set": ({"weight": {1.0}}, "'weight' is NoneType, but a state dict has tensors alone"),
    "nothing": ({}, "has no weights"),
    "nan": ({"weight": torch.full((1, 3), torch.nan)}, "W has an entry that is nan or infinite"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_such_state_dict_is_one_sentence(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    what, sentence = REFUSED[case]
    assert sentence in outcome(saved(what))
    assert everything_in(tmp_path) == {}


@pytest.mark.parametrize("name", ["W.pt", "epoch=3.ckpt", "pytorch_model.bin"])
@pytest.mark.parametrize("key", ["model_state_dict", "state_dict", "model", "net"])
def test_a_checkpoint_has_the_network_and_other_things(name, key):
    net = network(True)
    optimiser = torch.optim.Adam(net.parameters())
    net(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    state = {f"net.{part}": value for part, value in net.state_dict().items()}
    rest = {
        "epoch": 3,
        "loss": 0.5,
        "optimizer_state_dict": optimiser.state_dict(),
        "callbacks": {"ModelCheckpoint{'monitor': None}": {"best_model_score": torch.tensor(0.5)}},
        "lr_schedulers": [torch.optim.lr_scheduler.MultiStepLR(optimiser, [2, 4]).state_dict()],
        "hyper_parameters": {"width": 4, "betas": (0.9, 0.99), "frozen": {"last"}},
        "shape": torch.Size([4, 3]),
        "device": torch.device("cpu"),
        "dtype": torch.bfloat16,
    }
    model = read_model(io.BytesIO(saved({key: state} | rest)), name).model
    assert np.array_equal(model.W, net[0].weight.detach().double().numpy())
    assert np.array_equal(model.bias, net[0].bias.detach().double().numpy())


def test_three_layers():
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1))
    assert "has 3 layers" in outcome(saved(net.state_dict()))


def test_an_output_bias_of_0_is_dropped():
    net = network(output_bias=True)
    nn.init.zeros_(net[2].bias)
    assert outcome(saved(net.state_dict())) == "accepted"


@pytest.mark.parametrize("content", [b"", b"harm", bytes(100), archive({"x/data.pkl": b""})])
def test_bytes_that_are_no_state_dict(content):
    assert outcome(content) != "accepted"


def test_files_of_older_versions():
    content = saved(network().state_dict(), _use_new_zipfile_serialization=False)
    assert "is not a state dict of PyTorch" in outcome(content)


def test_a_tensor_without_strides_that_would_fill_the_memory():
    content = saved({"weight": torch.ones(1, 1).expand(1, 10**13)})
    assert len(content) < 10_000
    assert "would need 8e+04 GB of memory" in outcome(content)


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        return {name: whole.read(name) for name in whole.namelist()}


def with_index(content: bytes, change) -> bytes:
    """The same archive, its ``data.pkl`` changed."""
    parts = members(content)
    (index,) = (name for name in parts if name.endswith("data.pkl"))
    return archive(parts | {index: change(parts[index])})


WHOLE = saved(network(True).state_dict())


@pytest.mark.parametrize("shape", [(5, 3), (255, 3), (2**31 - 1, 3), (-4, -3), (-1, 0)])
def test_a_tensor_larger_than_its_storage(shape):
    declared = b"".join(b"J" + struct.pack("<i", size) for size in shape) + b"\x86"
    content = with_index(WHOLE, lambda index: index.replace(b"K\x04K\x03\x86", declared, 1))
    assert content != with_index(WHOLE, lambda index: index)
    assert "is not a state dict of PyTorch, or a damaged one" in outcome(content)


def long(number: int) -> bytes:
    return b"\x8a\x09" + number.to_bytes(9, "little", signed=True)


@pytest.mark.parametrize("strides", [(2**61, 1), (2**62, 2**62), (3, -1), (-3, 1), (2**63, 1)])
def test_strides_that_lead_beside_the_storage(strides):
    declared = b"".join(map(long, strides)) + b"\x86"
    content = with_index(WHOLE, lambda index: index.replace(b"K\x03K\x01\x86", declared, 1))
    assert content != with_index(WHOLE, lambda index: index)
    assert "is not a state dict of PyTorch, or a damaged one" in outcome(content)


@pytest.mark.parametrize("entries", [13, 2**31 - 1])
def test_a_storage_larger_than_its_bytes(entries):
    declared = b"J" + struct.pack("<i", entries) + b"t"
    content = with_index(WHOLE, lambda index: index.replace(b"K\x0ct", declared, 1))
    assert content != with_index(WHOLE, lambda index: index)
    assert outcome(content) != "accepted"


def test_a_storage_that_unpacks_to_more_than_the_memory(monkeypatch):
    entries = b"J" + struct.pack("<i", 10**7 // 4) + b"t"
    parts = members(with_index(WHOLE, lambda index: index.replace(b"K\x0ct", entries, 1)))
    storage = next(name for name in parts if name.endswith("data/0"))
    content = archive(parts | {storage: bytes(10**7)}, zipfile.ZIP_DEFLATED)
    assert len(content) < 10**5
    sizes = {"SC_PAGE_SIZE": 1000, "SC_PHYS_PAGES": 1000}
    monkeypatch.setattr("kkt_unlearning.datasets.memory.os.sysconf", sizes.__getitem__)
    monkeypatch.setattr(np, "frombuffer", lambda *_: pytest.fail("it was read"))
    assert "GB of memory" in outcome(content)


def test_calls_that_torch_allows_and_that_double_their_argument():
    doubled = b"c_codecs\nencode\nq\x00" + b"X\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R"
    assert "calls '_codecs encode'" in outcome(
        with_index(WHOLE, lambda _: b"\x80\x02" + doubled + b".")
    )


@pytest.mark.parametrize("call", [b"\x8c\x02os\x8c\x06system\x93", b"(ios\nsystem\n", b"\x82\x01"])
def test_other_ways_to_call_by_name(call):
    assert "calls '" in outcome(with_index(WHOLE, lambda _: b"\x80\x02" + call + b"."))


def test_two_indices():
    parts = members(WHOLE)
    assert "2 members are named data.pkl" in outcome(archive(parts | {"other/data.pkl": b"."}))


@settings(max_examples=EXAMPLES)
@given(content=damaged(WHOLE))
def test_state_dicts_with_changed_bytes(content):
    outcome(content)


@settings(max_examples=EXAMPLES)
@given(index=damaged(next(v for k, v in members(WHOLE).items() if k.endswith("data.pkl"))))
def test_state_dicts_with_a_changed_index(index):
    outcome(with_index(WHOLE, lambda _: index))


numbers = st.sampled_from([0, 1, 2, 3, 4, 12, -1, -4, 2**31 - 1, -(2**31)])


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_state_dicts_with_changed_numbers(data):
    def change(index: bytes) -> bytes:
        places = [i for i in range(len(index) - 1) if index[i : i + 1] == b"K"]
        for place in sorted(data.draw(st.sets(st.sampled_from(places), max_size=3)), reverse=True):
            number = b"J" + struct.pack("<i", data.draw(numbers))
            index = index[:place] + number + index[place + 2 :]
        return index

    outcome(with_index(WHOLE, change))

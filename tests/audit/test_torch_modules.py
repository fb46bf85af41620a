"""Modules of PyTorch, and tensors of each dtype and layout, in every verb."""

import contextlib
import io
import re

import inputs
import numpy as np
import pytest

from kkt_unlearning.audit import Model, Step, certify, kkt, unlearn
from kkt_unlearning.errors import DataError
from kkt_unlearning.formats import write_model

torch = pytest.importorskip("torch")
nn = torch.nn

WIDTH, DIMENSION = 12, 40
Y = np.array([1.0, -1.0] * 4)


class OwnNetwork(nn.Module):
    """As people write them: layers with names of their own, images made flat."""

    def __init__(self, bias=False, outputs=1):
        super().__init__()
        self.first = nn.Linear(DIMENSION, WIDTH, bias=bias)
        self.last = nn.Linear(WIDTH, outputs, bias=False)

    def forward(self, x):
        return self.last(torch.relu(self.first(x.flatten(1))))


def sequential(bias=False, outputs=1, between=nn.ReLU, behind=()):
    return nn.Sequential(
        nn.Linear(DIMENSION, WIDTH, bias=bias),
        between(),
        nn.Linear(WIDTH, outputs, bias=False),
        *behind,
    )


KINDS = {
    "Sequential": sequential,
    "a class": OwnNetwork,
    "within another": lambda **options: nn.Sequential(sequential(**options), nn.Flatten(0)),
    "DataParallel": lambda **options: nn.DataParallel(sequential(**options)),
    "with dropout": lambda **options: nn.Sequential(nn.Dropout(0.9), sequential(**options)),
}


def layers(network) -> list:
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear)]


def solved(network, dtype=torch.float64):
    """The network, its output weights fixed and its hidden ones such that every margin is 1; and data."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(len(Y), DIMENSION))
    hidden, output = layers(network.double())
    sign = np.where(np.arange(WIDTH) % 2 == 0, 1.0, -1.0)
    bias = hidden.bias is not None
    wanted = np.where(np.outer(Y, sign) > 0, 1.0, -0.25)
    P = np.linalg.lstsq(np.column_stack([X, np.ones(len(Y))]) if bias else X, wanted, rcond=None)[0]
    u = sign / WIDTH * 2
    with torch.no_grad():
        hidden.weight.copy_(torch.tensor(P[:DIMENSION].T))
        if bias:
            hidden.bias.copy_(torch.tensor(P[DIMENSION]))
        rows = [u] if output.out_features == 1 else [0.25 + 0 * u, 0.25 + u]
        output.weight.copy_(torch.tensor(np.array(rows)))
    output.weight.requires_grad_(False)
    model = Model(P[:DIMENSION].T, u, P[DIMENSION] if bias else None)
    return network.to(dtype), torch.tensor(X), torch.tensor(Y), model


def test_what_the_page_says_of_tensors_is_what_is_done():
    page = inputs.PAGE.read_text(encoding="utf-8")
    assert inputs.tables(inputs.SECTIONS["torch"]()) == inputs.section(page, "torch")


def test_the_code_on_the_page():
    (code,) = re.findall(r"```python\n(.*?)```", inputs.PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, names)
    assert "exact: ε = 0.000" in printed.getvalue()
    margins = names["y"] * names["network"](names["X"])[:, 0]
    assert (margins[[3, 5]].abs() < 0.2 * margins[[0, 1, 2, 4, 6, 7]].min()).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_module_is_what_its_weights_are(kind, bias, outputs, dtype):
    network, X, y, model = solved(KINDS[kind](bias=bias, outputs=outputs), dtype)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    tolerance = (
        {"rtol": 1e-9, "atol": 1e-12} if dtype == torch.float64 else {"rtol": 1e-4, "atol": 1e-6}
    )
    found, expected = kkt(network, X, y), kkt(model, X.numpy(), Y)
    np.testing.assert_allclose(found.distance, expected.distance, **tolerance)
    done, other = unlearn(network, X, y, [2]), unlearn(model, X.numpy(), Y, [2])
    assert type(done.model) is type(network) and done.model is not network
    hidden, output = layers(done.model)
    assert {p.dtype for p in done.model.parameters()} == {dtype}
    np.testing.assert_allclose(hidden.weight.detach(), other.model.W, **tolerance)
    if bias:
        np.testing.assert_allclose(hidden.bias.detach(), other.model.bias, **tolerance)
    assert torch.equal(output.weight, layers(network)[1].weight)
    assert [p.requires_grad for p in done.model.parameters()] == [
        p.requires_grad for p in network.parameters()
    ]
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
    ends = certify(done.model, X, y, [2], step=done.step)
    right = certify(other.model, X.numpy(), Y, [2], step=other.step)
    assert ends.origin.bounded
    for mine, exact in zip(ends.ends, right.ends, strict=True):
        np.testing.assert_allclose(
            [mine.epsilon, mine.tau], [exact.epsilon, exact.tau], **tolerance
        )


def test_a_module_may_be_the_network_before_another_step_and_be_written():
    network, X, y, model = solved(sequential(bias=True))
    done = unlearn(network, X, y, [2])
    found = certify(done.model, X, y, [2], step=Step(network, (2,)))
    assert found.origin.bounded
    content = write_model(done.model, "U.pt")
    assert content == write_model(unlearn(model, X.numpy(), Y, [2]).model, "U.pt")
    network.load_state_dict(torch.load(io.BytesIO(content), weights_only=True))
    assert torch.equal(network(X), done.model(X))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_and_is_told_to_be_rounded(dtype):
    network, X, y, _ = solved(sequential(), dtype)
    done = unlearn(network, X.to(dtype), y, [2])
    assert done.model[0].weight.dtype == dtype
    found = certify(done.model, X.to(dtype), y, [2], step=done.step)
    assert not found.origin.bounded and "they differ by" in found.origin.sentence
    model = Model(network[0].weight, network[2].weight[0])
    done = unlearn(model, X.to(dtype), y, [2])
    assert done.model.W.dtype == torch.float32
    assert certify(done.model, X.to(dtype), y, [2], step=done.step).origin.bounded


def test_trained_output_weights_are_told_by_their_gradients():
    network, X, y, model = solved(sequential())
    network[2].weight.requires_grad_(True)
    trained = Model(model.W, model.u, outputs="trained")
    done, expected = unlearn(network, X, y, [2]), unlearn(trained, X.numpy(), Y, [2])
    np.testing.assert_allclose(done.model[0].weight.detach(), expected.model.W, atol=1e-12)
    np.testing.assert_allclose(done.model[2].weight.detach()[0], expected.model.u, atol=1e-12)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("outputs", [1, 2])
def test_a_linear_layer(bias, outputs):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(len(Y), DIMENSION))
    w = np.linalg.lstsq(X, Y - (0.1 if bias else 0.0), rcond=None)[0]
    layer = nn.Linear(DIMENSION, outputs, bias=bias).double()
    with torch.no_grad():
        layer.weight[-1] = torch.tensor(w) + (layer.weight[0] if outputs == 2 else 0.0)
        if bias:
            layer.bias[-1] = 0.1 + (layer.bias[0] if outputs == 2 else 0.0)
    total = layer.weight.sum(0).detach() if outputs == 2 else None
    expected = unlearn(Model(w, None, np.array([0.1]) if bias else None), X, Y, [2]).model
    found = unlearn(layer, torch.tensor(X), torch.tensor(Y), [2]).model
    after = found(torch.tensor(X)).detach().numpy()
    after = after[:, -1] - (after[:, 0] if outputs == 2 else 0.0)
    constant = expected.bias if bias else 0.0
    np.testing.assert_allclose(after, X @ expected.W[0] + constant, atol=1e-12)
    if outputs == 2:  # the step is of the difference alone
        np.testing.assert_allclose(found.weight.sum(0).detach(), total, atol=1e-12)


REFUSED = {
    "a sigmoid at the end": (
        lambda: sequential(behind=[nn.Sigmoid()]),
        "nothing behind them gives",
    ),
    "another activation": (lambda: sequential(between=nn.Tanh), "where ReLU between its layers"),
    "nearly a ReLU": (lambda: sequential(between=nn.LeakyReLU), "where ReLU between its layers"),
    "an output bias": (
        lambda: nn.Sequential(nn.Linear(DIMENSION, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 1)),
        "the module: '2.bias', a bias of the output",
    ),
    "batch normalisation": (
        lambda: nn.Sequential(nn.Linear(DIMENSION, WIDTH), nn.BatchNorm1d(WIDTH), nn.ReLU()),
        "the module: '1.running_mean' is of a normalisation",
    ),
    "three outputs": (lambda: sequential(outputs=3), "'2.weight' has 3 rows, one for each output"),
    "three layers": (
        lambda: nn.Sequential(sequential(), nn.Linear(1, 1)),
        "the module has 3 layers",
    ),
    "a convolution": (lambda: nn.Conv1d(1, 2, 3), "'weight' has shape (2, 1, 3)"),
    "two outputs that are trained": (
        lambda: sequential(outputs=2),
        "weights are trained, and their",
    ),
    "no layers": (lambda: nn.ReLU(), "the module has no weights"),
    "no values": (lambda: sequential().to("meta"), "weight cannot be copied to NumPy"),
    "no shape yet": (lambda: nn.LazyLinear(1), "weight cannot be copied to NumPy"),
    "no module": (lambda: OwnNetwork, "model is of type type: allowed are networks as"),
}


@pytest.mark.parametrize(
    "verb", [kkt, lambda *given: unlearn(*given, [2]), lambda *g: certify(*g, [2])]
)
@pytest.mark.parametrize("case", REFUSED)
def test_another_module_is_one_sentence(case, verb):
    torch.manual_seed(0)
    make, sentence = REFUSED[case]
    X = torch.randn(len(Y), DIMENSION)
    with pytest.raises(DataError) as error:
        verb(make(), X, torch.tensor(Y))
    assert sentence in str(error.value) and "\n" not in str(error.value)


def test_a_module_that_takes_images_is_not_called():
    class Images(OwnNetwork):
        def forward(self, x):
            return super().forward(x.reshape(-1, 8, DIMENSION // 8)[:, 0, 0, None, None])

    network, X, y, model = solved(Images())
    assert kkt(network, X, y).distance == pytest.approx(kkt(model, X.numpy(), Y).distance)

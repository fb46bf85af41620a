"""Modules of PyTorch as estimators."""

import numpy as np
import pytest
from builders import one_sentence

from kkt_unlearning import audit
from kkt_unlearning.errors import ArgumentError
from kkt_unlearning.estimators import MaxMarginLinear, MaxMarginTwoLayer

torch = pytest.importorskip("torch")
nn = torch.nn

SAMPLES, DIMENSION, WIDTH = 8, 40, 12
X = np.random.default_rng(0).normal(size=(SAMPLES, DIMENSION))
Y = np.array([1.0, -1.0] * (SAMPLES // 2))


def trained(bias=False, outputs=1):
    """A module with the weights of a fitted estimator, output weights fixed; and that estimator."""
    fitted = MaxMarginTwoLayer(
        width=WIDTH, steps=1000, fit_intercept=bias, random_state=0, initial_scale=0.01
    ).fit(X, Y)
    network = nn.Sequential(
        nn.Linear(DIMENSION, WIDTH, bias=bias), nn.ReLU(), nn.Linear(WIDTH, outputs, bias=False)
    ).double()
    u = fitted.output_weights_
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor(fitted.weights_))
        if bias:
            network[0].bias.copy_(torch.tensor(fitted.hidden_bias_))
        network[2].weight.copy_(
            torch.tensor(np.array([u] if outputs == 1 else [0.25 - 0 * u, 0.25 + u]))
        )
    network[2].weight.requires_grad_(False)
    return network, fitted


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("outputs", [1, 2])
def test_an_estimator_of_a_module_is_as_if_fitted(bias, outputs):
    network, fitted = trained(bias, outputs)
    model = MaxMarginTwoLayer.from_model(network, torch.tensor(X), torch.tensor(Y))
    assert model.distance_ == pytest.approx(fitted.distance_, rel=1e-6)
    for estimator in (model, fitted):
        estimator.unlearn([2])
    np.testing.assert_allclose(model.weights_, fitted.weights_, atol=1e-9)
    np.testing.assert_allclose(model.hidden_bias_, fitted.hidden_bias_, atol=1e-9)
    np.testing.assert_allclose(model.certificate_.epsilon, fitted.certificate_.epsilon, rtol=1e-6)
    module = audit.unlearn(network, torch.tensor(X), torch.tensor(Y), [2]).model
    np.testing.assert_allclose(model.weights_, module[0].weight.detach(), atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_module_of_another_precision_and_labels_that_are_words(dtype):
    network, _ = trained()
    words = np.where(Y > 0, "yes", "no")
    model = MaxMarginTwoLayer.from_model(network.to(dtype), torch.tensor(X), words).unlearn([2])
    assert (model.predict(X) == words)[np.arange(SAMPLES) != 2].all()


def test_a_linear_layer():
    layer = nn.Linear(DIMENSION, 1).double()
    fitted = MaxMarginLinear(steps=1000).fit(X, Y)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(fitted.coef_))
        layer.bias.copy_(torch.tensor(fitted.intercept_))
    model = MaxMarginLinear.from_model(layer, X, Y).unlearn([2])
    assert model.get_params()["fit_intercept"]
    np.testing.assert_allclose(model.coef_, fitted.unlearn([2]).coef_, atol=1e-9)


def test_output_weights_that_are_trained_are_one_sentence():
    network, _ = trained()
    network[2].weight.requires_grad_(True)
    with pytest.raises(ArgumentError) as error:
        MaxMarginTwoLayer.from_model(network, X, Y)
    assert "requires_grad_(False)" in one_sentence(error)

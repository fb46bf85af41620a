import numpy as np
import pytest
from audit_users import model_elsewhere

from kkt_unlearning.audit import Model
from kkt_unlearning.errors import DataError
from kkt_unlearning.networks import Linear, TwoLayer

W = np.arange(1.0, 7.0).reshape(2, 3)
U = np.array([0.5, -2.0])


def test_a_model_is_the_network_that_it_says():
    rng = np.random.default_rng(0)
    bias, X = rng.normal(size=2), rng.normal(size=(5, 3))
    model = Model(W, U, bias)
    P = model.weights @ model.features(X).T
    u = model.network.output_weights
    found = u @ (model.network.derivative(P) * P)
    assert np.allclose(found, np.maximum(X @ W.T + bias, 0.0) @ U, rtol=1e-14, atol=0)
    assert model.network == TwoLayer(2, (0.5, -2.0))
    assert (model.width, model.dimension) == (2, 3)


def test_weights_without_output_weights_are_a_linear_model():
    model = Model(W[0], bias=np.array([7.0]))
    assert model.network == Linear()
    assert model.weights.tolist() == [[1.0, 2.0, 3.0, 7.0]]
    assert model.features(np.zeros((2, 3))).tolist() == [[0, 0, 0, 1], [0, 0, 0, 1]]


def test_other_weights_come_in_the_library_of_the_data():
    model = model_elsewhere(Model(W, U, np.array([1.0, 2.0])))
    changed = model.with_weights(2 * model.weights)
    assert type(changed.W) is type(model.W)
    assert changed.W.device == changed.bias.device == model.W.device
    assert changed.weights.tolist() == (2 * model.weights).tolist()


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        (dict(W=W), "W has shape (2, 3) and there are no output weights u"),
        (dict(W=W[None]), "W has shape (1, 2, 3): allowed is (n, d)"),
        (dict(W=np.zeros((0, 3)), u=np.zeros(0)), "W has shape (0, 3), without a neuron: "),
        (dict(W=np.zeros((2, 0)), u=U), "W has shape (2, 0), without a feature: "),
        (dict(W=[]), "W has shape (1, 0), without a feature: "),
        (dict(W=W, u=np.zeros(0)), "u has 0 entries for 2 row(s) of W: "),
        (dict(W=W, u=U, bias=np.zeros(0)), "bias has 0 entries for 2 row(s) of W: "),
        (dict(W=W, u=U[:1]), "u has 1 entries for 2 row(s) of W"),
        (dict(W=W, u=U[:, None]), "u has shape (2, 1): allowed is (n,)"),
        (dict(W=W, u=U, bias=np.ones(3)), "bias has 3 entries for 2 row(s) of W"),
        (dict(W=W.astype(int), u=U), "W is int64: allowed are floats"),
        (dict(W=W.astype(complex), u=U), "W is complex128: allowed are real numbers"),
        (dict(W=W * np.nan, u=U), "W has an entry that is nan or infinite"),
        (dict(W=W, u=U * np.inf), "u has an entry that is nan or infinite"),
        (dict(W=W, u=np.array([0.0, 1.0])), "u[0] is 0: such a neuron says nothing"),
        (dict(W=0 * W, u=U), "W is 0 everywhere"),
        (
            dict(W=[[1.0, 2.0], [3.0]], u=U),
            "W is a list or table whose rows are no",
        ),
        (dict(W=[[1, 2, 3]]), "W is int64: allowed are floats"),
        (dict(W=W, u="12"), "u is of type str: allowed are arrays"),
        (dict(W=W, u=U, bias=1.0), "bias is of type float"),
        (
            dict(W=W * 1e200, u=U),
            "W: the largest absolute value is 6e+200; allowed are 1e-100 to 1e+100",
        ),
        (dict(W=W * 1e-310, u=U), "W: the largest absolute value is 6e-310"),
        (dict(W=W, u=U, bias=U * 1e200), "W and bias: the largest absolute value is 2e+200"),
        (dict(W=W, u=U * 1e200), "u: the largest absolute value is 2e+200"),
        (dict(W=W, u=U * 1e-200), "u: the largest absolute value is 2e-200"),
    ],
)
def test_what_is_no_network_is_refused_in_one_sentence(arrays, sentence):
    with pytest.raises(DataError) as error:
        Model(**arrays)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("shape", [(5, 2), (5,), (5, 3, 1)])
def test_data_of_another_dimension_are_refused(shape):
    with pytest.raises(DataError, match="the network takes 3 features"):
        Model(W, U).features(np.ones(shape))


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        (np.ones((2, 3), complex), "X is complex128"),
        (np.full((2, 3), "a"), "X is of words"),
        (np.full((2, 3), None), "X is of objects"),
    ],
)
def test_data_that_are_no_array_of_numbers_are_refused(X, sentence):
    with pytest.raises(DataError) as error:
        Model(W, U).features(X)
    assert str(error.value) == (
        f"{sentence}: allowed are real numbers; encode or leave out what is none, and convert it to float64."
    )


def test_features_may_be_whole_numbers():
    assert Model(W, U).features(np.ones((1, 3), int)).tolist() == [[1.0, 1.0, 1.0]]


@pytest.mark.parametrize("bias", [None, np.array([0.5, -0.25, 1.0])])
def test_layouts_of_pytorch_keras_and_scikit_learn_are_one_network(bias):
    rng = np.random.default_rng(0)
    W, u = rng.normal(size=(3, 5)), rng.normal(size=3)
    expected = Model(W, u, bias)
    for laid in ((W, u[None, :]), (W.T, u[:, None]), (W.T.tolist(), u[:, None].tolist())):
        found = Model(*laid, bias)
        assert (found.weights == expected.weights).all() and (found.u == u).all()


def test_a_linear_model_may_be_a_row_or_a_column_or_neither():
    w = np.array([1.0, 2.0, 3.0])
    for W in (w, w[None, :], w[:, None]):
        for bias in (np.array(0.5), np.array([0.5]), [0.5]):
            assert Model(W, None, bias).weights.tolist() == [[1.0, 2.0, 3.0, 0.5]]


def test_of_a_square_matrix_the_layout_cannot_be_told():
    with pytest.raises(DataError, match=r"u has shape \(3, 1\)"):
        Model(np.eye(3), np.ones((3, 1)))

"""Estimators of scikit-learn in the place of a Model; modules of PyTorch are in test_torch_modules.py."""

import numpy as np
import pytest
from builders import one_sentence
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC

from kkt_unlearning.audit import Model, certify, kkt, unlearn
from kkt_unlearning.errors import DataError

SAMPLES, DIMENSION, WIDTH = 8, 30, 10
Y = np.array([1.0, -1.0] * 4)


X = np.random.default_rng(0).normal(size=(SAMPLES, DIMENSION))


LINEAR = {
    "LinearSVC": lambda: LinearSVC(C=1e4, loss="hinge", fit_intercept=False, max_iter=10**6),
    "LogisticRegression": lambda: LogisticRegression(C=1e6, max_iter=10**4),
    "SVC": lambda: SVC(C=1e4, kernel="linear"),
    "RidgeClassifier": lambda: RidgeClassifier(alpha=1e-3, fit_intercept=False),
}


@pytest.mark.parametrize("kind", LINEAR)
def test_a_linear_estimator_is_its_coefficients(kind):
    estimator = LINEAR[kind]().fit(X, Y)
    bias = np.ravel(estimator.intercept_) if getattr(estimator, "fit_intercept", True) else None
    model = Model(estimator.coef_, None, bias)
    done, expected = unlearn(estimator, X, Y, [2]), unlearn(model, X, Y, [2])
    assert (done.model.weights == expected.model.weights).all()
    assert kkt(estimator, X, Y).distance == kkt(model, X, Y).distance
    found = certify(done.model, X, Y, [2], step=done.step)
    assert found.origin.bounded


def network(**parameters):
    """An MLPClassifier, its weights set by hand: all margins are 1."""
    mlp = MLPClassifier((WIDTH,), max_iter=1, **parameters)
    with pytest.warns(UserWarning, match="converged"):
        mlp.fit(X, Y)
    sign = np.where(np.arange(WIDTH) % 2 == 0, 1.0, -1.0)
    features = np.column_stack([X, np.ones(SAMPLES)])
    P = np.linalg.lstsq(features, np.where(np.outer(Y, sign) > 0, 1.0, -0.25), rcond=None)[0]
    mlp.coefs_ = [P[:-1], 2 * sign[:, None] / WIDTH]
    mlp.intercepts_ = [P[-1], np.zeros(1)]
    return mlp


def test_a_multilayer_perceptron_is_its_layers_with_trained_outputs():
    mlp = network()
    model = Model(mlp.coefs_[0].T, mlp.coefs_[1][:, 0], mlp.intercepts_[0], "trained")
    assert (Model(*mlp.coefs_, mlp.intercepts_[0]).weights == model.weights).all()
    done, expected = unlearn(mlp, X, Y, [2]), unlearn(model, X, Y, [2])
    assert (done.model.weights == expected.model.weights).all()
    assert (done.model.u == expected.model.u).all()
    assert done.model.trained_outputs


def test_an_estimator_of_another_kind_is_one_sentence():
    tanh, constant, deep = network(activation="tanh"), network(), network()
    constant.intercepts_[1] = np.array([0.25])
    deep.coefs_ = [deep.coefs_[0], np.eye(WIDTH), deep.coefs_[1]]
    three = LogisticRegression().fit(X, [0, 1, 2, 0, 1, 2, 0, 1])
    cases = {
        "activation = 'tanh': allowed is 'relu'": tanh,
        "'layer 1/bias', a bias of the output, begins with 0.25": constant,
        "the estimator has 3 layers": deep,
        "'coef_/weight' has 3 rows, one for each output": three,
        "model is of type LogisticRegression: allowed are networks as": LogisticRegression(),
        "model is of type SVC: allowed are networks as": SVC().fit(X, Y),
    }
    for sentence, estimator in cases.items():
        for verb in (kkt, lambda *given: unlearn(*given, [2]), lambda *given: certify(*given, [2])):
            with pytest.raises(DataError) as error:
                verb(estimator, X, Y)
            assert sentence in one_sentence(error)

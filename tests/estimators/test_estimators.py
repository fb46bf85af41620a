"""The estimators compute what the library does, forget what they are told to, and keep nothing of it."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import ROUND_OFF, least_distance, one_sentence
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.svm import LinearSVC

import kkt_unlearning
from kkt_unlearning import (
    Descent,
    Linear,
    Problem,
    TwoLayer,
    audit,
    certify,
    kkt_point,
    train,
    unlearn,
)
from kkt_unlearning.audit import Model
from kkt_unlearning.certificates.method import weights_by
from kkt_unlearning.errors import ArgumentError, NotConvergedError, NotSeparableError, UserError
from kkt_unlearning.estimators import MaxMarginLinear, MaxMarginTwoLayer
from kkt_unlearning.networks.initial import gaussian_weights
from kkt_unlearning.training.span import span_coordinates

SAMPLES, DIMENSION, WIDTH, STEPS = 8, 40, 12, 1500
BOTH = ["linear", "two_layer"]


def data(seed=0):
    rng = np.random.default_rng(seed)
    X = 3.0 * rng.normal(size=(SAMPLES, DIMENSION))
    return X, np.where(np.arange(SAMPLES) % 2 == 0, "a", "b")


def estimator(kind, **parameters):
    if kind == "linear":
        return MaxMarginLinear(steps=STEPS, **parameters)
    return MaxMarginTwoLayer(width=WIDTH, steps=STEPS, random_state=0, **parameters)


def fitted(kind, **parameters):
    return estimator(kind, **parameters).fit(*data())


def weights(model):
    """All weights in one array, the bias last."""
    if isinstance(model, MaxMarginLinear):
        return np.column_stack([model.coef_, model.intercept_])
    return np.column_stack([model.weights_, model.hidden_bias_])


def by_hand(kind, fit_intercept):
    """Trained weights of smallest margin 1 and the exact point, by the library's own verbs."""
    X, y = data()
    X = np.column_stack([X, np.ones(SAMPLES)]) if fit_intercept else X
    size = np.linalg.norm(X, axis=1).max()
    network = Linear() if kind == "linear" else TwoLayer(WIDTH)
    W0 = np.zeros((1, X.shape[1]))
    if kind == "two_layer":
        W0 = gaussian_weights(np.random.RandomState(0), WIDTH, X.shape[1], 0.1)
    span = span_coordinates(X / size, W0)
    unit = Problem(network, span.X, np.where(y == "a", -1.0, 1.0))
    trained = train(unit, span.W0, Descent(steps=STEPS))
    W = span.lift(trained.W) / trained.margins.min() / size
    return W, kkt_point(Problem(network, X, unit.y), unit.pattern(trained.W))


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_fit_is_the_training_of_the_library(kind, fit_intercept):
    model = fitted(kind, fit_intercept=fit_intercept)
    W, point = by_hand(kind, fit_intercept)
    d = W.shape[1]
    np.testing.assert_allclose(weights(model)[:, :d], W, atol=ROUND_OFF)
    assert (weights(model)[:, d:] == 0).all()  # a bias that is not there
    np.testing.assert_allclose(model.multipliers_, point.multipliers, rtol=1e-9)
    np.testing.assert_allclose(model.kkt_point_.W, point.W, atol=1e-9 * np.abs(point.W).max())
    assert max(model.kkt_point_.residuals.worst, model.kkt_point_.gap) < 1e-9
    assert model.n_iter_ == STEPS
    cosine = (W * point.W).sum() / np.linalg.norm(W) / np.linalg.norm(point.W)
    assert model.distance_ == pytest.approx(1 - cosine, rel=1e-6)


@pytest.mark.parametrize("kind", BOTH)
def test_the_smallest_margin_is_one_and_every_label_is_learnt(kind):
    X, y = data()
    model = fitted(kind)
    margins = model.decision_function(X) * np.where(y == "a", -1, 1)
    assert margins.min() == pytest.approx(1.0, abs=ROUND_OFF)
    assert list(model.classes_) == ["a", "b"]
    assert list(model.predict(X)) == list(y)
    assert model.score(X, y) == 1.0


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(("start", "fraction"), [("trained", 1.0), ("exact", 0.8)])
def test_the_certificate_is_that_of_the_step(kind, start, fraction):
    model = fitted(kind)
    point, W = model.kkt_point_, weights(model)
    step = unlearn(point, [5, 2], fraction=fraction, trained=W if start == "trained" else None)
    assert model.unlearn([5, 2], fraction=fraction, start=start) is model
    np.testing.assert_allclose(weights(model), step.W, atol=ROUND_OFF)
    expected = vars(certify(step))
    found = vars(model.certificate_)
    assert found.pop("outcome") == expected.pop("outcome") == "separating"
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("start", ["trained", "exact"])
def test_later_calls_forget_the_union_in_any_order(kind, start):
    at_once = fitted(kind).unlearn([6, 1, 4], start=start)
    one_by_one = fitted(kind).unlearn([4], start=start).unlearn([1, 6], start=start)
    np.testing.assert_allclose(weights(one_by_one), weights(at_once), atol=ROUND_OFF)
    np.testing.assert_array_equal(one_by_one.multipliers_, at_once.multipliers_)
    assert list(one_by_one.forgotten_) == [4, 1, 6]
    found, expected = one_by_one.certificate_, at_once.certificate_
    assert found.tau_star == pytest.approx(expected.tau_star, rel=1e-6, abs=ROUND_OFF)
    assert found.tau == pytest.approx(expected.tau, rel=1e-6, abs=ROUND_OFF)
    assert found.epsilon <= found.restored_bound + ROUND_OFF  # both may be 0 but for it


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("start", ["trained", "exact"])
def test_the_downdate_is_an_exact_point_that_later_calls_go_on_from(kind, start):
    X, y = data()
    model = fitted(kind).unlearn([5], start=start)  # by the step, whatever comes then
    model.unlearn([2], start=start, method="downdate")
    for forget in ([5, 2], [5, 2, 7]):
        point, rest = model.kkt_point_, np.delete(np.arange(SAMPLES), forget)
        np.testing.assert_array_equal(point.problem.X[:, :DIMENSION], X[rest])
        np.testing.assert_allclose(weights(model), point.W, atol=ROUND_OFF)
        assert max(point.residuals.worst, point.gap) < 1e-9
        again = kkt_point(point.problem, point.pattern)
        np.testing.assert_allclose(again.W, point.W, atol=1e-8 * np.abs(point.W).max())
        margins = model.decision_function(X[rest]) * np.where(y[rest] == "a", -1, 1)
        assert margins.min() == pytest.approx(1.0, abs=1e-9)
        found = model.certificate_
        assert max(found.epsilon_clarke, found.epsilon, found.relative_delta) < 1e-7
        assert max(abs(found.tau), abs(found.tau_star)) < ROUND_OFF
        if len(forget) == 2:
            model.unlearn([7], method="downdate")  # either start, since both are the exact point


@pytest.mark.parametrize("start", ["trained", "exact"])
def test_the_restored_network_is_that_of_one_step_for_the_union(start):
    point, W = fitted("two_layer").kkt_point_, weights(fitted("two_layer"))
    step = unlearn(point, [6, 1, 4], trained=W if start == "trained" else None)
    expected = weights_by("restored", step)
    model = fitted("two_layer").unlearn([4], start=start, method="restored")
    model.unlearn([1, 6], start=start, method="restored")
    np.testing.assert_allclose(weights(model), expected, atol=1e-10)
    found = model.certificate_
    assert abs(found.tau) < ROUND_OFF and np.isnan(found.epsilon_bound)
    assert found.epsilon == pytest.approx(certify(step).epsilon, rel=1e-6)
    assert found.epsilon <= found.restored_bound
    np.testing.assert_allclose(
        weights(model.unlearn([0], start=start)),
        unlearn(point, [6, 1, 4, 0], trained=W if start == "trained" else None).W,
        atol=1e-10,
    )


def arrays(value):
    """Every array that can be reached from an object, and what each is a view of."""
    if isinstance(value, np.ndarray):
        yield value
        yield from arrays(value.base)
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from arrays(part)
    elif hasattr(value, "__dict__"):
        yield from arrays(vars(value))


def holds(model, row):
    """Whether the bytes of a row are in a pickle of the model, or among its arrays."""
    looked = [pickle.dumps(model), *(array.tobytes() for array in arrays(model))]
    return any(row.tobytes() in text for text in looked)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("flag", ["no", "", 0, 1, None, [True]])
def test_a_flag_that_is_none_is_refused(kind, flag):
    with pytest.raises(ArgumentError, match=r"^fit_intercept = .*: allowed are True and False\.$"):
        fitted(kind, fit_intercept=flag)
    model = fitted(kind)
    with pytest.raises(ArgumentError, match=r"^allow_idle = .*: allowed are True and False\.$"):
        model.unlearn([0], allow_idle=flag)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_nothing_of_a_forgotten_sample_stays(kind, fit_intercept):
    X, _ = data()
    model = fitted(kind, fit_intercept=fit_intercept)
    forgotten_multiplier = model.multipliers_[3:4].copy()
    assert holds(model, X[3])
    assert holds(model, forgotten_multiplier)
    model.unlearn([3])
    assert not holds(model, X[3])
    assert not holds(model, forgotten_multiplier)
    assert holds(model, X[4])
    assert {SAMPLES} & {size for array in arrays(model) for size in array.shape} == set()


def test_the_estimator_does_not_hold_the_array_of_the_caller():
    X, y = data()
    model = MaxMarginLinear(fit_intercept=False, steps=STEPS).fit(X, y)
    assert not any(np.shares_memory(array, X) for array in arrays(model))


def test_a_new_fit_starts_anew():
    model = fitted("linear").unlearn([3])
    model.fit(*data())
    assert list(model.forgotten_) == []
    assert not hasattr(model, "certificate_")
    np.testing.assert_array_equal(weights(model), weights(fitted("linear")))
    model.unlearn([3], start="exact")  # which the first fit would not allow any more


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (dict(forget=3), "write [3]."),
        (dict(forget="3"), "write [3]."),
        (dict(forget=[8]), "allowed are 0 to 7"),
        (dict(forget=[-1]), "index -1 is out of range"),
        (dict(forget=[1, 1]), "is repeated"),
        (dict(forget=[1.0]), "the entry 1.0"),
        (dict(forget=[]), "at least one"),
        (dict(forget=np.array([])), "at least one"),
        (dict(forget=np.arange(8) == 3), "numpy.flatnonzero(mask)"),
        (dict(forget=[0]), "row 0 has been forgotten already"),
        (dict(forget=range(8)), "all 8 samples"),
        (dict(forget=range(1, 8)), "all samples still held"),
        (dict(forget=[1], fraction=-1.0), "fraction = -1.0"),
        (dict(forget=[1], fraction="x"), "fraction = 'x': allowed are numbers"),
        (dict(forget=[1], start="nowhere"), "allowed are trained, exact"),
        (dict(forget=[1], start="exact"), "has unlearned from start = 'trained'"),
    ],
)
def test_what_cannot_be_forgotten_changes_nothing(arguments, sentence):
    model = fitted("linear").unlearn([0])
    before = pickle.dumps(model)
    with pytest.raises(ArgumentError) as error:
        model.unlearn(**arguments)
    assert sentence in one_sentence(error)
    assert isinstance(error.value, ValueError)
    assert pickle.dumps(model) == before


def test_an_estimator_that_is_not_fitted_cannot_unlearn():
    with pytest.raises(NotFittedError):
        MaxMarginLinear().unlearn([0])


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("linear", dict(loss="hinge")),
        ("linear", dict(step="long")),
        ("linear", dict(step_size=0.0)),
        ("two_layer", dict(stop_distance=2.0)),
        ("two_layer", dict(minimum_margin=-1.0)),
        ("linear", dict(step_size="x")),
        ("linear", dict(stop_distance=None)),
        ("linear", dict(minimum_margin="x")),
        ("two_layer", dict(pivots="x")),
        ("two_layer", dict(pivots=-1)),
        ("two_layer", dict(initial_scale="x")),
        ("two_layer", dict(initial_scale=np.nan)),
    ],
)
def test_a_parameter_that_is_not_allowed_is_a_value_error(kind, parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))) as error:
        fitted(kind, **parameters)
    assert one_sentence(error)


XOR = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]]), np.array([0, 0, 1, 1])


def test_two_layers_separate_what_no_hyperplane_does():
    with pytest.raises(NotSeparableError) as error:
        MaxMarginLinear().fit(*XOR)
    assert "MaxMarginTwoLayer" in one_sentence(error)
    model = MaxMarginTwoLayer(width=60, steps=STEPS, random_state=0)
    assert model.fit(*XOR).score(*XOR) == 1.0


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        (np.zeros((2, 1)), "the longest sample has norm 0"),
        (np.array([[1e300], [-1e300]]), "scale the features"),
        (np.array([[1e308, 1e308], [-1e308, 1.0]]), "has norm inf"),
    ],
)
def test_absurd_scales_are_refused(X, sentence):
    with pytest.raises(ArgumentError) as error:
        MaxMarginLinear(fit_intercept=False).fit(X, [0, 1])
    assert sentence in one_sentence(error)


def test_a_sample_that_no_neuron_speaks_for_is_named_with_what_helps():
    # One neuron speaks for class 1, and it is active on at most one of two opposite points.
    X, y = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]), [1, 1, 0]
    model = MaxMarginTwoLayer(width=2, steps=100, fit_intercept=False, random_state=0)
    with pytest.raises(NotConvergedError, match=r"dead, first sample [012]: .* wider") as error:
        model.fit(X, y)
    assert "raise steps" not in one_sentence(error)


def test_the_exact_point_in_the_plane_is_the_widest_margin():
    X = np.array([[2.0, 0.5], [1.5, 2.0], [3.0, 1.0], [-1.0, -0.5], [0.0, -2.0], [-2.0, 1.0]])
    y = np.array([1, 1, 1, -1, -1, -1])
    point = MaxMarginLinear().fit(X, y).kkt_point_
    expected, multipliers = least_distance(point.problem, np.ones((1, 6)))
    np.testing.assert_allclose(point.W, expected, atol=1e-9)
    # Four margins are 1 in three dimensions, so only their sum is determined.
    assert point.multipliers.sum() == pytest.approx(multipliers.sum(), rel=1e-9)


def test_names_of_features_are_kept_and_asked_for():
    X, y = data()
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(DIMENSION)])
    model = estimator("linear").fit(frame, y)
    assert list(model.feature_names_in_) == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])


def test_training_ends_where_it_has_arrived():
    short = fitted("linear", stop_distance=1e-2)
    assert 1 <= short.n_iter_ < STEPS


@settings(max_examples=20)
@given(scale=st.floats(-8.0, 8.0).map(lambda exponent: 10.0**exponent))
def test_without_a_bias_the_scale_of_the_features_changes_no_output(scale):
    X, y = data()
    before = MaxMarginLinear(fit_intercept=False, steps=100).fit(X, y).unlearn([3])
    after = MaxMarginLinear(fit_intercept=False, steps=100).fit(scale * X, y).unlearn([3])
    np.testing.assert_allclose(
        after.decision_function(scale * X), before.decision_function(X), rtol=1e-9
    )
    found, expected = vars(after.certificate_).copy(), vars(before.certificate_).copy()
    for name in ("delta", "delta_budget", "delta_bound"):  # in units of λ
        found[name] *= scale**2
    assert found.pop("outcome") == expected.pop("outcome")
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)
    residuals = vars(before.kkt_point_.residuals)
    assert vars(after.kkt_point_.residuals) == pytest.approx(residuals, rel=1e-6, abs=1e-9)


def test_the_same_is_exact_for_two_layers_and_powers_of_two():
    X, y = data()
    before = fitted("two_layer", fit_intercept=False)
    after = estimator("two_layer", fit_intercept=False).fit(X / 1024, y)
    np.testing.assert_array_equal(after.decision_function(X / 1024), before.decision_function(X))


def test_exchanged_labels_turn_a_linear_model_round():
    X, y = data()
    other = estimator("linear").fit(X, np.where(y == "a", "b", "a"))
    np.testing.assert_allclose(
        other.decision_function(X), -fitted("linear").decision_function(X), atol=ROUND_OFF
    )


def test_the_bytes_that_the_seed_decides_are_the_same_again():
    first, second = fitted("two_layer").unlearn([2]), fitted("two_layer").unlearn([2])
    assert pickle.dumps(first) == pickle.dumps(second)


def test_without_scikit_learn_the_import_says_what_to_install():
    source = str(Path(kkt_unlearning.__file__).parents[1])
    code = (
        f"import sys; sys.path.insert(0, {source!r}); sys.modules['sklearn'] = None\n"
        "import kkt_unlearning.estimators"
    )
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].endswith("not installed: pip install scikit-learn.")


def test_errors_of_an_argument_are_errors_that_a_user_can_mend():
    assert issubclass(ArgumentError, UserError)


@pytest.mark.parametrize(("name", "value"), [("steps", "x"), ("steps", 10.5), ("width", 2.5)])
def test_a_number_that_is_not_whole_is_a_value_error(name, value):
    model = estimator("two_layer").set_params(**{name: value})
    with pytest.raises(ArgumentError, match=f"{name} = {value!r}: allowed are whole") as error:
        model.fit(*data())
    one_sentence(error)


@pytest.mark.parametrize("kind", BOTH)
def test_a_point_in_both_classes_is_named(kind):
    X, y = data()
    X[5] = X[2]
    with pytest.raises(
        NotSeparableError, match=r"rows 2 and 5 of X .* labels 'a' and 'b'"
    ) as error:
        estimator(kind).fit(X, y)
    one_sentence(error)


def contradicting():
    X, y = data()
    return np.vstack([X[:4, :3], X[:1, :3]]), np.append(y[:4], "b")


FAILING = {
    "contradiction": (contradicting, {}),
    "one class": (lambda: (data()[0][:, :3], ["a"] * SAMPLES), {}),
    "a parameter": (lambda: (data()[0][:, :3], data()[1]), {"step_size": -1.0}),
    "not converged": (lambda: (data()[0][:, :3], data()[1]), {"steps": 1, "minimum_margin": 1e9}),
    "names": (lambda: (pd.DataFrame(data()[0][:, :3], columns=["p", "q", "r"]), ["a"] * 8), {}),
}


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("case", FAILING)
def test_a_fit_that_fails_leaves_the_earlier_one_as_it_was(kind, case):
    make, parameters = FAILING[case]
    model, expected = fitted(kind), fitted(kind).unlearn([0])
    model.set_params(**parameters)
    before = pickle.dumps(model)
    with pytest.raises((UserError, ValueError)):
        model.fit(*make())
    assert pickle.dumps(model) == before
    model.unlearn([0])
    assert model.n_features_in_ == DIMENSION
    np.testing.assert_array_equal(weights(model), weights(expected))
    np.testing.assert_array_equal(model.predict(data()[0]), expected.predict(data()[0]))


def test_a_first_fit_that_fails_leaves_nothing():
    model = MaxMarginLinear()
    with pytest.raises(NotSeparableError):
        model.fit(*contradicting())
    assert vars(model) == vars(MaxMarginLinear())


def with_a_copy(kind, distance, **parameters):
    X, y = data()
    near = X[3] + distance * np.linalg.norm(X[3]) * np.eye(DIMENSION)[0]
    return estimator(kind, **parameters).fit(np.vstack([X, near]), np.append(y, y[3]))


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("distance", [0.0, 1e-9, 1e-7])
@pytest.mark.parametrize("one", [3, 8])
def test_forgetting_one_of_two_copies_changes_nothing(kind, fit_intercept, distance, one):
    model = with_a_copy(kind, distance, fit_intercept=fit_intercept).unlearn([0])
    before, state = weights(model), pickle.dumps(model)
    with pytest.raises(ArgumentError, match=rf"forget = \[{one}\]: .* \[{11 - one}\]") as error:
        model.unlearn([one])
    one_sentence(error)
    assert pickle.dumps(model) == state
    model.unlearn([one], allow_idle=True)
    np.testing.assert_array_equal(weights(model), before)
    assert list(model.copies_) == [11 - one]
    expected = with_a_copy(kind, distance, fit_intercept=fit_intercept).unlearn([0, 3, 8])
    model.unlearn([11 - one])
    size = np.linalg.norm(before)
    np.testing.assert_allclose(weights(model), weights(expected), atol=(1e-9 + distance) * size)
    assert list(model.copies_) == list(expected.copies_) == []


@pytest.mark.parametrize("kind", BOTH)
def test_equal_samples_have_equal_multipliers(kind):
    """In the coordinates of the training as well, which round each row its own way."""
    model = with_a_copy(kind, 0.0)
    assert model.multipliers_[3] == model.multipliers_[8] > 0


def test_a_step_of_no_effect_is_refused_in_the_numbers_of_fit():
    X = np.array([[1.0, 0.1], [-1.0, 0.2], [3.0, 0.0], [-3.0, 0.3], [4.0, 1.0]])
    model = MaxMarginLinear(steps=200).fit(X, [1, -1, 1, -1, 1]).unlearn([0])
    rows = [row for row in range(1, 5) if model.multipliers_[row - 1] == 0]
    with pytest.raises(ArgumentError, match=rf"forget = \[{rows[0]}\]: the step changes nothing"):
        model.unlearn(rows[:1])


def elsewhere(kind, fit_intercept, scale=7.0):
    """A network of the audit that was trained elsewhere: that of a fitted estimator, at another scale."""
    model = fitted(kind, fit_intercept=fit_intercept)
    W, bias = model._parts()
    u = None if kind == "linear" else model.output_weights_
    return model, Model(scale * W, u, scale * bias if fit_intercept else None)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_a_network_that_was_trained_elsewhere_is_as_if_fitted(kind, fit_intercept):
    expected, network = elsewhere(kind, fit_intercept)
    found = type(expected).from_model(network, *data())
    assert found.n_iter_ == 0
    assert found.get_params()["fit_intercept"] == fit_intercept
    for model in (found, expected):
        model.unlearn([2]).unlearn([5], method="restored")
    X, _ = data(1)
    assert (found.predict(X) == expected.predict(X)).all()
    np.testing.assert_allclose(weights(found), weights(expected), rtol=1e-8, atol=ROUND_OFF)
    np.testing.assert_allclose(found.multipliers_, expected.multipliers_, rtol=1e-8)
    np.testing.assert_allclose(
        [found.distance_, found.certificate_.epsilon, found.certificate_.tau],
        [expected.distance_, expected.certificate_.epsilon, expected.certificate_.tau],
        rtol=1e-6,
        atol=ROUND_OFF,
    )


def test_output_weights_of_any_size_are_those_of_the_network_that_was_given():
    _, network = elsewhere("two_layer", True)
    rng = np.random.default_rng(3)
    u = network.u * rng.uniform(0.5, 2.0, size=WIDTH)
    X, y = data()
    found = MaxMarginTwoLayer.from_model(Model(network.W, u, network.bias), X, y)
    assert (found.output_weights_ == u).all()
    values = np.maximum(X @ found.weights_.T + found.hidden_bias_, 0) @ u
    np.testing.assert_allclose(found.decision_function(X), values, rtol=1e-12)
    assert np.abs(values).min() == pytest.approx(1.0)
    done = audit.unlearn(Model(found.weights_, u, found.hidden_bias_), X, np.sign(values), [2])
    found.unlearn([2])
    np.testing.assert_allclose(found.weights_, done.model.W, rtol=1e-8, atol=1e-9)
    assert (found.output_weights_ == u).all()


def test_other_estimators_of_scikit_learn_are_networks_as_well():
    X, y = data()
    svc = LinearSVC(C=1e4, fit_intercept=False, loss="hinge", max_iter=10**6).fit(X, y)
    model = MaxMarginLinear.from_model(svc, X, y)
    assert model.distance_ < 1e-3
    np.testing.assert_allclose(
        model.coef_ / np.linalg.norm(model.coef_), svc.coef_ / np.linalg.norm(svc.coef_)
    )
    model.unlearn([2])
    assert model.certificate_.outcome == "separating"


@pytest.mark.parametrize(
    ("make", "kind", "sentence"),
    [
        (lambda W, u: Model(W[0]), "two_layer", "a linear model, but MaxMarginTwoLayer has two"),
        (lambda W, u: Model(W, u), "linear", "has two layers, but MaxMarginLinear is of one"),
        (lambda W, u: Model(W, u, outputs="trained"), "two_layer", "weights of the network are trained"),
        (lambda W, u: Model(W, -u), "two_layer", "classify every sample"),
        (lambda W, u: Model(W[:, 1:], u), "two_layer", "the network takes 39 features"),
        (lambda W, u: W, "two_layer", "model is of type ndarray"),
    ],
)  # fmt: skip
def test_a_network_that_no_estimator_is_of_is_one_sentence(make, kind, sentence):
    model = fitted("two_layer", fit_intercept=False)
    network = make(model.weights_, model.output_weights_)
    with pytest.raises(ArgumentError) as error:
        type(estimator(kind)).from_model(network, *data())
    assert sentence in one_sentence(error)

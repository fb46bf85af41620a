"""Every condition on the data gives one sentence with the value found and the remedy."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.datasets.dataset import Dataset, check_data, check_fresh, check_labels
from kkt_unlearning.errors import DataError


def good():
    return np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.array([1.0, -1.0, 1.0])


def batch(**changes):
    X, y = good()
    arrays = {
        "X": X[None],
        "y": y[None],
        "X_fresh": np.empty((1, 0, 2)),
        "y_fresh": np.empty((1, 0)),
    }
    return Dataset(**(arrays | changes))


def message(X, y):
    with pytest.raises(DataError) as error:
        check_data(X, y, "mine.npz")
    text = str(error.value)
    assert text.startswith("mine.npz: ") and text.endswith(".") and "\n" not in text
    return text


def changed(array, index, value):
    copy = array.copy()
    copy[index] = value
    return copy


def test_good_data_pass():
    assert check_data(*good(), "mine.npz") is None


def test_one_sample_is_too_few():
    assert "X has 1 row(s), but at least 2 samples" in message(np.ones((1, 2)), np.ones(1))


def test_no_feature_is_too_few():
    found = message(np.empty((2, 0)), np.array([1.0, -1.0]))
    assert "X has 0 columns, but at least 1 feature" in found


@pytest.mark.parametrize("shape", [(6,), (1, 3, 2)])
def test_features_must_be_a_matrix(shape):
    found = message(np.ones(shape), np.ones(3))
    assert f"X has shape {shape}, but must be (samples, dimension)" in found


@pytest.mark.parametrize("labels", [np.ones(2), np.ones((3, 1)), np.array(1.0)])
def test_one_label_for_each_row(labels):
    found = message(good()[0], labels)
    assert f"y has shape {labels.shape}, but must be (3,)" in found


@pytest.mark.parametrize("label, shown", [(0.0, "0"), (2.0, "2"), (np.nan, "nan"), (-1.5, "-1.5")])
def test_labels_other_than_plus_and_minus_one(label, shown):
    X, y = good()
    found = message(X, changed(y, 1, label))
    assert f"y[1] is {shown}, but labels must be -1 or +1" in found


@pytest.mark.parametrize("label, shown", [(1.0, "+1"), (-1.0, "-1")])
def test_one_class_only(label, shown):
    found = message(good()[0], np.full(3, label))
    assert f"every label in y is {shown}, but both -1 and +1 must occur" in found


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_features_must_be_finite(value):
    X, y = good()
    assert f"X[2, 1] is {value}, but features must be finite" in message(
        changed(X, (2, 1), value), y
    )


words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
pairs = st.one_of(
    *(
        st.tuples(kind, kind).filter(lambda pair: pair[0] != pair[1])
        for kind in (words, st.booleans(), st.integers(-300, 300), st.floats(-1e6, 1e6))
    )
).filter(lambda pair: set(pair) != {-1, 1})


@given(
    pair=pairs,
    members=st.lists(st.booleans(), min_size=2, max_size=5).filter(lambda m: len(set(m)) > 1),
)
def test_the_code_of_the_sentence_recodes_any_two_classes(pair, members):
    y = np.array([pair[member] for member in members])
    with pytest.raises(DataError) as error:
        check_labels(y, "D.npz", "y")
    (code,) = re.findall(r": recode the two classes as (.*)\.$", str(error.value), re.DOTALL)
    found = eval(code, {"numpy": np, "y": y})
    sign = found[members.index(True)]
    assert sign in (-1.0, 1.0) and found.tolist() == [
        sign if member else -sign for member in members
    ]


def test_a_point_with_both_labels_is_named_by_its_rows():
    X, y = good()
    found = message(changed(X, 1, X[2]), y)
    assert "rows 1 and 2 of X are the same sample with labels -1 and +1" in found


def test_a_point_with_both_labels_is_found_whatever_the_sign_of_its_zeros():
    X, y = good()
    assert "rows 0 and 1 of X are the same sample" in message(changed(X, 1, [1.0, -0.0]), y)


def test_a_point_may_occur_twice_with_one_label():
    X, y = good()
    assert check_data(changed(X, 2, X[0]), y, "mine.npz") is None


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=2, max_size=8), st.data())
def test_contradictions_are_exactly_the_equal_rows_with_opposite_labels(points, data):
    X = np.array(points, dtype=float)
    signs = st.lists(st.sampled_from([1.0, -1.0]), min_size=len(X), max_size=len(X))
    y = np.array(data.draw(signs.filter(lambda drawn: len(set(drawn)) == 2)))
    same = np.all(X[:, None] == X[None], axis=2)
    if np.any(same & (y[:, None] != y[None])):
        assert "are the same sample" in message(X, y)
    else:
        assert check_data(X, y, "mine.npz") is None


def test_a_point_at_the_origin_is_refused_with_its_row():
    X, y = good()
    assert "row 1 of X is zero" in message(changed(X, 1, 0.0), y)


def test_dataset_tells_its_sizes():
    dataset = batch()
    assert (dataset.replicates, dataset.samples, dataset.dimension) == (1, 3, 2)


def test_dataset_cannot_be_changed():
    with pytest.raises(AttributeError):
        batch().X = np.zeros((1, 3, 2))


def test_dataset_checks_every_replicate():
    X, y = good()
    bad = np.stack([y, changed(y, 0, 3.0)])
    with pytest.raises(DataError, match=r"^replicate 1: y\[0\] is 3, but labels"):
        batch(X=np.stack([X, X]), y=bad, X_fresh=np.empty((2, 0, 2)), y_fresh=np.empty((2, 0)))


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"X": np.ones((1, 3, 2), np.float32)}, r"X is float32, but must be a float64 array"),
        ({"y": [[1.0, -1.0, 1.0]]}, r"y is list, but must be a float64 array"),
        (
            {"X": good()[0]},
            r"X has shape \(3, 2\), but must have the axes \(replicates, samples, d",
        ),
        ({"y": good()[1]}, r"y has shape \(3,\), but must have the axes \(replicates, samples\)"),
        ({"y_fresh": np.empty((2, 0))}, r"1 in X, 1 in y, 1 in X_fresh, 2 in y_fresh, but all"),
        (
            {"y_fresh": np.ones((1, 4))},
            r"replicate 0: y_fresh has shape \(4,\), but must be \(0,\)",
        ),
    ],
)
def test_dataset_rejects_arrays_that_do_not_fit(changes, sentence):
    with pytest.raises(DataError, match=sentence):
        batch(**changes)


def test_dataset_needs_a_replicate():
    empty = {"X": (0, 3, 2), "y": (0, 3), "X_fresh": (0, 0, 2), "y_fresh": (0, 0)}
    with pytest.raises(DataError, match="the replicates are 0 in X"):
        batch(**{key: np.empty(shape) for key, shape in empty.items()})


def test_fresh_samples_may_be_of_one_class():
    assert check_fresh(np.ones((1, 2)), np.ones(1), 2, "mine.npz") is None


@pytest.mark.parametrize(
    "X_fresh, y_fresh, sentence",
    [
        (np.ones((1, 3)), np.ones(1), "X_fresh has 3 columns, but X has 2"),
        (np.ones(2), np.ones(1), r"X_fresh has shape \(2,\), but must be"),
        (np.full((1, 2), np.nan), np.ones(1), r"X_fresh\[0, 0\] is nan, but features"),
        (np.ones((1, 2)), np.zeros(1), r"y_fresh\[0\] is 0, but labels"),
    ],
)
def test_fresh_samples_must_fit(X_fresh, y_fresh, sentence):
    with pytest.raises(DataError, match=f"^mine.npz: {sentence}"):
        check_fresh(X_fresh, y_fresh, 2, "mine.npz")

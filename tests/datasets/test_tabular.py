"""Tables that scikit-learn ships: which rows are drawn, how they are scaled, what is refused."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.preprocessing import StandardScaler

from kkt_unlearning.datasets.scaling import centred, standardised
from kkt_unlearning.datasets.tabular import NAMES, generate
from kkt_unlearning.errors import DataError

CLASSES = {
    "breast_cancer": ["malignant", "benign"],
    "iris": ["setosa", "virginica"],
    "wine": ["class_0", "class_2"],
}


def tabular(name="breast_cancer", **changes):
    settings = {"classes": CLASSES[name], "samples": 21, "fresh_samples": 30}
    return generate(name=name, **(settings | {"replicates": 3, "seed": 4} | changes))


@pytest.mark.parametrize("name", NAMES)
def test_rows_have_unit_norm_and_labels_alternate(name):
    dataset = tabular(name)
    assert np.allclose(np.linalg.norm(dataset.X, axis=2), 1, rtol=0, atol=1e-14)
    assert np.allclose(np.linalg.norm(dataset.X_fresh, axis=2), 1, rtol=0, atol=1e-14)
    assert np.array_equal(dataset.y, np.tile([1.0, -1.0], 11)[None, :21].repeat(3, axis=0))


def test_rows_are_scaled_by_those_left_over():
    # All other rows are fresh, so scikit-learn's own scaler can be fitted on exactly those.
    table = load_iris()
    chosen = np.isin(table.target, (0, 2))
    rows, target = table.data[chosen], table.target[chosen]
    dataset = tabular("iris", samples=4, fresh_samples=1000, replicates=1)
    assert dataset.X_fresh.shape == (1, 96, 4)
    nearest = np.linalg.norm(dataset.X[0][:, None] - _unit(rows, rows)[None], axis=2).argmin(axis=1)
    left = np.delete(rows, nearest, axis=0)
    assert len(left) == 96
    assert np.allclose(dataset.X[0], _unit(rows[nearest], left), rtol=0, atol=1e-12)
    assert np.array_equal(dataset.y[0] == 1, target[nearest] == 0)


def _unit(rows, others):
    scaled = StandardScaler().fit(others).transform(rows)
    return scaled / np.linalg.norm(scaled, axis=1, keepdims=True)


def test_the_first_class_is_the_positive_one():
    table = load_breast_cancer()
    worst = tabular(samples=200, replicates=1)
    # Malignant tumours are larger: their mean radius exceeds the overall mean.
    assert table.data[table.target == 0, 0].mean() > table.data[table.target == 1, 0].mean()
    assert worst.X[0][worst.y[0] == 1, 0].mean() > worst.X[0][worst.y[0] == -1, 0].mean() + 0.1


def test_more_points_than_features_keep_full_rank():
    # Centred by other rows, the points are not linearly dependent as digits are.
    assert np.linalg.matrix_rank(tabular(samples=20).X).tolist() == [20, 20, 20]


def test_a_constant_feature_is_not_divided():
    rows = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0], [4.0, 5.0]])
    train, fresh = np.array([0]), np.array([1])
    X, X_fresh = standardised(rows)(train, fresh, np.array([1, 2, 3]))
    assert X.tolist() == [[-2.0 / np.std([2, 3, 4]), 0.0]] and np.all(np.isfinite(X_fresh))
    X, X_fresh = centred(rows)(train, fresh, np.array([1, 2, 3]))
    assert X.tolist() == [[-2.0, 0.0]] and X_fresh.tolist() == [[-1.0, 0.0]]


def test_mixing_leaves_labels_and_norms_and_shrinks_inner_products():
    natural, lifted = tabular(), tabular(mixing=0.1)
    gram, small = (d.X @ d.X.transpose(0, 2, 1) for d in (natural, lifted))
    off = ~np.eye(21, dtype=bool)
    assert np.array_equal(natural.y, lifted.y)
    np.testing.assert_allclose(small[:, off], 0.1 * gram[:, off], rtol=0, atol=1e-14)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(
        DataError, match=r"^name is 'iriss', .*: choose one of breast_cancer, iris, w"
    ):
        generate(name="iriss", classes=["a", "b"], samples=4, fresh_samples=0, replicates=1, seed=0)


@pytest.mark.parametrize("classes", [["setosa", "rosa"], ["setosa", "setosa"], ["setosa"], []])
def test_unknown_classes_list_the_known_ones(classes):
    with pytest.raises(
        DataError, match=r"^classes is .* choose from setosa, versicolor, virginica"
    ):
        tabular("iris", classes=classes)


def test_two_rows_must_be_left_over():
    assert tabular("iris", samples=98).samples == 98
    with pytest.raises(
        DataError, match=r"^samples is 99, .* 100 rows, of which 2 .*: lower samples to 98 or less"
    ):
        tabular("iris", samples=99)

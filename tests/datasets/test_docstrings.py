"""Text: which docstrings count, how words are weighted, and what is refused."""

import sys
from collections import Counter
from importlib.metadata import version

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from kkt_unlearning.datasets import corpus, docstrings
from kkt_unlearning.errors import DataError

MODULE = '''
"""The own docstring of {name} does not count."""

raise RuntimeError("an import would run this")


def public():
    """First text of {name} about apples and pears."""

    def inner():
        """Inner functions of {name} do not count here."""


async def waits():
    """Second text of {name} about plums and cherries."""


class Public:
    """Third text of {name} about grapes and melons."""

    def method(self):
        """Methods of {name} do not count here either."""


def _private():
    """Private functions of {name} do not count here."""


def short():
    """Too short."""


def bare():
    pass
'''
COPIED = '''def copied():
    """The same text stands in both of the libraries."""
'''


@pytest.fixture
def libraries(tmp_path, monkeypatch, request):
    """Two packages on the path that cannot be imported."""
    names = [f"{kind}_{abs(hash(request.node.name))}" for kind in ("orchard", "garden")]
    for name in names:
        folder = tmp_path / name
        (folder / "sub" / "tests").mkdir(parents=True)
        (folder / "__init__.py").write_text(COPIED, encoding="utf-8")
        (folder / "sub" / "fruit.py").write_text(MODULE.format(name=name), encoding="utf-8")
        (folder / "sub" / "again.py").write_text(MODULE.format(name=name), encoding="utf-8")
        (folder / "sub" / "broken.py").write_text("def (:\n", encoding="utf-8")
        (folder / "sub" / "old.py").write_text("pattern = '\\d'\n", encoding="utf-8")
        test = f'def tested():\n    """A test of {name} does not count here."""\n'
        (folder / "sub" / "tests" / "test_fruit.py").write_text(test, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return names


def generate(**changes):
    settings = {"libraries": ["array_api_compat", "seaborn"], "minimum_words": 5, "vocabulary": 100}
    sizes = {"samples": 6, "fresh_samples": 5, "replicates": 2, "seed": 3}
    return docstrings.generate(**(settings | sizes | changes))


def test_no_fresh_samples_leave_the_training_sample_as_it_is():
    without, some = generate(fresh_samples=0), generate(fresh_samples=5)
    assert without.X_fresh.shape == (2, 0, 100) and without.y_fresh.shape == (2, 0)
    assert np.array_equal(without.X, some.X) and np.array_equal(without.y, some.y)


def test_public_docstrings_are_read_without_an_import(libraries):
    first, second = corpus.documents(libraries, 5)
    assert [text.split()[0] for text in first] == ["First", "Second", "Third"]
    assert all(libraries[0] in text for text in first)
    assert all(libraries[1] in text for text in second) and len(second) == 3
    assert not set(libraries) & set(sys.modules)


def test_a_text_of_both_libraries_is_in_neither_class(libraries):
    assert not any(
        "both of the libraries" in t for own in corpus.documents(libraries, 5) for t in own
    )


def test_the_length_is_counted_in_words(libraries):
    assert len(corpus.documents(libraries, 2)[0]) == 3
    assert len(corpus.documents(libraries, 1)[0]) == 3  # "Too short." is in both
    with pytest.raises(
        DataError, match=r"no public docstring of its own with at least 9 words, so"
    ):
        corpus.documents(libraries, 9)


def test_an_empty_class_names_the_library_and_the_remedy():
    sentence = (
        r"^libraries has array_api_compat, but no .* class is empty: lower minimum_words or choose"
    )
    with pytest.raises(DataError, match=sentence):
        generate(minimum_words=1200)


@pytest.mark.parametrize("name", ["no_such_package", "os.path", "../numpy", ""])
def test_a_library_that_is_not_installed(name):
    with pytest.raises(DataError, match=r"^libraries has '.*', which is not installed as a packag"):
        generate(libraries=["seaborn", name])


def test_a_module_without_source_has_no_texts():
    with pytest.raises(DataError, match=r"^libraries has sys, but no public docstring"):
        corpus.documents(["seaborn", "sys"], 1)


@pytest.mark.parametrize("names", [["numpy"], ["numpy", "numpy"], ["numpy", "scipy", "cvxpy"]])
def test_two_different_libraries(names):
    with pytest.raises(
        DataError, match=r"^libraries is .*, but must be two different packages: ch"
    ):
        generate(libraries=names)


def test_the_fingerprint_follows_the_texts_and_names_the_versions():
    found = corpus.fingerprint(["seaborn", "json"], 5)
    assert found["libraries"]["seaborn"] == version("seaborn")
    assert found["libraries"]["json"] == f"Python {sys.version.split()[0]}"
    assert found == docstrings.origin(libraries=["seaborn", "json"], minimum_words=5, samples=3)
    other = corpus.fingerprint(["seaborn", "json"], 50)
    assert other["documents_sha256"] != found["documents_sha256"]


def most_frequent(texts, number):
    """By a count of our own: of equally frequent words the first in the alphabet."""
    split = TfidfVectorizer().build_analyzer()
    counts = Counter(word for text in texts for word in split(text))
    return sorted(sorted(counts, key=lambda word: (-counts[word], word))[:number])


def test_a_tie_at_the_end_of_the_vocabulary_is_broken_by_the_alphabet():
    """NumPy sorts equal numbers otherwise on other processors, and with them the data would be others."""
    texts = corpus.documents(["array_api_compat", "seaborn"], 5)
    every = [*texts[0], *texts[1]]
    split = TfidfVectorizer().build_analyzer()
    counts = sorted(Counter(word for text in every for word in split(text)).values())[::-1]
    assert counts[99] == counts[100]  # there is a tie
    kept = docstrings._weighted(every, 100)
    rows = np.arange(len(every))
    words = TfidfVectorizer(vocabulary=most_frequent(every, 100)).fit(every)
    found, _ = kept(rows, rows, rows)
    np.testing.assert_allclose(found, words.transform(every).toarray(), rtol=0, atol=1e-12)


def test_weights_are_those_of_scikit_learn_on_the_documents_left_over():
    texts = corpus.documents(["array_api_compat", "seaborn"], 5)
    every = [*texts[0], *texts[1]]
    words = most_frequent(every, 100)
    dataset = generate(fresh_samples=len(every))
    positives = set(range(len(texts[0])))
    for X, y, X_fresh in zip(dataset.X, dataset.y, dataset.X_fresh, strict=True):
        assert X_fresh.shape == (len(every) - 6, 100)
        rough = TfidfVectorizer(vocabulary=words).fit_transform(every).toarray()
        train = np.linalg.norm(X[:, None] - rough[None], axis=2).argmin(axis=1)
        left = [text for row, text in enumerate(every) if row not in train]
        exact = TfidfVectorizer(vocabulary=words).fit(left)
        expected = exact.transform([every[row] for row in train]).toarray()
        np.testing.assert_allclose(X, expected, rtol=0, atol=1e-12)
        assert [row in positives for row in train] == (y == 1).tolist()


def test_rows_have_unit_norm_and_no_negative_inner_products():
    X = generate().X
    np.testing.assert_allclose(np.linalg.norm(X, axis=2), 1, rtol=1e-12)
    assert np.all(X @ X.transpose(0, 2, 1) >= 0)


def test_a_vocabulary_beyond_the_words_there_are(libraries):
    sentence = r"^vocabulary is 100, but the documents have \d+ different words: lower vocabulary"
    with pytest.raises(DataError, match=sentence):
        generate(libraries=libraries, minimum_words=5, samples=4)


def test_too_few_documents(libraries):
    sentence = r"^samples is 6, but .* have 6 documents, of which 1 must be left .* to 5 or less"
    with pytest.raises(DataError, match=sentence):
        generate(libraries=libraries, minimum_words=5, samples=6)

"""Natural-language text: TF-IDF of the docstrings of two libraries, one class each."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.datasets import corpus
from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.two_classes import (
    Features,
    TrainAndFresh,
    check_population,
    two_classes,
)
from kkt_unlearning.errors import DataError


def generate(
    *,
    libraries: Sequence[str],
    minimum_words: int,
    vocabulary: int,
    samples: int,
    fresh_samples: int,
    replicates: int,
    seed: int,
    mixing: float = 1.0,
) -> Dataset:
    """``x_i = z_i/‖z_i‖``, ``z_iw = n_iw (1 + log((1 + N)/(1 + N_w)))``: term frequency × rarity.

    ``n_iw`` is how often document ``i`` has the word ``w``, ``N_w`` how many of the ``N`` documents
    left over have it. Texts of the first library get the label +1, those of the second -1; samples
    are drawn as in `two_classes`. Not centred, as is usual for text: no feature is negative, so
    neither is any inner product.

    Args:
        libraries: two different installed packages (`corpus.documents`).
        minimum_words: least number of words of a text.
        vocabulary: ``d``, the words most frequent in all documents of both; of equally frequent ones
            those that come first in the alphabet.
        samples: ``m ≥ 2`` training samples in each replicate; at least 1 document must be left over.
        fresh_samples: at most so many fresh samples in each replicate.
        replicates: ``S ≥ 1`` random draws.
        seed: root entropy.
        mixing: ``t`` of `orthogonalise`; 1 for the data as they are.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``, rows
        of unit norm.

    Raises:
        DataError: a library is not installed or has no text, there are too few documents or words,
            a document has no word of the vocabulary, or a size is too small.

    Weights: scikit-learn's ``TfidfTransformer``. The texts change with the versions of the
    libraries, which `origin` gives.
    """
    texts = corpus.documents(libraries, minimum_words)
    counts = (len(texts[0]), len(texts[1]))
    population = f"the libraries {libraries[0]} and {libraries[1]} have {{}} documents"
    check_population(samples, counts, population, spare=1)
    return two_classes(
        counts,
        _weighted([*texts[0], *texts[1]], vocabulary),
        samples=samples,
        fresh_samples=fresh_samples,
        mixing=mixing,
        replicates=replicates,
        seed=seed,
    )


def origin(*, libraries: Sequence[str], minimum_words: int, **_: object) -> dict[str, object]:
    """Versions of the libraries and SHA-256 over their texts, for the provenance of the data."""
    return corpus.fingerprint(libraries, minimum_words)


def _weighted(texts: list[str], vocabulary: int) -> Features:
    try:
        # slow to load, and no other source needs it
        from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    except ImportError as error:
        raise DataError(
            "source docstrings needs scikit-learn, which is not installed: "
            "in a checkout of this project, run pip install '.[pipeline]'."
        ) from error

    # One vocabulary for all replicates, so that each has the same features.
    words = CountVectorizer(dtype=np.float64).fit_transform(texts)
    if words.shape[1] < vocabulary:
        raise DataError(
            f"vocabulary is {vocabulary}, but the documents have {words.shape[1]} different words: "
            f"lower vocabulary to {words.shape[1]} or less."
        )

    # Not max_features: of equally frequent words it takes those that NumPy's sorting happens to put first,
    # which are others on a processor with other vector instructions. Columns are in alphabetical order.
    totals = np.asarray(words.sum(axis=0)).ravel()
    words = words[:, np.sort(np.argsort(-totals, kind="stable")[:vocabulary])]

    def features(train: np.ndarray, fresh: np.ndarray, left: np.ndarray) -> TrainAndFresh:
        weights = TfidfTransformer().fit(words[left])
        # together: of no fresh rows alone scikit-learn makes no features
        weighted = weights.transform(words[np.concatenate([train, fresh])]).toarray()
        return weighted[: len(train)], weighted[len(train) :]

    return features

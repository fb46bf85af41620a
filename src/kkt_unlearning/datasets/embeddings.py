"""Sentence embeddings of the docstrings of two libraries, one class each (an optional extra)."""

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from kkt_unlearning.datasets import corpus
from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.scaling import centred
from kkt_unlearning.datasets.two_classes import check_population, two_classes
from kkt_unlearning.errors import DataError, one_line

MODULES = ("Transformer", "Pooling", "Normalize")


def generate(
    *,
    libraries: Sequence[str],
    minimum_words: int,
    model: str,
    samples: int,
    fresh_samples: int,
    replicates: int,
    seed: int,
    mixing: float = 1.0,
) -> Dataset:
    """``x_i = (e_i - ē)/‖e_i - ē‖``, ``e_i`` the embedding of document ``i``, ``ē`` the mean left over.

    Labels and samples as in `docstrings.generate`. The model is read from a folder of this machine,
    its weights as safetensors only: other formats can run code of whoever wrote them. So can modules
    of its own; allowed are those of sentence-transformers that have no weights beside the
    transformer's.

    Args:
        libraries: two different installed packages (`corpus.documents`).
        minimum_words: least number of words of a text.
        model: folder of a sentence-transformers model.
        samples: ``m ≥ 2`` training samples in each replicate; at least 1 document must be left over.
        fresh_samples: at most so many fresh samples in each replicate.
        replicates: ``S ≥ 1`` random draws.
        seed: root entropy.
        mixing: ``t`` of `orthogonalise`; 1 for the data as they are.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``, rows
        of unit norm, ``d`` the dimension of the embedding.

    Raises:
        DataError: sentence-transformers is not installed, the folder has no model or one of other
            modules, or as in `docstrings.generate`.
    """
    encoder = _encoder(model)
    texts = corpus.documents(libraries, minimum_words)
    counts = (len(texts[0]), len(texts[1]))
    population = f"the libraries {libraries[0]} and {libraries[1]} have {{}} documents"
    check_population(samples, counts, population, spare=1)
    embedded = encoder.encode([*texts[0], *texts[1]], show_progress_bar=False)
    return two_classes(
        counts,
        centred(np.asarray(embedded, np.float64)),
        samples=samples,
        fresh_samples=fresh_samples,
        mixing=mixing,
        replicates=replicates,
        seed=seed,
    )


def origin(
    *, libraries: Sequence[str], minimum_words: int, model: str, **_: object
) -> dict[str, object]:
    """Versions of the libraries and of the encoder, SHA-256 over the texts and over the model."""
    total = hashlib.sha256()
    for path in sorted(path for path in Path(model).rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(model).as_posix()} {content}\n".encode())
    return {
        **corpus.fingerprint(libraries, minimum_words),
        "model_sha256": total.hexdigest(),
        "sentence_transformers": version("sentence-transformers"),
    }


def _check_modules(model: str) -> None:
    """What ``modules.json`` names is imported, from the folder as well, whether it is trusted or not."""
    listed = Path(model, "modules.json")
    if not listed.is_file():
        return  # then it is a transformer with the mean over words
    try:
        kinds = [str(module["type"]) for module in json.loads(listed.read_bytes())]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"model is {model}, whose modules.json is not a list of modules: save it there with "
            "SentenceTransformer.save."
        ) from error
    for kind in kinds:
        package, _, name = kind.rpartition(".")
        if package.split(".")[0] != "sentence_transformers" or name not in MODULES:
            raise DataError(
                f"model is {model}, which has a module {one_line(kind)}, but only {', '.join(MODULES)} "
                "of sentence_transformers are read, since others can run code: choose another model."
            )


def _encoder(model: str) -> Any:
    if not Path(model).is_dir():
        raise DataError(
            f"model is {model}, which is not a folder: give the folder of a sentence-transformers "
            "model that is on this machine."
        )
    try:
        from sentence_transformers import SentenceTransformer  # an extra, and slow to load
    except ImportError as error:
        raise DataError(
            "source embeddings needs sentence-transformers, which is not installed: "
            "in a checkout of this project, run pip install '.[embeddings]'."
        ) from error
    _check_modules(model)
    try:
        return SentenceTransformer(
            model, device="cpu", local_files_only=True, model_kwargs={"use_safetensors": True}
        )
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"model is {model}, which cannot be loaded as a sentence-transformers model with "
            f"safetensors weights ({error}): save it there with SentenceTransformer.save."
        ) from error

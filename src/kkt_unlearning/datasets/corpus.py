"""Texts that every machine with this environment has: the docstrings of its Python libraries."""

import ast
import hashlib
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

from kkt_unlearning.errors import DataError

# what ast.parse raises on files that Python could not import either
_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def documents(libraries: Sequence[str], minimum_words: int) -> tuple[list[str], list[str]]:
    """Docstrings of the public functions and classes of two libraries, each in sorted order.

    They are read off the source files without importing them: nothing runs, and an import that
    fails or registers something changes nothing. Counted are functions and classes at the top of a
    module whose names do not begin with ``_``, of all modules outside folders named ``tests``. A
    text that occurs more than once counts once, one that both libraries have not at all.

    Args:
        libraries: names of two different packages, as in ``import``.
        minimum_words: least number of words of a text, at least 1.

    Returns:
        The texts of the first and of the second library.

    Raises:
        DataError: a library is not installed, or no text of it is long enough.
    """
    if len(libraries) != 2 or libraries[0] == libraries[1]:
        raise DataError(
            f"libraries is {list(libraries)!a}, but must be two different packages: "
            "choose for example [numpy, scipy]."
        )
    texts = [_texts(name, minimum_words) for name in libraries]
    first, second = (sorted(own - other) for own, other in (texts, reversed(texts)))
    for name, found in zip(libraries, (first, second), strict=True):
        if not found:
            raise DataError(
                f"libraries has {name}, but no public docstring of its own with at least "
                f"{minimum_words} words, so that this class is empty: lower minimum_words or "
                "choose another library."
            )
    return first, second


def fingerprint(libraries: Sequence[str], minimum_words: int) -> dict[str, object]:
    """What the texts depend on: the versions of the libraries, and SHA-256 over all texts."""
    total = hashlib.sha256()
    for texts in documents(libraries, minimum_words):
        total.update("\0".join([*texts, ""]).encode(errors="surrogatepass"))
    owners = packages_distributions()  # reads the file lists of all that is installed
    versions = {name: _version(name, owners) for name in libraries}
    return {"libraries": versions, "documents_sha256": total.hexdigest()}


def _texts(library: str, minimum_words: int) -> set[str]:
    return {text for text in _all_texts(library) if len(text.split()) >= minimum_words}


@cache  # the data and their fingerprint rest on the same texts
def _all_texts(library: str) -> frozenset[str]:
    return frozenset(text for path in _modules(library) for text in _docstrings(path))


def _modules(library: str) -> Iterator[Path]:
    # The name of a subpackage would import the package above it.
    spec = None
    with suppress(ValueError):  # __main__ has none
        spec = find_spec(library) if library.isidentifier() else None
    if spec is None:
        raise DataError(
            f"libraries has {library[:60]!a}, which is not installed as a package of that name: "
            f"install it, or choose others such as numpy and scipy."
        )
    for folder in map(Path, spec.submodule_search_locations or ()):
        for path in sorted(folder.rglob("*.py")):
            if path.is_file() and "tests" not in path.relative_to(folder).parts:
                yield path


def _docstrings(path: Path) -> Iterator[str]:
    with suppress(*_UNREADABLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other people's escape sequences
        for node in ast.parse(path.read_bytes(), str(path)).body:
            if isinstance(node, _NAMED) and not node.name.startswith("_"):
                yield ast.get_docstring(node) or ""


def _version(library: str, owners: Mapping[str, list[str]]) -> str:
    """Version of the distribution that a package is from; of Python for its own packages."""
    found = owners.get(library)
    return version(found[0]) if found else f"Python {sys.version.split()[0]}"

"""A file of a data set of OpenML, accepted only with the content that was pinned."""

import hashlib
import json
import os
import tempfile
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from kkt_unlearning.errors import DataError, one_line

TIMEOUT = 30  # seconds without an answer
LARGEST_FILE = 100 * 2**20  # bytes


def openml_file(data_id: int, sha256: str, cache: str, server: str) -> bytes:
    """Dense ARFF file of a data set: from the cache, or from the server and into the cache.

    The server is asked ``/api/v1/json/data/{data_id}`` for the address of the file. What comes back
    is compared with the pinned checksum before anything reads it.

    Args:
        data_id: number of the data set at OpenML.
        sha256: SHA-256 of the file, 64 hexadecimal digits.
        cache: folder where the file is kept, as ``{sha256}.arff``; made where it is missing.
        server: address, such as ``https://www.openml.org``.

    Returns:
        Content of the file.

    Raises:
        DataError: the server cannot be reached or refuses, the file is not dense ARFF or too large,
            its content is not the pinned one, or the folder cannot be used.
    """
    sha256, server = sha256.lower(), server.rstrip("/")
    _check(sha256, server)
    kept = Path(cache) / f"{sha256}.arff"
    content = _cached(kept)
    if content is not None and _digest(content) == sha256:
        return content
    content = _downloaded(data_id, server, kept)
    if _digest(content) != sha256:
        raise DataError(
            f"sha256 is {sha256}, but the file of data_id {data_id} has {_digest(content)}: "
            "write this one if that is the file you mean."
        )
    try:
        _keep(content, kept)
    except (OSError, ValueError) as error:  # ValueError: of a name with a zero byte
        raise DataError(_unusable(kept, error)) from error
    return content


def _cached(kept: Path) -> bytes | None:
    try:
        return kept.read_bytes() if kept.is_file() else None
    except OSError as error:
        raise DataError(_unusable(kept, error)) from error


def _unusable(kept: Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return (
        f"cache is {one_line(kept.parent.as_posix())}, where no file can be kept ({one_line(reason)}): "
        "name a folder that can be written to."
    )


def _check(sha256: str, server: str) -> None:
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise DataError(
            f"sha256 is {sha256!r}, but must be 64 hexadecimal digits: write the checksum of the "
            "ARFF file."
        )
    if not server.startswith(("https://", "http://")):
        raise DataError(
            f"server is {server!r}, but must be an address that begins with https:// or http://: "
            "write https://www.openml.org."
        )


def _downloaded(data_id: int, server: str, kept: Path) -> bytes:
    def fetch(address: str) -> bytes:
        try:
            return _read(address)
        except HTTPError as error:
            error.close()  # it is an answer with a connection of its own
            raise DataError(
                f"data_id is {data_id}, but {server} answers {error.code} {error.reason} to "
                f"{address}: look the number up at {server}."
            ) from error
        except (OSError, HTTPException, ValueError) as error:  # ValueError: of a malformed address
            raise DataError(
                f"data_id is {data_id}, but {server} cannot be reached ({one_line(error)}): connect to the "
                f"internet, or put the file there yourself as {kept.as_posix()}."
            ) from error

    address = f"{server}/api/v1/json/data/{data_id}"
    return fetch(_address_of_file(fetch(address), address, server))


def _address_of_file(answer: bytes, address: str, server: str) -> str:
    try:
        described = json.loads(answer)["data_set_description"]
        kind, url = one_line(described["format"]), one_line(described["url"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{address} does not answer with a description of a data set: check server."
        ) from error
    if kind.lower() != "arff":
        raise DataError(
            f"{address} gives a file in the format {kind}, but only dense ARFF is read: "
            "choose another data set."
        )
    if not url.startswith(("https://", f"{server}/")):
        raise DataError(f"{address} gives the file {url}, but https is needed: check server.")
    return url


def _read(address: str) -> bytes:
    with urlopen(address, timeout=TIMEOUT) as answer:
        content = answer.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise DataError(
            f"{address} has more than {LARGEST_FILE} bytes, the largest file that is read: "
            "choose a smaller data set."
        )
    return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _keep(content: bytes, path: Path) -> None:
    """Write to another name first: a file that is there is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise

"""Parquet without another process for each file; ``test_parquet_file.py`` has the other process."""

import json
from collections.abc import Iterator

import pytest

from kkt_unlearning.formats import parquet_file, parquet_table


@pytest.fixture(scope="module")
def parquet_here() -> Iterator[None]:
    """Its reader runs in this process, without the limits of its own."""

    def answer(asked: bytes, name: str):
        first, _, content = asked.partition(b"\n")
        return parquet_table.table(content, *json.loads(first))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_table, "_limit", lambda _: None)
        patch.setattr(parquet_file, "_apart", answer)
        yield

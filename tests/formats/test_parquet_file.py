"""The other process that reads a ``.parquet``, and what becomes of it."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hostile import assert_one_sentence

from kkt_unlearning.errors import UserError
from kkt_unlearning.formats import parquet_file, read_data

X = np.array([[1.0, 0.1], [1 / 3, 2.5e-17], [-7.0, 1e10]])
Y = np.array([1.0, -1.0, 1.0])
ENDED = "its reader ran out of time or memory, or broke off"


def as_parquet(**columns) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns or {"ä": X[:, 0], "y": Y, "b": X[:, 1]}), file)
    return file.getvalue()


def refusal(content: bytes, name: str = "D.parquet") -> str:
    with pytest.raises(UserError) as error:
        read_data(io.BytesIO(content), name)
    assert_one_sentence(str(error.value))
    return str(error.value)


def test_numbers_come_back_as_they_were():
    data = read_data(io.BytesIO(as_parquet()), "D.parquet")
    assert np.array_equal(data.X, X) and np.array_equal(data.y, Y)


def test_a_sentence_comes_back_as_it_was():
    found = refusal(as_parquet(ä=[1.0], b=[2.0]), "$(é) D.parquet")
    assert found.startswith(
        "$(é) D.parquet has no column 'y' of labels, its columns are ä, b: rename"
    )


CHANGES = {
    "memory": ("_numbers = lambda *_: bytes(2**33)", "MemoryError"),
    "time": ("_SECONDS, parquet_table._numbers = 1, lambda *_: any(iter(int, 1))", ENDED),
    "a fault": ("_numbers = lambda *_: os.abort()", ENDED),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_reader_that_goes_on_for_ever_is_ended(case, monkeypatch, tmp_path):
    change, reason = CHANGES[case]
    (tmp_path / "changed.py").write_text(
        "import os\nfrom kkt_unlearning.formats import parquet_table\n"
        f"parquet_table.{change}\nparquet_table.main()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(parquet_file, "_READER", "changed")
    assert f"is not a Parquet file, or a damaged one ({reason}): save" in refusal(as_parquet())

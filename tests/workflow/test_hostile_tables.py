"""Results that something has changed on the disk: read as they are, or one sentence; nothing else."""

import io

import numpy as np
from _hashes import sealed, sha256
from _storage import StorageError, read_arrays, read_table, write_table
from _tables import rounded
from hostile import EXAMPLES, assert_one_sentence, outcomes, texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

fuzzed = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

TABLE = b'seed,epsilon,ok,forget\n0,0.30000000000000004,True,"3,5"\n1,nan,False,0\n'


@st.composite
def damaged(draw, content):
    """The content cut short, or with some bytes changed, added or taken out."""
    content = bytearray(content[: draw(st.integers(0, len(content)) | st.just(len(content)))])
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(content)


def record(path):
    """A record that the file fits, so that whoever reads it gets beyond the hash."""
    text = sealed({"outputs": {path.name: sha256(path)}})
    path.with_name(f"{path.stem}.provenance.json").write_text(text)


def outcome(what, read, path):
    record(path)
    try:
        found = read(path)
        outcomes[what, "accepted"] += 1
    except StorageError as error:
        assert_one_sentence(str(error).replace(str(path), path.name))
        outcomes[what, "refused"] += 1
        return None
    return found


@fuzzed
@given(content=damaged(TABLE) | st.binary(max_size=60) | st.just(b"a\n" + b"x" * 200_000))
def test_tables_with_changed_bytes(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    table = outcome("tables", read_table, path)
    assert table is None or all(column.dtype.kind in "ifbU" for column in table.values())


@fuzzed
@given(cells=st.lists(texts, min_size=1, max_size=4))
def test_a_table_of_any_text_comes_back(tmp_path, cells):
    # Python 3.11's csv does not quote a lone carriage return, and NumPy drops zeros at the end of a
    # text: no name that the configuration accepts has either.
    plain = str.maketrans("", "", "\r\0")
    cells = [cell.encode(errors="replace").decode().translate(plain) for cell in cells]
    write_table(tmp_path / "table.csv", {"a": ["text", *cells]})
    record(tmp_path / "table.csv")
    assert read_table(tmp_path / "table.csv")["a"].tolist() == ["text", *cells]


@fuzzed
@given(cell=texts | st.text("0123456789.e+-_naif", max_size=30))
def test_any_cell_is_rounded(cell):
    assert isinstance(rounded(cell), str)


def arrays() -> bytes:
    file = io.BytesIO()
    np.savez(file, W=np.arange(6.0).reshape(2, 3), losses=np.ones(2))
    return file.getvalue()


@fuzzed
@given(content=damaged(arrays()))
def test_arrays_with_changed_bytes(tmp_path, content):
    path = tmp_path / "arrays.npz"
    path.write_bytes(content)
    found = outcome("intermediate arrays", read_arrays, path)
    assert found is None or all(array.dtype.kind != "O" for array in found.values())

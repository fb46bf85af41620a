"""What an archive of somebody else would take is counted, and no less than it takes."""

import csv
import io
import json
import tarfile
import tracemalloc

import pytest

from kkt_unlearning.datasets import memory
from workflow.support.records import unpacking
from workflow.support.records.pages import reader
from workflow.support.records.unpacking import ArchiveError, members

MANY = 20_000


@pytest.fixture
def megabytes(monkeypatch):
    """Sets the memory that the process may use."""

    def allow(number: int) -> None:
        monkeypatch.setattr(memory, "container_limits", lambda: (number * 10**6,))

    return allow


def peak(call, *arguments) -> int:
    """Bytes that were held at the same time during a call, whatever became of it."""
    tracemalloc.start()
    try:
        call(*arguments)
    except (ArchiveError, ValueError):
        pass
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return most


@pytest.fixture
def archive(tmp_path):
    """An archive of one file."""

    def packed(name: str, content: bytes):
        with tarfile.open(tmp_path / "archive.tar", "w") as made:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
        return tmp_path / "archive.tar"

    return packed


def twice(text: str) -> object:
    """What checking a record does: its content, and that again from the text that it gives."""
    content = json.loads(text)
    return content, json.loads(json.dumps(content))


@pytest.mark.parametrize("item", ["[]", "{}", '{"":0}', '{"a":[]}', "1.5", "0", '"ab"'])
def test_what_is_counted_of_json_is_no_less_than_it_takes(item):
    text = f"[{','.join([item] * MANY)}]"
    assert unpacking._read("a.json", text.encode()) >= peak(twice, text)


@pytest.mark.parametrize("line", ["\n", "a\n", ",,,\n", "1.25,xy\n", '"a""b",\r\n'])
def test_what_is_counted_of_a_table_is_no_less_than_it_takes(line):
    text = line * MANY
    taken = peak(lambda: [*zip(*csv.reader(io.StringIO(text, newline="")), strict=False)])
    assert unpacking._read("a.csv", text.encode()) >= taken


def test_texts_are_counted_before_they_are_read_and_the_archive_before_them(archive, megabytes):
    content = b"[" + b"[]," * MANY + b"0]"
    megabytes(2)
    assert members(archive("a.png", content))["a.png"] == content
    for name in ("a.json", "a.csv"):
        with pytest.raises(
            ArchiveError, match=rf"'{name}', with .* would need 0\.0\d* GB of memory, but"
        ):
            members(archive(name, content))
    megabytes(0)
    with pytest.raises(ArchiveError, match=r"archive\.tar, with what comes before it, would need"):
        members(archive("a.png", content))


def test_a_cell_as_long_as_a_book_is_counted_for_each_row(megabytes):
    """All cells of a column of text are as long as its longest: half a megabyte for each row of this one."""
    table = b"a\n" + b"x" * 131_000 + b"\n" + b"x\n" * 500
    megabytes(100)

    def refused():
        with pytest.raises(ArchiveError, match=r"the table 'zz', with .* would need 0\.78. GB"):
            reader({"results/tables/zz.csv": table})("results/tables/zz.csv")

    assert peak(refused) < 10**7

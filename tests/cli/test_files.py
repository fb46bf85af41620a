import os

import pytest

from kkt_unlearning.cli.files import New, read, written
from kkt_unlearning.errors import DataError


def content(file, name):
    return name, file.read()


def test_a_file_is_given_to_its_reader_with_its_name(tmp_path):
    path = tmp_path / "D.npz"
    path.write_bytes(b"bytes")
    assert read(str(path), content) == (str(path), b"bytes")


def test_what_is_no_file_is_refused(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, tmp_path / "none", pipe, "a\0b", ""):
        with pytest.raises(DataError, match=r"cannot be read .*: name a file that can") as error:
            read(str(path), content)
        assert str(error.value).isprintable()


def test_what_it_is_instead_of_a_file_is_said(tmp_path):
    for path, reason in (
        (tmp_path, f"{tmp_path} cannot be read (it is a folder, not a file)"),
        (os.devnull, f"{os.devnull} cannot be read (it is no regular file)"),
        ("none.npz", "none.npz cannot be read (there is no such file or folder)"),
        ("none.npz/D.npz", "none.npz/D.npz cannot be read (there is no such file or folder)"),
        ("", "'' cannot be read (there is no such file or folder)"),
        (" ", "' ' cannot be read (there is no such file or folder)"),
    ):
        with pytest.raises(DataError) as error:
            read(str(path), content)
        assert str(error.value) == f"{reason}: name a file that can."
    with pytest.raises(DataError, match=r"^'' cannot be written"):
        write("", b"new")


def write(path, content, *besides):
    with written([New(str(path), content, besides)]):
        pass


def test_writing_replaces_the_whole_file(tmp_path):
    path = tmp_path / "U.npz"
    write(path, b"old")
    write(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_what_was_read_is_not_written_over(tmp_path):
    path = tmp_path / "W.npz"
    path.write_bytes(b"weights")
    (tmp_path / "link").symlink_to(path)
    for name in (path, tmp_path / "link", tmp_path / "." / "W.npz"):
        with pytest.raises(DataError, match="was read as well"):
            write(name, b"new", str(path))
    assert path.read_bytes() == b"weights"


def test_what_was_read_may_have_been_removed_since(tmp_path):
    out, gone = tmp_path / "out", str(tmp_path / "gone")
    out.write_bytes(b"old")
    with written([New(str(out), b"new", (gone,))]):
        pass
    assert out.read_bytes() == b"new"


def test_a_place_that_cannot_be_written_is_refused_and_nothing_is_left(tmp_path):
    for path in (tmp_path / "none" / "U.npz", tmp_path, "a\0b", ""):
        with pytest.raises(DataError, match="cannot be written"):
            write(path, b"new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_nothing_is_written_where_what_is_done_meanwhile_fails(tmp_path, failure):
    (tmp_path / "U.npz").write_bytes(b"old")
    new = [New(str(tmp_path / name), b"new", ()) for name in ("U.npz", "P.png")]
    with pytest.raises(failure), written(new):
        assert (tmp_path / "U.npz").read_bytes() == b"old"
        raise failure
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"U.npz": b"old"}


def test_all_files_or_none(tmp_path):
    new = [New(str(tmp_path / name), b"new", ()) for name in ("U.npz", "none/P.png")]
    with pytest.raises(DataError, match="cannot be written"), written(new):
        pytest.fail("it was begun")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_nothing_can_have_is_refused_before_anything_else(tmp_path):
    """Not at the end, by the renaming: by then the answer is printed."""
    read_as_well = tmp_path / "D.npz"
    read_as_well.write_bytes(b"data")
    pipe, loop = tmp_path / "pipe", tmp_path / "loop"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    before = sorted(tmp_path.iterdir())
    for path in ("a" * 300, "D.npz/U.npz", "pipe", "loop", os.devnull, f"{os.devnull}/U.npz"):
        with (
            pytest.raises(DataError, match=r"cannot be written .*: name a file in a folder"),
            written([New(str(tmp_path / path), b"new", (str(read_as_well),))]),
        ):
            pytest.fail("what is done meanwhile")
    assert sorted(tmp_path.iterdir()) == before

"""Files of data that mean harm: a data set or one sentence, whatever the bytes; nothing runs."""

import io
import json
import struct
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest
from hostile import (
    EXAMPLES,
    PAYLOADS,
    archive,
    damaged,
    declared,
    everything_in,
    outcome,
    saved,
    texts,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kkt_unlearning.datasets import corpus, describe, download
from kkt_unlearning.datasets.archive import read_archive
from kkt_unlearning.datasets.geometry import near_orthogonality
from kkt_unlearning.datasets.openml import read_arff

X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
Y = np.array([1.0, -1.0, 1.0])


def archive_outcome(content: bytes, replicates: int = 2) -> str:
    found = outcome("archives", read_archive, io.BytesIO(content), "mine.npz", replicates)
    assert found == "accepted" or found.startswith("mine.npz")
    return found


WHOLE = {
    "stored": saved(X=X, y=Y, X_fresh=X, y_fresh=Y),
    "deflated": archive(
        {
            "X.npy": declared((3, 2), content=X.tobytes()),
            "y.npy": declared((3,), "<f8", Y.tobytes()),
        },
        zipfile.ZIP_DEFLATED,
    ),
}


@settings(max_examples=EXAMPLES)
@given(content=st.sampled_from(sorted(WHOLE)).flatmap(lambda name: damaged(WHOLE[name])))
def test_archives_with_changed_bytes(content):
    archive_outcome(content)


shapes = st.lists(st.sampled_from([0, 1, 2, 3, -1, 10**6, 2**31, 2**63, 10**30]), max_size=4)
KINDS = ["<f8", ">f8", "<f2", "<f4", "<f16", "<c16", "|b1", "|i1", "<u8", "|O", "<U9", "|S3"]
kinds = st.sampled_from([*KINDS, "<M8[s]", "|V8", "<f99999", "f8,f8", "os.system"])


@settings(max_examples=EXAMPLES)
@given(shape=shapes, kind=kinds, content=st.binary(max_size=64), fortran=st.booleans())
# of extended precision, and no number in it
@example(shape=[], kind="<f16", content=bytes(9) + b"\x01" + bytes(6), fortran=False)
def test_arrays_that_declare_what_they_like(shape, kind, content, fortran):
    member = declared(tuple(shape), kind, content, fortran)
    archive_outcome(archive({"X.npy": member, "y.npy": declared((3,), "<f8", Y.tobytes())}))
    archive_outcome(archive({"X.npy": declared((3, 2), "<f8", X.tobytes()), "y.npy": member}))


@settings(max_examples=EXAMPLES)
@given(
    values=st.lists(
        st.floats(width=64) | st.sampled_from([1e308, -1e308, 5e-324, 0.0, 1.0]),
        min_size=4,
        max_size=4,
    ),
    labels=st.just([1.0, -1.0])
    | st.lists(st.sampled_from([-1.0, 1.0, 0.0, 2.0, np.nan, np.inf]), max_size=3),
    kind=st.sampled_from([np.float64, np.float16, np.longdouble, np.complex128]),
)
def test_numbers_that_are_none(values, labels, kind):
    with np.errstate(over="ignore"):
        features = np.array(values).reshape(2, 2).astype(kind)
    content = saved(X=features, y=np.array(labels))
    if archive_outcome(content) == "accepted":
        psi, phi = near_orthogonality(read_archive(io.BytesIO(content), "mine.npz", 1).X)
        assert np.isfinite([psi, phi]).all()


@pytest.mark.parametrize("scale", [1e300, 9e153, 1e150, 1e51, 1e-51, 1e-150, 1e-160, 5e-324])
@pytest.mark.parametrize("key", ["X", "X_fresh"])
def test_norms_whose_products_float64_does_not_hold(scale, key):
    arrays = {"X": X, "y": Y, "X_fresh": X, "y_fresh": Y}
    found = archive_outcome(saved(**arrays | {key: X * scale}))
    assert f"the longest row of {key}, row " in found


@pytest.mark.parametrize("scale", [1e49, 1e-49])
def test_norms_whose_products_float64_holds(scale):
    dataset = read_archive(io.BytesIO(saved(X=X * scale, y=Y, X_fresh=0 * X, y_fresh=Y)), "m", 1)
    described = describe(dataset)
    np.testing.assert_allclose(described["phi"], scale**2, rtol=1e-12)


BOMBS = {
    "a few bytes that declare all": archive({"X.npy": declared((10**6, 10**7)), "y.npy": b""}),
    "more than numbers can count": archive({"X.npy": declared((10**30, 2)), "y.npy": b""}),
    "more than a float can count": archive({"X.npy": declared((10**400, 2)), "y.npy": b""}),
    "labels alone": archive({"X.npy": b"", "y.npy": declared((10**13,))}),
    "fresh samples": archive(
        {
            "X.npy": declared((3, 2), "<f8", X.tobytes()),
            "y.npy": declared((3,), "<f8", Y.tobytes()),
            "X_fresh.npy": declared((10**13, 2)),
        }
    ),
    "a byte each, eight as float64": archive({"X.npy": declared((10**12, 1), "|i1"), "y.npy": b""}),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_an_archive_that_would_fill_the_memory_is_refused_before_it_does(bomb):
    found = archive_outcome(BOMBS[bomb])
    assert "would need" in found and "GB of memory" in found


DECLARED = declared((10**6, 10**7))
Y_MEMBER = declared((3,), "<f8", Y.tobytes())


@pytest.mark.parametrize(
    "members",
    [
        {"X.npy": DECLARED[:6] + b"\3" + DECLARED[7:], "y.npy": Y_MEMBER},
        {"X": DECLARED, "y.npy": Y_MEMBER},
    ],
    ids=["format 3.0", "no ending"],
)
def test_the_size_read_beforehand_is_that_of_the_array_numpy_would_read(members):
    assert "would need 2.4e+05 GB of memory" in archive_outcome(archive(members))


NOT_BEGUN = {
    "a header without end": (b"\x93NUMPY\2\0" + struct.pack("<I", 2**26), "its header has"),
    "no array": (b"", "it does not begin as an array of NumPy does"),
    "one entry of text": (declared((1,), "<U16000000"), "has dtype <U16000000"),
    "one entry of bytes": (declared((1,), "|V60000000"), "has dtype"),
}


@pytest.mark.parametrize("bomb", NOT_BEGUN)
def test_what_is_no_array_of_numbers_is_refused_before_it_is_unpacked(bomb):
    start, reason = NOT_BEGUN[bomb]
    content = archive({"X.npy": start + bytes(2**26), "y.npy": Y_MEMBER}, zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    found = archive_outcome(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reason in found
    assert peak < 2**24


def test_replicates_count_as_well():
    found = archive_outcome(WHOLE["stored"], 10**12)
    assert "would need 1.44e+05 GB of memory with all replicates" in found


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_unpack_without_a_limit_are_refused(method):
    content = archive({"X.npy": declared((3, 2), "<f8", X.tobytes()), "y.npy": Y_MEMBER}, method)
    assert f"the member 'X.npy' is packed by method {method}" in archive_outcome(content)


def test_a_list_of_members_that_would_fill_the_memory_is_not_read():
    members = {f"{i:060000}": b"" for i in range(80)}  # 5 MB of names
    assert "is not an .npz archive" in archive_outcome(archive(members))


HEADERS = {
    "an open parenthesis": "(",
    "parentheses alone": "(" * 9000,
    "a key twice": "{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
    "a key too few": "{'descr': '<f8', 'shape': (3,), }",
    "something behind it": "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), } + 1",
    "a call": "{'descr': str(8), 'fortran_order': False, 'shape': (3,), }",
    "a size that is none": "{'descr': '<f8', 'fortran_order': False, 'shape': (3.0,), }",
    "fields": "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,), }",
    "nothing": "",
}


def with_header(text: str) -> bytes:
    header = text.encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + Y.tobytes()


@pytest.mark.parametrize("case", HEADERS)
def test_a_header_that_is_none(case):
    found = archive_outcome(
        archive({"X.npy": declared((3, 2)), "y.npy": with_header(HEADERS[case])})
    )
    assert found.startswith("mine.npz: y cannot be read (its header is ")


@pytest.mark.parametrize(
    "header",
    [
        "{'shape': (3,), 'fortran_order': False, 'descr': '<f8'}",
        '{"descr":"<f8","fortran_order":False,"shape":(3L,)}',
        "{'descr': '=f8' , 'fortran_order': True , 'shape': ( 3 ) , }  ",
    ],
)
def test_headers_of_other_writers(header):
    members = {"X.npy": declared((3, 2), "<f8", X.tobytes()), "y.npy": with_header(header)}
    assert archive_outcome(archive(members)) == "accepted"


@pytest.mark.parametrize("other", ["X", "X.npy"])
def test_an_array_that_is_there_twice_is_refused(other):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as whole, warnings.catch_warnings(action="ignore"):
        for name in ("X.npy", other, "y.npy"):
            whole.writestr(name, Y_MEMBER)
    assert "it is unclear which of them counts" in archive_outcome(file.getvalue())


@pytest.mark.parametrize("content", [Y.tobytes()[:-1], Y.tobytes() + b"\0"])
def test_a_member_of_another_size_than_its_array(content):
    members = {
        "X.npy": declared((3, 2), "<f8", X.tobytes()),
        "y.npy": declared((3,), "<f8", content),
    }
    assert "y cannot be read (" in archive_outcome(archive(members))


def test_members_are_never_unpacked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    members = {f"{name}.npy": b"harm" for name in ["../pwned", "/tmp/pwned", "..", "a\nb"]}
    found = archive_outcome(archive(members))
    assert "the array X is missing" in found
    assert everything_in(tmp_path) == {}


def test_an_encrypted_member_is_refused():
    content = bytearray(WHOLE["stored"])
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(mark) + offset
        content[place : place + 2] = struct.pack("<H", 1)
    assert "damaged" in archive_outcome(bytes(content))


def test_an_array_behind_an_array_is_no_archive():
    single = io.BytesIO()
    np.save(single, X)
    assert "is not an .npz archive" in archive_outcome(single.getvalue())
    archive_outcome(single.getvalue() + WHOLE["stored"])


ARFF = b"""% a comment
@RELATION fruit
@ATTRIBUTE weight REAL
@ATTRIBUTE 'skin colour' {red, 'dark green'}
@ATTRIBUTE class {apple, pear}
@DATA
1.0,red,apple
2.0,'dark green',pear
?,red,apple
"""
LINES = [
    b"@attribute class {apple, pear}",
    b"@attribute when DATE yyyy-MM-dd",
    b"@attribute when DATE",
    b"@attribute name string",
    b"@attribute inner relational",
    b"@attribute x {",
    b"@attribute x {}",
    b"@attribute",
    b"@data",
    b"@end",
    b"1e400,red,apple",
    b"nan,red,apple",
    b"-inf,red,pear",
    b"{0 1.0, 2 apple}",
    b"'1,red,apple",
    b"1" * 5000 + b",red,apple",
    b"\xff\xfe,red,apple",
    "1.0,röd,äpple".encode(),
    b"1.0,red\x00,apple",
    b",,",
    b"1.0,red,apple,more",
]


@st.composite
def arff_files(draw):
    lines = ARFF.splitlines()
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        lines[place : place + draw(st.integers(0, 1))] = [draw(st.sampled_from(LINES))]
    return draw(damaged(b"\n".join(lines) + b"\n"))


@settings(max_examples=EXAMPLES)
@given(content=arff_files(), target=st.sampled_from(["class", "weight", "skin colour"]) | texts)
@example(content=ARFF.replace(b"2.0", b"2\r.0"), target="class")
def test_arff_files(content, target):
    outcome("ARFF", read_arff, content, target, "fruit")


def test_nominal_values_that_would_fill_the_memory_are_not_spread_out():
    values = b",".join(b"v%d" % value for value in range(20_000))
    header = b"@relation r\n@attribute a {" + values + b"}\n@attribute class {x,y}\n@data\n"
    found = outcome("ARFF", read_arff, header + b"v1,x\n" * 6_000, "class", "fruit")
    assert "has 6000 rows and 20000 features" in found
    assert outcome("ARFF", read_arff, header + b"v1,x\n" * 60, "class", "fruit") == "accepted"


def test_blank_lines_take_no_longer_than_others():
    # Were each line read on to the end of all, this would not end within the time of a test run.
    content = ARFF.replace(b"@DATA", b"\n" * 1_000_000 + b"@DATA")
    assert outcome("ARFF", read_arff, content, "class", "fruit") == "accepted"


DESCRIBED = {"data_set_description": {"format": "ARFF", "url": "https://www.openml.org/x.arff"}}


@settings(max_examples=EXAMPLES)
@given(
    content=damaged(json.dumps(DESCRIBED).encode())
    | st.builds(
        lambda kind, url: json.dumps(
            {"data_set_description": {"format": kind, "url": url}}
        ).encode(),
        st.just("ARFF") | texts,
        texts | texts.map("https://{}".format),
    )
    | st.sampled_from([b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"null", b"\xef\xbb\xbf{}"])
)
def test_answers_of_a_server(content):
    outcome("JSON", download._address_of_file, content, "http://here/7", "http://here")


@pytest.mark.parametrize(
    "url", ["https://[", "https://a b/\n", "https://\u202e/", "https://h:port/x"]
)
def test_addresses_that_lead_nowhere(url, tmp_path):
    answer = json.dumps({"data_set_description": {"format": "ARFF", "url": url}}).encode()
    answers = {"https://here/api/v1/json/data/7": answer}

    def read(address):
        return answers[address] if address in answers else real(address)

    real = download._read
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(download, "_read", read)
        call = (download.openml_file, 7, "0" * 64, str(tmp_path / "kept"), "https://here")
        assert outcome("JSON", *call) != "accepted"
    assert everything_in(tmp_path) == {}


SOURCES = {
    "whole.py": b'def speak():\n    """Say a few words about nothing in particular."""\n',
    "broken.py": b"def (",
    "zero.py": b"x = '\0'",
    "latin.py": b"def f():\n    '''caf\xe9'''\n",
    "coded.py": b"# coding: no-such-codec\n",
    "deep.py": b"(" * 100_000,
    "nested.py": b"x = " + b"-" * 100_000 + b"1",
    "digits.py": b"x = " + b"9" * 5000,
    "surrogate.py": b'def f():\n    """one \\ud800 two three four five six"""\n',
    "harm.py": b"open('pwned', 'w')\n",
}


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A package of the name ``hostile_library`` with files that cannot all be read."""
    folder = tmp_path / "hostile_library"
    (folder / "folder.py").mkdir(parents=True)
    (folder / "__init__.py").write_bytes(b"open('pwned', 'w')")
    (folder / "nowhere.py").symlink_to(tmp_path / "absent")
    for name, content in SOURCES.items():
        (folder / name).write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return folder


def test_docstrings_of_files_that_cannot_be_read(library):
    before = everything_in(library.parent)
    texts, _ = corpus.documents(["hostile_library", "kkt_unlearning"], 5)
    assert "Say a few words about nothing in particular." in texts
    assert corpus.fingerprint(["hostile_library", "kkt_unlearning"], 5)["documents_sha256"]
    assert everything_in(library.parent) == before


@settings(max_examples=EXAMPLES)
@given(content=damaged(SOURCES["whole.py"] + SOURCES["surrogate.py"]))
def test_docstrings_of_damaged_files(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "damaged.py"
    path.write_bytes(content)
    assert all(isinstance(text, str) for text in corpus._docstrings(path))


@pytest.mark.parametrize(
    "name", [*PAYLOADS, "__main__", "sys", "os.path", "numpy.linalg", "__future__"]
)
def test_names_of_libraries(name):
    assert outcome("libraries", corpus.documents, [name, "kkt_unlearning"], 3) != "accepted"

"""An archive is the same bytes each time, and what is wrong with one is one sentence."""

import hashlib
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _hashes import SUFFIX, basis, given, sealed, unsealed, written

from workflow import archive
from workflow.archive import SUMS, described, pack, sums, verify
from workflow.support.places.sources import Sources
from workflow.support.records import unpacking
from workflow.support.records.crate import METADATA
from workflow.support.records.manifest import commit, manifest
from workflow.support.records.unpacking import ArchiveError, members

ROOT = Path(__file__).parents[2]
TINY = ROOT / "config/tiny.yaml"


def tar(files: dict[str, bytes], change: Callable = lambda member: member) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(change(member), io.BytesIO(content))
    return buffer.getvalue()


def refused(path: Path, content: bytes, check: Callable = members) -> str:
    path.write_bytes(content)
    with pytest.raises(ArchiveError) as caught:
        check(path)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text
    return text


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> Iterator[None]:
    """The code here stays as it is: what results rest on is read once, not again for every archive."""
    found = Sources(ROOT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "Sources", lambda root: found)
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.tar"


def test_plain_files_are_read(path):
    path.write_bytes(tar({"results/a.csv": b"a\n", "b": b""}))
    assert members(path) == {"results/a.csv": b"a\n", "b": b""}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/etc/passwd", "'/etc/passwd' is an absolute path"),
        ("results/../../x", "leads out of the archive"),
        ("..", "leads out of the archive"),
        ("a\nb", "is no plain name"),
        ("a\\b", "is no plain name"),
        ("./a", "is no plain name"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(path, name, said):
    assert said in refused(path, tar({name: b""}))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_links_folders_and_devices_are_refused(path, kind):
    def change(member):
        member.type, member.linkname = kind, "/etc/passwd"
        return member

    assert "is a link, folder or device" in refused(path, tar({"a": b""}, change))


def test_a_file_that_is_there_twice_is_refused(path):
    twice = tar({"a": b"1"})[:1024] + tar({"a": b"2"})
    assert "is there twice" in refused(path, twice)


def test_a_size_that_is_only_claimed_is_refused_before_it_is_read(path):
    header = tarfile.TarInfo("a")
    header.size = 10**15
    content = header.tobuf(tarfile.GNU_FORMAT) + bytes(1024)
    assert "says that it has 1000000000000000 bytes" in refused(path, content)


def test_an_archive_cut_short_is_refused(path):
    whole = tar({"a": bytes(5000)})
    assert refused(path, whole[:2000])
    assert refused(path, whole[:300])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no tar at all" * 100, bytes(10240)])
def test_what_is_no_tar_is_refused(path, content):
    assert refused(path, content)


@pytest.mark.parametrize(("kind", "content"), [(b"L", b"a\0"), (b"x", b"11 path=ab\n")])
def test_headers_that_stand_for_headers_without_end_are_refused(path, kind, content):
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = kind, len(content)
    one = header.tobuf(tarfile.GNU_FORMAT) + content.ljust(512, b"\0")
    assert "is damaged" in refused(path, one * 3000 + tar({"a": b""}))


def test_too_much_is_refused(path, monkeypatch):
    content = tar({"a": b"", "b": b""})
    monkeypatch.setattr(unpacking, "MOST_FILES", 1)
    assert "more than 1 files" in refused(path, content)
    monkeypatch.setattr(unpacking, "LARGEST_ARCHIVE", 1000)
    assert "more than 1000 bytes" in refused(path, content)


def with_sums(**files: bytes) -> bytes:
    return tar(files | {SUMS: sums(files)})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (tar({"a": b"1"}), "SHA256SUMS is missing"),
        (tar({"a": b"1", SUMS: sums({"a": b"2"})}), "'a' is not what SHA256SUMS says"),
        (tar({"a": b"1", SUMS: b""}), "'a' is not what SHA256SUMS says"),
        (tar({SUMS: sums({"a": b"1"})}), "'a' is missing"),
        (tar({SUMS: b"\xff\xfe"}), "SHA256SUMS is not what make archive writes"),
        (with_sums(a=b"1"), "configuration.json is missing"),
        (with_sums(**{"configuration.json": b"{"}), "'configuration.json' is no JSON"),
        (with_sums(**{"configuration.json": b"[" * 10**5}), "'configuration.json' is no JSON"),
        (with_sums(**{"configuration.json": b"[]"}), "is no JSON object"),
        (with_sums(**{"configuration.json": b"{}"}), "configuration.json, "),
    ],
)
def test_an_archive_that_is_not_ours_is_refused(path, content, said):
    assert said in refused(path, content, verify)


@pytest.fixture(scope="session")
def packed(finished) -> bytes:
    return pack(finished.folder, [TINY])


def changed(packed: bytes, path: Path, **contents: bytes | None) -> bytes:
    """The archive with other files in it, or without those that are None, and sums that fit."""
    path.write_bytes(packed)
    files = {name: content for name, content in members(path).items() if name != SUMS} | contents
    return repacked({name: content for name, content in files.items() if content is not None})


def repacked(files: dict[str, bytes]) -> bytes:
    return tar(dict(sorted((files | {SUMS: sums(files)}).items())))


def test_packing_again_gives_the_same_bytes(finished, packed, tmp_path):
    moved = tmp_path / "moved"
    assert pack(finished.folder, [TINY]) == packed
    (moved / "results").mkdir(parents=True)
    for name in ("results", "paper_figures", "docs"):
        _copied(finished.folder / name, moved / name)
    assert pack(moved, [TINY]) == packed


def _copied(source: Path, target: Path) -> None:
    """Copies with other times, written in another order."""
    for path in sorted(source.rglob("*"), reverse=True):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())


def test_everything_is_in_it_and_nothing_of_the_machine(finished, packed, path):
    path.write_bytes(packed)
    files = members(path)
    assert {"results/scorecard.csv", "paper_figures/kinks.pdf", "docs/findings.md"} <= files.keys()
    assert {"envs/requirements.lock", "configuration.json", "manifest.json"} <= files.keys()
    assert {"results/explorer.html", "results/explorer.provenance.json"} <= files.keys()
    assert "results/kinks/base/two_layer/constant/trained.provenance.json" in files
    assert not [name for name in files if "/logs/" in name or name.endswith(".npz")]
    assert str(finished.folder).encode() not in packed
    assert str(ROOT).encode() not in packed
    manifest = json.loads(files["manifest.json"])
    assert manifest["seeds"] == [1]
    assert manifest["backends"] == ["numpy"]
    assert len(manifest["versions"]) == 1
    assert len(manifest["code"]["train"]) == 1


def test_what_an_earlier_configuration_left_is_not_in_it(after, packed):
    project = after()
    for name in (
        "results/tables/earlier.csv",
        "results/kinks/earlier/dataset.provenance.json",
        RECORD.replace("kkt", "earlier"),
    ):
        (project.folder / name).parent.mkdir(exist_ok=True)
        (project.folder / name).write_text("{}")
    assert pack(project.folder, [TINY]) == packed


def test_a_table_that_is_missing_is_told(after):
    project = after()
    (project.folder / "results/tables/kinks.csv").unlink(missing_ok=True)
    (project.folder / "results/tables/kinks.stationarity.csv").unlink()
    with pytest.raises(ArchiveError, match=r"kinks\.stationarity\.csv is missing: run snakemake"):
        pack(project.folder, [TINY])


def test_results_of_another_configuration_are_not_packed(finished, tmp_path):
    other = tmp_path / "thresholds.yaml"
    other.write_text("claims: {linear_cosine_rate: {at_least: 0.75}}\n")
    with pytest.raises(
        ArchiveError, match=r"scorecard.*other settings than .*: run snakemake with"
    ):
        pack(finished.folder, [TINY, other])


def test_a_whole_archive_is_verified(packed, path):
    path.write_bytes(packed)
    said = verify(path)
    assert "files have their sums" in said
    assert " held" in said


RECORD = "results/kinks/base/two_layer/constant/kkt.provenance.json"
TABLE = "results/tables/kinks.stationarity.csv"
TABLE_RECORD = "results/tables/kinks.stationarity.provenance.json"


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ({"paper_figures/kinks.pdf": b"%PDF"}, "'paper_figures/kinks.pdf' is not the file that"),
        ({"docs/findings.md": b"all replicated"}, "'docs/findings.md' is not the file that"),
        ({"paper_figures/kinks.pdf": None}, "'paper_figures/kinks.pdf' is missing"),
        ({TABLE: b"x\n"}, f"{TABLE!r} is not the file that 'results/"),
        ({"results/figures/kinks.provenance.json": None}, "kinks.provenance.json' is missing"),
        ({TABLE_RECORD: None}, f"{TABLE_RECORD!r} is missing"),
        ({RECORD: None}, f"{RECORD!r} is missing"),
        ({RECORD: b"{}"}, f"{RECORD!r} is not what its job wrote"),
        ({RECORD: sealed({"outputs": []}).encode()}, f"{RECORD!r} is not what its job wrote"),
        (
            {"results/earlier.provenance.json": sealed({}).encode()},
            "'results/earlier.provenance.json' is no file that configuration.json asks",
        ),
        (
            {"results/more.csv": b"x\n"},
            "'results/more.csv' is no file that configuration.json asks",
        ),
        ({"more.csv": b"x\n"}, "'more.csv' is no file that configuration.json asks"),
        ({"envs/requirements.lock": None}, "'envs/requirements.lock' is missing"),
        ({"manifest.json": b"{}"}, "manifest.json is not what the records say"),
        ({"manifest.json": None}, "'manifest.json' is missing"),
        ({METADATA: b"{}"}, f"{METADATA}, line 1: it does not follow from the other files."),
        ({METADATA: None}, f"{METADATA!r} is missing"),
        ({"codemeta.json": b"{}"}, "'codemeta.json' is not the file here: check out the commit"),
        ({"Snakefile": b""}, "'Snakefile' is not the file here: check out the commit"),
        ({"envs/requirements.lock": b""}, f"{METADATA}, line "),
    ],
)
def test_what_does_not_fit_together_is_refused_although_the_sums_fit(packed, path, contents, said):
    assert said in refused(path, changed(packed, path, **contents), verify)


Files = dict[str, bytes]


def forged(packed: bytes, path: Path, forge: Callable[[Files], None]) -> bytes:
    """The archive with other content, for which every hash, the manifest and the sums are done again."""
    path.write_bytes(packed)
    files = members(path)
    del files[SUMS]
    forge(files)
    before: Files = {}
    while before != files:  # what a record rests on stands in other records
        before = dict(files)
        records = {name: unsealed(files[name]) for name in files if name.endswith(SUFFIX)}
        owners = {
            path: given(found)
            for name, found in records.items()
            for path in (name, *written(name, found))
        }
        for name, found in records.items():
            files[name] = _fitting(name, found, owners, before)
    said = json.loads(files["manifest.json"])
    files["manifest.json"] = archive._json(manifest(records, said["commit"]))
    files[METADATA] = described(files)
    return repacked(files)


def _fitting(name: str, record: dict, owners: dict[str, str], files: Files) -> bytes:
    """A record with the hashes that its files have, and what its inputs were given."""

    def now(path: str, digest: str) -> str:
        return hashlib.sha256(files[path]).hexdigest() if path in files else digest

    outputs = written(name, record).items()
    named = zip(record["outputs"], outputs, strict=True)
    fitting = {
        "inputs": {path: now(path, digest) for path, digest in record["inputs"].items()},
        "outputs": {key: now(path, digest) for key, (path, digest) in named},
        "basis": basis({path: owners[path] for path in record["inputs"] if path in owners}),
    }
    return sealed(record | fitting).encode()


def swap(name: str, old: bytes, new: bytes) -> Callable[[Files], None]:
    """The forgery that puts a text in the place of the first that is like another."""

    def forge(files: Files) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)

    return forge


def configure(*keys: str, value: object) -> Callable[[Files], None]:
    """The forgery of a value of the configuration."""

    def forge(files: Files) -> None:
        config = section = json.loads(files["configuration.json"])
        for key in keys[:-1]:
            section = section[key]
        section[keys[-1]] = value
        files["configuration.json"] = archive._json(config, sort_keys=False)

    return forge


def record(name: str, **entries: object) -> Callable[[Files], None]:
    """The forgery of what a record says."""

    def forge(files: Files) -> None:
        found = unsealed(files[name])
        merged = {
            key: found[key] | value if isinstance(value, dict) else value
            for key, value in entries.items()
        }
        files[name] = sealed(found | merged).encode()

    return forge


def digit(files: Files, name: str) -> None:
    """The forgery of a digit in the last number with a point of a table."""
    before, point, after = files[name].rpartition(b".")
    files[name] = before + point + bytes([after[0] ^ 1]) + after[1:]


CLAIM = "linear_cosine_rate"
SCORECARD, FINDINGS = "results/scorecard.csv", "docs/findings.md"


def thresholds(files: Files) -> None:
    """Another threshold, in the configuration and in the record of the scorecard."""
    configure("claims", CLAIM, "at_least", value=0.25)(files)
    config = json.loads(files["configuration.json"])
    settings = {name: config[name] for name in ("claims", "resamples")}
    record("results/scorecard.provenance.json", settings=settings)(files)


FORGERIES = {
    "seed, records": (
        configure("seed", value=999),
        r"^'results/\S+' is of a job with other (seed|settings) than configuration.json asks for\.$",
    ),
    "no experiments": (
        configure("experiments", value={}),
        r"^configuration\.json, experiments\.\w+: this key is missing",
    ),
    "experiments, records": (
        configure("experiments", "dimension", "sweep", "dimension", value=[40, 120]),
        r"^'results/dimension/dimension=120/\S+' is missing, which configuration\.json asks for\.$",
    ),
    "configuration": (
        configure("experiments", "extra", value=None),
        r"^configuration\.json is not what make archive writes of it\.$",
    ),
    "fractions, records": (
        configure("experiments", "step_size", "fractions", value=[1.0]),
        r"^'results/\S+' is of a job with other settings than configuration.json asks for\.$",
    ),
    "thresholds, record": (
        configure("claims", CLAIM, "at_least", value=0.25),
        r"^'results/scorecard\.provenance\.json' is of a job with other settings than configuration",
    ),
    "thresholds, scorecard": (
        thresholds,
        r"^results/scorecard\.csv, line \d+: it does not follow from the tables and the thresholds",
    ),
    "record of another seed": (
        record(RECORD, seed=999),
        rf"^'{RECORD}' is of a job with other seed than configuration\.json asks for\.$",
    ),
    "record of other inputs": (
        record(RECORD, inputs={"results/step_size/base/dataset.npz": "0" * 64}),
        rf"^'{RECORD}' is of a job with other inputs than configuration\.json asks for\.$|rests on",
    ),
    "records of an array": (
        record(RECORD, outputs={"kkt.npz": "0" * 64}),
        r"^'results/\S+' rests on another 'results/kinks/base/two_layer/constant/kkt\.npz' than the one",
    ),
    "records of two codes": (
        record(RECORD, code="c0de"),
        r"^'results/\S+' and 'results/\S+' are of one rule, but not of the same code\.$",
    ),
    "lock, records": (
        swap("envs/requirements.lock", b"\nnumpy==", b"\nnumpy==9."),
        r"^'results/\S+' is of numpy \S+, but 'envs/requirements\.lock' pins 9\.",
    ),
    "records, lock": (
        record(RECORD, versions={"scipy": "0.1"}),
        rf"^'{RECORD}' is of scipy 0\.1, but 'envs/requirements\.lock' pins ",
    ),
    "records without versions": (
        record(RECORD, versions=None),
        rf"^'{RECORD}' does not say with which versions it was made\.$",
    ),
    "commit": (
        swap("manifest.json", b'"commit": ', b'"commit": 7, "was": '),
        r"^manifest\.json names a commit that is none\.$",
    ),
    "licence": (
        lambda files: files.update({"LICENSE": b"mine\n"}),
        r"^'LICENSE' is not the file here: check out the commit",
    ),
    "citation": (
        lambda files: files.update({"CITATION.cff": b"mine\n"}),
        r"^'CITATION\.cff' is not the file here: check out the commit",
    ),
    "tables, configuration": (
        swap(TABLE, b"two_layer,normalised_followed", b"two_layer,constant"),
        rf"^'{TABLE}' has rows of other settings than configuration\.json asks for\.$",
    ),
    "tables, scorecard": (
        swap("results/tables/dimension.csv", b",exact,0,0,1,1,0,0,0,", b",exact,0,0,1,1,0,0,9,"),
        r"^results/scorecard\.csv, line \d+: it does not follow from the tables and the thresholds",
    ),
    "scorecard, tables": (
        swap(SCORECARD, b",failed,", b",held,"),
        r"^results/scorecard\.csv, line \d+: it does not follow from the tables and the thresholds",
    ),
    "page, scorecard": (
        swap("paper_figures/scorecard.md", b" not ", b" yes "),
        r"^paper_figures/scorecard\.md, line \d+: it does not follow from the tables and the thresh",
    ),
    "findings, scorecard": (
        swap(FINDINGS, b"not", b"yes"),
        r"^docs/findings\.md, line \d+: it does not follow from the scorecard and the tables",
    ),
    "findings of the report": (
        swap("results/findings.html", b"not", b"yes"),
        r"^results/findings\.html, line \d+: it does not follow from the scorecard and the tables",
    ),
    "provenance, records": (
        swap("results/provenance.html", b"numpy", b"cupy"),
        r"^results/provenance\.html, line \d+: it does not follow from the records and the configur",
    ),
    "numbers of a figure, tables": (
        lambda files: digit(files, "paper_figures/kinks.csv"),
        r"^paper_figures/kinks\.csv, line \d+: it does not follow from the tables by the code here\.$",
    ),
    "tables, tables": (
        lambda files: digit(files, "results/tables/kinks.kkt.csv"),
        r"^'results/tables/\w+\.kkt\.csv' and 'results/tables/\w+\.kkt\.csv' have other numbers of the",
    ),
    "explorer, tables": (
        swap("results/explorer.html", b"step_size", b"step-size"),
        r"^results/explorer\.html, line \d+: it does not follow from the tables by the code here\.$",
    ),
}


@pytest.mark.parametrize(("forge", "said"), FORGERIES.values(), ids=FORGERIES)
def test_what_does_not_agree_is_refused_although_all_hashes_fit(packed, path, forge, said):
    assert re.search(said, refused(path, forged(packed, path, forge), verify))


def test_a_record_that_does_not_rest_on_the_others_is_refused(packed, path):
    path.write_bytes(packed)
    found = unsealed(members(path)[RECORD])
    other = sealed(found | {"basis": basis({})}).encode()
    said = refused(path, changed(packed, path, **{RECORD: other}), verify)
    assert (
        "does not rest on what the records of its inputs say" in said or "is not the file" in said
    )


def test_a_configuration_that_asks_for_more_than_there_is_memory_is_refused(packed, path):
    values = list(range(2, 1002))
    sweep = configure(
        "experiments", "dimension", "sweep", value={"dimension": [40], "samples": values}
    )
    forget = configure("experiments", "dimension", "forget", value="each")
    said = refused(path, forged(packed, path, lambda files: (sweep(files), forget(files))), verify)
    assert said.startswith("configuration.json has more than 100000 settings and forget sets")


def test_sums_with_another_line_are_refused(packed, path):
    path.write_bytes(packed)
    files = members(path)
    files[SUMS] += b"no sum at all\n"
    assert "SHA256SUMS is not what make archive writes" in refused(path, tar(files), verify)


def test_what_is_hidden_beside_the_files_is_refused(packed, path):
    def late(member):
        member.mtime = 1
        return member

    path.write_bytes(packed)
    files = members(path)
    assert tar(files) == packed
    for content in (packed + b"more", packed[:-512], tar(files, late)):
        assert "is not packed as make archive packs" in refused(path, content, verify)


def test_damaged_results_are_not_packed(after):
    folder = after().folder
    for name in ("paper_figures/kinks.pdf", "results/tables/kinks.kkt.csv", RECORD):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(ArchiveError, match=r"is not (the file that|what its job wrote)"):
            pack(folder, [TINY])
        (folder / name).write_bytes(whole)
    (folder / RECORD).unlink()
    with pytest.raises(
        ArchiveError, match=r"run snakemake --cores all results/kinks/.*/kkt\.provenance\.json, "
    ):
        pack(folder, [TINY])


@pytest.mark.parametrize("change", ["seed: 2\n", "networks: {two_layer: {width: 9}}\n"])
def test_results_of_other_settings_are_not_packed(finished, tmp_path, change):
    other = tmp_path / "settings.yaml"
    other.write_text(change)
    with pytest.raises(ArchiveError, match=r"of a job with other \w+ than .*: run snakemake with"):
        pack(finished.folder, [TINY, other])


def test_a_copy_in_a_repository_of_something_else_is_of_no_commit(tmp_path):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", "1"]):
        subprocess.run([*git, *command], check=True)
    (tmp_path / "copy").mkdir()
    assert len(commit(tmp_path)) == 40
    assert commit(tmp_path / "copy") is None


def test_a_place_that_cannot_be_written_and_a_configuration_that_is_none_are_one_sentence(
    path, monkeypatch
):
    monkeypatch.setattr(archive, "pack", lambda *_: b"archive")
    path.write_text("a file")
    with pytest.raises(SystemExit, match=r"^error: .*archive\.tar"):
        archive.main(["pack", str(path / "below.tar")])
    monkeypatch.undo()
    path.write_text("seed: [")
    with pytest.raises(SystemExit, match=r"^error: archive\.tar, line \d: this is not YAML"):
        archive.main(["pack", str(path), "--configfile", str(path)])


def test_the_command_packs_verifies_and_refuses(finished, path, capsys):
    archive.main(
        ["pack", str(path), "--directory", str(finished.folder), "--configfile", str(TINY)]
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert capsys.readouterr().out == f"{digest}  {path}\n"
    archive.main(["verify", str(path)])
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(SystemExit, match=r"^error: "):
        archive.main(["verify", str(path)])
    with pytest.raises(SystemExit, match=r"^error: "):
        archive.main(["verify", str(path.with_name("nowhere.tar"))])

"""An archive is the same bytes each time, and what is wrong with one is one sentence."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from workflow import archive
from workflow.archive import SUMS, merged, pack, sums, verify
from workflow.support import unpacking
from workflow.support.unpacking import ArchiveError, members

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
        (tar({SUMS: b"\xff\xfe"}), "'SHA256SUMS' is no text"),
        (with_sums(a=b"1"), "configuration.json is missing"),
        (with_sums(**{"configuration.json": b"{"}), "'configuration.json' is no JSON"),
        (with_sums(**{"configuration.json": b"[" * 10**5}), "'configuration.json' is no JSON"),
        (with_sums(**{"configuration.json": b"[]"}), "is no JSON object"),
        (with_sums(**{"configuration.json": b"{}"}), "the scorecard cannot be computed"),
    ],
)
def test_an_archive_that_is_not_ours_is_refused(path, content, said):
    assert said in refused(path, content, verify)


def test_the_configuration_is_the_one_that_snakemake_merges(tiny_config):
    assert merged([TINY]) == tiny_config


@pytest.fixture(scope="session")
def packed(finished) -> bytes:
    return pack(finished.folder, [TINY])


def changed(packed: bytes, path: Path, **contents: bytes) -> bytes:
    """The archive with other files in it and sums that fit."""
    path.write_bytes(packed)
    files = {name: content for name, content in members(path).items() if name != SUMS} | contents
    return tar(files | {SUMS: sums(files)})


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
    for name in ("results/tables/earlier.csv", "results/kinks/earlier/dataset.provenance.json"):
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
    with pytest.raises(ArchiveError, match="made with other thresholds"):
        pack(finished.folder, [TINY, other])


def test_a_whole_archive_is_verified(packed, path):
    path.write_bytes(packed)
    said = verify(path)
    assert "files have their sums" in said
    assert " replicated" in said


def test_another_verdict_is_found_although_the_sums_fit(packed, path):
    path.write_bytes(packed)
    scorecard = members(path)["results/scorecard.csv"]
    other = scorecard.replace(b",not replicated,", b",replicated,", 1)
    assert other != scorecard
    said = refused(path, changed(packed, path, **{"results/scorecard.csv": other}), verify)
    assert said.startswith("results/scorecard.csv, line ")


def test_another_threshold_is_found(packed, path):
    path.write_bytes(packed)
    config = json.loads(members(path)["configuration.json"])
    config["claims"]["linear_cosine_rate"]["at_least"] = 0.25
    content = changed(packed, path, **{"configuration.json": json.dumps(config).encode()})
    assert "does not follow from the tables and the thresholds" in refused(path, content, verify)


def test_a_figure_of_another_table_is_found(packed, path):
    name = "results/tables/kinks.stationarity.csv"
    path.write_bytes(packed)
    table = members(path)[name] + b"\n"
    said = refused(path, changed(packed, path, **{name: table}), verify)
    assert "figure was drawn from another 'results/tables/kinks.stationarity.csv'" in said


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

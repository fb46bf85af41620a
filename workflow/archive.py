"""All results of a configuration as one archive, and the check of such an archive.

``make archive`` packs, ``make verify-archive`` checks. Tables, figures, scorecard, findings, explorer,
provenance of every result, configuration and lock files go in, arrays do not: the tables hold what figures
and verdicts rest on. The same results give the same bytes, whoever packs them, where and when; hence an
uncompressed tar, since compressed bytes change with the version of the compressor.
"""

import argparse
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts._hashes import SUFFIX

from kkt_unlearning.studies.study import figures
from workflow.support.configuration.check import check_files
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources
from workflow.support.records import vouching
from workflow.support.records.manifest import commit, manifest
from workflow.support.records.unpacking import ArchiveError, members

ROOT = Path(__file__).resolve().parents[1]

SUMS, MANIFEST, CONFIGURATION = "SHA256SUMS", "manifest.json", "configuration.json"
TABLES, SCORECARD = "results/tables/", "results/scorecard.csv"
FIGURES_FROM = "results/figures/"
PAGES = (
    SCORECARD,
    "results/scorecard.html",
    "results/findings.html",
    "results/provenance.csv",
    "results/provenance.html",
    "results/explorer.html",
    "paper_figures/scorecard.md",
    "docs/findings.md",
)

# below the root of the project
PROJECT = ("envs/requirements.lock", "envs/requirements-gpu.lock", "LICENSE", "CITATION.cff")


def pack(folder: Path, configfiles: Sequence[Path]) -> bytes:
    """Archive of the results in ``folder``.

    Args:
        folder: that ``snakemake --directory`` worked in.
        configfiles: on top of ``config.yaml``, a later one counts more.

    Raises:
        ArchiveError: results are missing, do not fit their records, or are of another configuration.
    """
    plan = Plan(check_files(ROOT, configfiles), Sources(ROOT))
    files = {name: _read(folder / name) for name in results(plan)}
    files |= vouching.behind(
        [*files, *(f"{FIGURES_FROM}{name}{SUFFIX}" for name in figures())], folder
    )
    vouching.check(files)
    _refuse_others(files, plan)
    files |= {name: _read(ROOT / name) for name in PROJECT}
    files[CONFIGURATION] = _json(plan.config)
    files[MANIFEST] = _json(manifest(files, commit(ROOT)))
    files[SUMS] = sums(files)
    return _tar(files)


def sums(files: Mapping[str, bytes]) -> bytes:
    """What ``sha256sum --check`` reads."""
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "".join(lines).encode()


def verify(path: Path) -> str:
    """One sentence on an archive whose sums and scorecard are right.

    Nothing in it runs and nothing is unpacked.

    Raises:
        ArchiveError: the archive is not one of ours, is damaged, its scorecard does not follow from its
            tables and thresholds, or records, results and manifest do not fit one another; the message
            is one sentence.
    """
    from workflow.support.records.rescoring import scorecard

    files = members(path)
    _check_sums(files)
    config = _read_json(files, CONFIGURATION)
    tables = {
        name.removeprefix(TABLES).removesuffix(".csv"): content
        for name, content in files.items()
        if name.startswith(TABLES) and name.endswith(".csv")
    }
    recomputed, verdicts = scorecard(tables, config)
    if files.get(SCORECARD) != recomputed:
        raise ArchiveError(
            f"{SCORECARD}{_first_difference(files.get(SCORECARD, b''), recomputed)}: it does not follow from "
            f"the tables and the thresholds in {CONFIGURATION} by the code here{_other_code(files)}."
        )
    _check_rest(files)
    if _tar(files) != path.read_bytes():
        raise ArchiveError(
            f"{path} is not packed as make archive packs its files: take another copy of the archive."
        )
    counted = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    return f"{len(files) - 1} files have their sums, and {len(tables)} tables give the scorecard: {counted}."


def results(plan: Plan) -> list[str]:
    """Tables, figures and pages that a configuration makes; what an earlier one left is not among them."""
    return [*plan.all_tables(), *_DRAWN, *PAGES]


_DRAWN = [
    f"paper_figures/{figure}.{kind}" for figure in figures() for kind in ("pdf", "png", "csv")
]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ArchiveError(f"{path} is missing: run snakemake, which makes it.") from None


def _refuse_others(files: Mapping[str, bytes], plan: Plan) -> None:
    """The two pages that are made last: what they were made with is what all was made with."""
    said = [_read_json(files, f"results/{page}{SUFFIX}") for page in ("scorecard", "provenance")]
    wanted = [{"claims": plan.config["claims"]}, plan.origins.settings()]
    seeds = [None, plan.config["seed"]]
    whats = ("thresholds", "settings")
    for record, settings, seed, what in zip(said, wanted, seeds, whats, strict=True):
        if (record["settings"], record["seed"]) != (json.loads(json.dumps(settings)), seed):
            raise ArchiveError(
                f"the results were made with other {what} than the configuration has: "
                "run snakemake with this configuration, or name the one that they were made with."
            )


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            member = tarfile.TarInfo(name)  # owner 0 without a name, time 0
            member.size, member.mode = len(files[name]), 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    return buffer.getvalue()


def _check_sums(files: Mapping[str, bytes]) -> None:
    if SUMS not in files:
        raise ArchiveError(f"{SUMS} is missing: this is no archive that make archive made.")
    lines = (line.split("  ", 1) for line in _text(files, SUMS).splitlines() if "  " in line)
    listed = {name: digest for digest, name in lines}
    for name in sorted(files.keys() - {SUMS}):
        if listed.pop(name, None) != hashlib.sha256(files[name]).hexdigest():
            raise ArchiveError(
                f"{name!r} is not what {SUMS} says: take another copy of the archive."
            )
    for name in sorted(listed):
        raise ArchiveError(
            f"{name!r} is missing, which {SUMS} lists: take another copy of the archive."
        )


def _check_rest(files: Mapping[str, bytes]) -> None:
    """What neither sums nor scorecard show: gaps, records, the manifest, and the sums line by line."""
    for name in (*_DRAWN, *PAGES, *PROJECT):
        if name not in files:
            raise ArchiveError(f"{name!r} is missing, which every archive has.")
    known = {*PROJECT, SUMS, MANIFEST, CONFIGURATION}
    for name in sorted(files.keys() - known):
        if name.split("/")[0] not in vouching.RESULTS:
            raise ArchiveError(f"{name!r} is no file that make archive packs.")
    vouching.check(files)
    if files[SUMS] != sums({name: files[name] for name in files.keys() - {SUMS}}):
        raise ArchiveError(f"{SUMS} is not what make archive writes for these files.")
    try:
        said = manifest(files, _read_json(files, MANIFEST).get("commit"))
    except (KeyError, TypeError):
        raise ArchiveError("a record does not say by what code it was made.") from None
    if files[MANIFEST] != _json(said):
        raise ArchiveError(f"{MANIFEST} is not what the records say.")


def _read_json(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        found = json.loads(files[name])
    except KeyError:
        raise ArchiveError(
            f"{name} is missing: this is no archive that make archive made."
        ) from None
    except (ValueError, RecursionError):
        raise ArchiveError(f"{name!r} is no JSON: take another copy of the archive.") from None
    if not isinstance(found, dict):
        raise ArchiveError(f"{name!r} is no JSON object: take another copy of the archive.")
    return found


def _text(files: Mapping[str, bytes], name: str) -> str:
    try:
        return files[name].decode()
    except UnicodeDecodeError:
        raise ArchiveError(f"{name!r} is no text: take another copy of the archive.") from None


def _first_difference(archived: bytes, recomputed: bytes) -> str:
    pairs = zip(archived.splitlines(), recomputed.splitlines(), strict=False)
    return next((f", line {n}" for n, (a, b) in enumerate(pairs, 1) if a != b), "")


def _other_code(files: Mapping[str, bytes]) -> str:
    made_by = _read_json(files, "results/scorecard.provenance.json").get("code")
    same = made_by == Sources(ROOT).digest("scorecard")
    return "" if same else ", which is not the code that made it"


def main(arguments: Sequence[str] | None = None) -> None:
    """``pack FILE`` or ``verify FILE``; a mistake is one sentence and exit code 1."""
    from _storage import StorageError, replacing

    options = _parser().parse_args(arguments)
    try:
        if options.action == "verify":
            print(verify(options.file))
            return
        content = pack(options.directory, options.configfile)
        options.file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(options.file) as temporary:
            temporary.write_bytes(content)
    except (ArchiveError, StorageError, OSError) as error:
        raise SystemExit(f"error: {error}") from None
    print(f"{hashlib.sha256(content).hexdigest()}  {options.file}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Pack all results, or verify such an archive.")
    parser.add_argument("action", choices=("pack", "verify"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--directory", type=Path, default=ROOT, help="folder of the run")
    parser.add_argument(
        "--configfile", type=Path, nargs="*", default=[], help="on top of config.yaml"
    )
    return parser


if __name__ == "__main__":
    sys.path.append(str(ROOT / "scripts"))
    main()

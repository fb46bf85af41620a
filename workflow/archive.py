"""All results of a configuration as one archive, and the check of such an archive.

``make archive`` packs, ``make verify-archive`` checks. Tables, figures, scorecard, findings, explorer,
provenance of every result, configuration and lock files go in, arrays do not: the tables hold what figures
and verdicts rest on. The same results give the same bytes, whoever packs them, where and when; hence an
uncompressed tar, since compressed bytes change with the version of the compressor.
"""

import argparse
import csv
import hashlib
import io
import json
import math
import signal
import sys
import tarfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts._hashes import GIVEN, SUFFIX
from scripts._origins import read

from kkt_unlearning.studies.study import figures
from workflow.support.configuration.check import check_files, checked
from workflow.support.configuration.mistakes import ConfigurationError
from workflow.support.places.asked import Asked, is_result
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources
from workflow.support.records import vouching
from workflow.support.records.agreement import (
    CONFIGURED,
    LOCKS,
    check_configuration,
    check_lock,
    check_one_run,
    check_tables,
)
from workflow.support.records.manifest import commit, manifest
from workflow.support.records.pages import SCORECARD, pages
from workflow.support.records.unpacking import MOST_FILES, ArchiveError, members

ROOT = Path(__file__).resolve().parents[1]

SUMS, MANIFEST, CONFIGURATION = "SHA256SUMS", "manifest.json", "configuration.json"

# below the root of the project
PROJECT = (*LOCKS, "LICENSE", "CITATION.cff")


def pack(folder: Path, configfiles: Sequence[Path]) -> bytes:
    """Archive of the results in ``folder``.

    Args:
        folder: that ``snakemake --directory`` worked in.
        configfiles: on top of ``config.yaml``, a later one counts more.

    Raises:
        ArchiveError: results are missing or not what this configuration and the code here make, or
            files do not agree with one another.
    """
    plan = Plan(check_files(ROOT, configfiles), Sources(ROOT))
    files = {name: _read(folder / name) for name in plan.results()}
    files |= vouching.behind(
        [*files, *(f"results/figures/{name}{SUFFIX}" for name in figures())], folder
    )
    files |= {name: _read(ROOT / name) for name in PROJECT}
    files[CONFIGURATION] = _configured(plan.config)
    found = vouching.records(files)
    files[MANIFEST] = _json(manifest(found, commit(ROOT)))
    files[SUMS] = sums(files)
    try:
        check_configuration(found, Asked(plan), GIVEN, "the configuration")
    except ArchiveError as error:
        raise ArchiveError(
            f"{str(error).rstrip('.')}: run snakemake with this configuration, or name the one that the "
            "results were made with."
        ) from None
    _check(files)
    return _tar(files)


def sums(files: Mapping[str, bytes]) -> bytes:
    """What ``sha256sum --check`` reads."""
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "".join(lines).encode()


def verify(path: Path) -> str:
    """One sentence on an archive in which everything agrees.

    Nothing in it runs and nothing is unpacked.

    Raises:
        ArchiveError: the archive is not one of ours or is damaged, or records, results, configuration,
            lock files, tables, scorecard, pages and manifest do not agree with one another; the message is
            one sentence.
    """
    files = members(path)
    _check_sums(files)
    said = _check(files)
    if _tar(files) != path.read_bytes():
        raise ArchiveError(
            f"{path} is not packed as make archive packs its files: take another copy of the archive."
        )
    return said


def _check(files: Mapping[str, bytes]) -> str:
    """What an archive says, if its files agree with one another; what costs most comes last."""
    plan = Plan(_configuration(files), Sources(ROOT))
    asked = Asked(plan)
    _check_names(files, plan)
    found = vouching.records(files)
    vouching.check(files, found)
    check_configuration(found, asked, CONFIGURED, CONFIGURATION)
    check_one_run(found, asked)
    check_lock(files, found)
    check_tables(files, asked, CONFIGURATION)
    _check_manifest(files, found)
    for page in pages(files, found, plan):
        if files[page.path] != page.content:
            raise ArchiveError(
                f"{page.path}{_first_difference(files[page.path], page.content)}: it does not follow from "
                f"{page.rests} by the code here{_other_code(page.script, found, asked)}."
            )
    tables = plan.all_tables()
    rows = csv.DictReader(io.StringIO(files[SCORECARD].decode(), newline=""))
    counted = Counter(row["verdict"] for row in rows)
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counted.items())
    claims = read(ROOT / "config/claims.yaml")["claims"]
    own = sum(claims.get(name) != claim for name, claim in plan.config["claims"].items())
    return (
        f"{len(files) - 1} files have their sums, and {len(tables)} tables give the scorecard: {verdicts}"
        f"{f'; {own} claims have thresholds of their own, not those of config/claims.yaml' if own else ''}."
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ArchiveError(f"{path} is missing: run snakemake, which makes it.") from None


def _json(value: Any, sort_keys: bool = True) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=sort_keys, ensure_ascii=False) + "\n").encode()


def _configured(config: Mapping[str, Any]) -> bytes:
    """In its own order: of experiments that share a result it lies with the first."""
    return _json(config, sort_keys=False)


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


def _configuration(files: Mapping[str, bytes]) -> dict[str, Any]:
    try:
        config = checked(_read_json(files, CONFIGURATION))
    except ConfigurationError as error:
        raise ArchiveError(f"{CONFIGURATION}, {error}") from None
    if files[CONFIGURATION] != _configured(config):
        raise ArchiveError(f"{CONFIGURATION} is not what make archive writes of it.")
    if sum(map(_size, config["experiments"].values())) > MOST_FILES:
        raise ArchiveError(  # a few words can ask for more than there is memory
            f"{CONFIGURATION} has more than {MOST_FILES} settings and forget sets, the most that are read."
        )
    return config


def _size(experiment: Mapping[str, Any]) -> int:
    """How many settings an experiment has, times its forget sets; counted, not listed."""
    lists = [*experiment["sweep"].values(), experiment["networks"], experiment["trainings"]]
    samples = [experiment["dataset"].get("samples", 1), *experiment["sweep"].get("samples", [])]
    forget = max(samples) if experiment.get("forget") == "each" else 1
    return math.prod([forget, *map(len, lists)])


def _check_names(files: Mapping[str, bytes], plan: Plan) -> None:
    wanted = {*plan.results(), *PROJECT, MANIFEST}
    for name in sorted(wanted - files.keys()):
        raise ArchiveError(f"{name!r} is missing, which {CONFIGURATION} asks for.")
    for name in sorted(files.keys() - wanted - {SUMS, CONFIGURATION}):
        if not (is_result(name) and name.endswith(SUFFIX)):
            raise ArchiveError(f"{name!r} is no file that {CONFIGURATION} asks for.")


def _check_manifest(files: Mapping[str, bytes], found: vouching.Records) -> None:
    if files[SUMS] != sums({name: files[name] for name in files.keys() - {SUMS}}):
        raise ArchiveError(f"{SUMS} is not what make archive writes for these files.")
    try:
        said = manifest(found, _read_json(files, MANIFEST).get("commit"))
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


def _other_code(script: str, found: vouching.Records, asked: Asked) -> str:
    record = f"results/{script}{SUFFIX}"
    same = not asked.jobs()[record].differing(found[record], ["code"])
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
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # leaves no half file
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

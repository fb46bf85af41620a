"""All results of a configuration as one archive, and the check of such an archive.

``make archive`` packs, ``make verify-archive`` checks. Tables, figures, scorecard, findings, explorer,
provenance of every result, configuration and lock files go in, arrays do not: the tables hold what figures
and verdicts rest on. Unpacked, it is a Workflow Run RO-Crate. The same results give the same bytes,
whoever packs them, where and when; hence an uncompressed tar, since compressed bytes change with the version
of the compressor.
"""

import argparse
import contextlib
import hashlib
import io
import json
import math
import re
import shlex
import signal
import sys
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts._hashes import GIVEN
from scripts._origins import read
from scripts._tables import parsed

from workflow.support.configuration.check import check_files, checked
from workflow.support.configuration.mistakes import ConfigurationError
from workflow.support.places.asked import Asked
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources
from workflow.support.records.agreement import LOCKS, Files, Records, check_records, disagreeing
from workflow.support.records.crate import METADATA, SOFTWARE, WORKFLOW, metadata
from workflow.support.records.manifest import commit, manifest
from workflow.support.records.pages import first_difference, unlike_pages
from workflow.support.records.unpacking import MOST_FILES, ArchiveError, members, refuse

ROOT = Path(__file__).resolve().parents[1]

SCORECARD = "results/scorecard.csv"
SUMS, MANIFEST, CONFIGURATION = "SHA256SUMS", "manifest.json", "configuration.json"

_ASKED = (
    "the configuration asks for: run snakemake with this configuration, or name the one that the results "
    "were made with"
)

# below the root of the project
HERE = ("LICENSE", "CITATION.cff", SOFTWARE, WORKFLOW)
PROJECT = (*LOCKS, *HERE)


def pack(folder: Path, configfiles: Sequence[Path]) -> bytes:
    """Archive of the results in ``folder``.

    Args:
        folder: that ``snakemake --directory`` worked in.
        configfiles: on top of ``config.yaml``, a later one counts more.

    Raises:
        ArchiveError: results are missing or not what this configuration and the code here make, or
            files do not agree with one another.
    """
    configfiles = [path.absolute() for path in configfiles]
    # paths of data are as the run saw them, from its folder
    with contextlib.chdir(folder if folder.is_dir() else ROOT):
        asked = Asked(Plan(check_files(ROOT, configfiles), Sources(ROOT)))
    files = {name: _read(folder, name) for name in (*asked.plan.results(), *asked.jobs())}
    files |= {name: (ROOT / name).read_bytes() for name in PROJECT}
    files[CONFIGURATION] = _configured(asked.plan.config)
    found = check_records(files, asked, _ASKED, GIVEN)
    files[MANIFEST] = _json(manifest(found, commit(ROOT)))
    files[METADATA] = described(files)
    files[SUMS] = sums(files)
    _check(files, asked, found)
    return _tar(files)


def described(files: Files) -> bytes:
    """The archive as a research object: ``ro-crate-metadata.json``, of all but itself and the sums."""
    rest = {name: content for name, content in files.items() if name not in (METADATA, SUMS)}
    return _json(metadata(rest, _read_json(files, SOFTWARE), CONFIGURATION))


def sums(files: Files) -> bytes:
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
    refuse(_other_sums(files))
    asked = Asked(Plan(_configuration(files), Sources(ROOT)))
    refuse(_other_names(files, asked))
    found = check_records(files, asked, f"{CONFIGURATION} asks for")
    refuse(_other_manifest(files, found))
    refuse(_other_description(files))
    said = _check(files, asked, found)
    if _tar(files) != path.read_bytes():
        raise ArchiveError(
            f"{path} is not packed as make archive packs its files: take another copy of the archive."
        )
    return said


def _check(files: Files, asked: Asked, found: Records) -> str:
    """What an archive says, if what follows from others in it does so; what costs most comes last."""
    refuse(disagreeing(files, found, asked, f"{CONFIGURATION} asks for"))
    refuse(unlike_pages(files, found, asked))
    header, *rows = parsed(files[SCORECARD])
    counted = Counter(row[header.index("verdict")] for row in rows)
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counted.items())
    claims = read(ROOT / "config/claims.yaml")["claims"]
    own = sum(claims.get(name) != claim for name, claim in asked.plan.config["claims"].items())
    return (
        f"{len(files) - 1} files have their sums, and {len(asked.plan.all_tables())} tables give the numbers "
        f"of the figures and the scorecard: {verdicts}"
        f"{f'; {own} claims have thresholds of their own, not those of config/claims.yaml' if own else ''}."
    )


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        raise ArchiveError(
            f"{folder / name} is missing: run snakemake --cores all {shlex.quote(name)}, which makes it."
        ) from None


def _json(value: Any, sort_keys: bool = True) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=sort_keys, ensure_ascii=False) + "\n").encode()


def _configured(config: Mapping[str, Any]) -> bytes:
    """In its own order: of experiments that share a result it lies with the first."""
    return _json(config, sort_keys=False)


def _tar(files: Files) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            member = tarfile.TarInfo(name)  # owner 0 without a name, time 0
            member.size, member.mode = len(files[name]), 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    return buffer.getvalue()


def _other_sums(files: Files) -> Iterator[str]:
    if SUMS not in files:
        yield f"{SUMS} is missing: this is no archive that make archive made."
    said = files[SUMS].decode(errors="replace").splitlines()
    now = sums({name: files[name] for name in files.keys() - {SUMS}})
    for name in _named({*now.decode().splitlines()} - {*said}):
        yield f"{name!r} is not what {SUMS} says: take another copy of the archive."
    for name in _named(said) - files.keys() - {""}:
        yield f"{name!r} is missing, which {SUMS} lists: take another copy of the archive."
    if files[SUMS] != now:
        yield f"{SUMS} is not what make archive writes for these files."


def _named(lines: Iterable[str]) -> set[str]:
    return {line.partition("  ")[2] for line in lines}


def _configuration(files: Files) -> dict[str, Any]:
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


def _other_names(files: Files, asked: Asked) -> Iterator[str]:
    made = (CONFIGURATION, MANIFEST, METADATA, SUMS)
    wanted = {*asked.plan.results(), *asked.jobs(), *PROJECT, *made}
    for name in sorted(wanted - files.keys()):
        yield f"{name!r} is missing, which {CONFIGURATION} asks for."
    for name in sorted(files.keys() - wanted):
        yield f"{name!r} is no file that {CONFIGURATION} asks for."


def _other_manifest(files: Files, found: Records) -> Iterator[str]:
    of = _read_json(files, MANIFEST).get("commit")
    if of is not None and not re.fullmatch("[0-9a-f]{40}", str(of)):
        yield f"{MANIFEST} names a commit that is none."
    try:
        said = manifest(found, of)
    except (KeyError, TypeError):
        yield "a record does not say by what code it was made."
    if files[MANIFEST] != _json(said):
        yield f"{MANIFEST} is not what the records say."


def _other_description(files: Files) -> Iterator[str]:
    for name in HERE:
        if files[name] != (ROOT / name).read_bytes():
            yield (
                f"{name!r} is not the file here: check out the commit that {MANIFEST} names, or take another "
                "copy of the archive."
            )
    if line := first_difference(files[METADATA], described(files)):
        yield f"{METADATA}{line}: it does not follow from the other files."


def _read_json(files: Files, name: str) -> dict[str, Any]:
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

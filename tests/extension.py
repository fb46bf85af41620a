"""The package of docs/howto/extension.md, and others that register something, installed for a test."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import howto

PAGES = Path(__file__).parents[1] / "docs" / "howto"
STUDY = {"src/kkt_unlearning/studies/": "kkt_more/", "workflow/report/": "kkt_more/support/report/"}

CHANGES = {"docs/questions/support.md": "https://example.org/support", "correlation": "dimension"}


def written(folder: Path) -> None:
    """Its files as the page says, with the study that the page on studies has, on a sweep of its data set."""
    howto.write(PAGES / "extension.md", folder)
    for path, _, code in howto.edits(PAGES / "study.md"):
        for theirs, ours in STUDY.items():
            if path.startswith(theirs):
                file = folder / path.replace(theirs, ours)
                file.parent.mkdir(parents=True, exist_ok=True)
                for before, after in CHANGES.items():
                    code = code.replace(before, after)
                file.write_text(code, encoding="utf-8")


def installed(source: Path, target: Path) -> None:
    """It as pip installs it, in a folder for the path."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--no-compile"]
    subprocess.run([*pip, *offline, "--target", str(target), str(source)], check=True)


def registered(folder: Path, name: str, points: Mapping[str, Mapping[str, str]]) -> None:
    """Metadata of a package of that name: kind -> entry point -> where it says that something is."""
    metadata = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = []
    for kind, places in points.items():
        lines += [f"[kkt_unlearning.{kind}]", *(f"{key} = {at}" for key, at in places.items())]
    (metadata / "entry_points.txt").write_text("\n".join([*lines, ""]))

"""Puts what the code and commands of a page print under them: python -m tests.transcript docs/audit.md.

Blocks marked ``python`` and ``console`` run in order in an empty folder, commands after ``$``. What they
print takes the place of the lines below a command, or of the ``text`` block after the code. Tests hold the
pages against it.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

_BLOCK = re.compile(r"```(python|console)\n(.*?)```\n(\n```text\n.*?```\n)?", re.DOTALL)


def transcript(page: str, folder: Path) -> str:
    """The page with what its blocks print now, when run in ``folder``."""
    names: dict[str, object] = {}
    with contextlib.chdir(folder):
        return _BLOCK.sub(lambda found: _run(found, names), page)


def _run(found: re.Match[str], names: dict[str, object]) -> str:
    kind, text, _ = found.groups()
    if kind == "console":
        commands = re.findall(r"^\$ (.*)$", text, re.MULTILINE)
        return "```console\n" + "".join(f"$ {one}\n{_printed(one)}" for one in commands) + "```\n"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(text, names)
    below = f"\n```text\n{printed.getvalue()}```\n" if printed.getvalue() else ""
    return f"```python\n{text}```\n{below}"


def _printed(command: str) -> str:
    """What a command prints, with the commands of this environment first on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "PATH": path, "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def main(pages: list[str]) -> None:
    """Rewrite pages in place."""
    for name in pages:
        path = Path(name).resolve()
        with tempfile.TemporaryDirectory() as folder:
            page = path.read_text(encoding="utf-8")
            path.write_text(transcript(page, Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

"""A headless Chromium that runs a script in a page and hands back what it found."""

import base64
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.limits import HANG

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
REQUIRED = "REQUIRE_BROWSER"  # environment variable: set, a missing browser is a failure


def executable() -> str:
    """Path of a browser; without one the test is skipped, or fails where one is required."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    text = f"no browser ({', '.join(NAMES)}): on Debian, apt-get install chromium."
    if os.environ.get(REQUIRED):
        pytest.fail(text)
    pytest.skip(text)


def run(script: str, page: Path, profile: Path, width: int = 1400) -> dict[str, Any]:
    """Open a copy of the page with the script at its end, which writes JSON into ``pre#found``.

    Args:
        script: JavaScript; asynchronous work in it is waited for, clocks run ahead.
        page: an HTML file.
        profile: folder for the copy and for the browser's own files.
        width: of the window, in pixels.
    """
    copy = profile / "page.html"
    copy.write_text(
        f"{page.read_text(encoding='utf-8')}<script>{script}</script>", encoding="utf-8"
    )
    return found(look(copy, profile, width))


def look(page: Path, profile: Path, width: int = 1400) -> subprocess.CompletedProcess[str]:
    """Open a page: what it has become, on ``stdout``, and what its console said, on ``stderr``."""
    return subprocess.run(
        [
            executable(),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            f"--user-data-dir={profile / 'browser'}",
            f"--window-size={width},900",
            "--virtual-time-budget=300000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=HANG,
        check=True,
    )


def found(looked: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON that a script wrote into ``pre#found``."""
    written = re.search(r'<pre id="found">(.*?)</pre>', looked.stdout, re.DOTALL)
    assert written, "the script did not reach its end"
    return json.loads(html.unescape(written[1]))


def complaints(looked: subprocess.CompletedProcess[str]) -> list[str]:
    """What the page's console said: errors, warnings, what its policy refused."""
    return [line for line in looked.stderr.splitlines() if ":CONSOLE" in line]


def allowing(page: str, script: str) -> str:
    """A page with a policy that allows only the scripts whose hashes it names, with one more of these."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = page.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    assert allowed != page, "the page has no such policy"
    return f"{allowed}<script>{script}</script>"

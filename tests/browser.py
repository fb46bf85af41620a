"""A headless Chromium that runs a script in a page and hands back what it found."""

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

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
    dom = subprocess.run(
        [
            executable(),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={profile / 'browser'}",
            f"--window-size={width},900",
            "--virtual-time-budget=300000",
            "--dump-dom",
            copy.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    ).stdout
    found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.DOTALL)
    assert found, "the script did not reach its end"
    return json.loads(html.unescape(found[1]))

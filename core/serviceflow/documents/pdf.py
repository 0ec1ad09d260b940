"""PDF of a page through an installed Chromium, Chrome or Edge; without one the page itself prints as well."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from serviceflow.errors import ConfigError, Refused
from serviceflow.texts import T

NAMES: Final = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "microsoft-edge-stable",
    "chrome", "msedge",
)  # fmt: skip
PLACES: Final = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
)
PATIENCE: Final = 60  # seconds


def browser() -> str:
    """Return the browser that makes PDF: that of ``FLOW_BROWSER``, or the first one found.

    Raises:
        ConfigError: There is none.
    """
    wanted = os.environ.get("FLOW_BROWSER")
    found = next(filter(None, (shutil.which(name) for name in ((wanted,) if wanted else NAMES))), None)
    if found is None and not wanted:
        found = next((place for place in PLACES if Path(place).is_file()), None)
    if found is None:
        raise ConfigError(
            T(
                "No Chromium, Chrome or Edge was found to make a PDF.",
                zh="未找到可生成 PDF 的 Chromium、Chrome 或 Edge。",
            ),
            T(
                "Print the page from a browser (--open), or name one in FLOW_BROWSER.",
                zh="可用 --open 在浏览器中打印, 或用 FLOW_BROWSER 指定浏览器。",
            ),
            ref="pdf",
        )
    return found


def write_pdf(page: Path, target: Path) -> None:
    """Print an HTML file into a PDF file.

    Raises:
        ConfigError: There is no browser.
        Refused: The browser made none.
    """
    program = browser()
    with tempfile.TemporaryDirectory() as profile:
        command = [
            program, "--headless", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}",
            "--no-pdf-header-footer", f"--print-to-pdf={target}", page.resolve().as_uri(),
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses root otherwise; the page has no script
        try:
            subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE)
        except (OSError, subprocess.TimeoutExpired):
            target.unlink(missing_ok=True)
    if not target.is_file():
        raise Refused(
            T("{browser} made no PDF.", zh="{browser} 未能生成 PDF。").of(browser=Path(program).name),
            T("Print {page} from a browser.", zh="请在浏览器中打印 {page}。").of(page=page),
            ref="core.pdf",
        )

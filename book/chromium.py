"""The browser that prints the book and tests it; ``python chromium.py`` installs one where there is none."""

import os
import shutil
import subprocess
import sys

# The shell, without windows, opens a page in half the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = [  # nothing but the page: no sandbox, which root has none of, and no traffic of the browser's own
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def found():
    """Path of the Chromium in RMT_CHROMIUM, or of the system's, None if playwright's own has to do."""
    return os.environ.get("RMT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def launch(playwright):
    """Start the browser."""
    return playwright.chromium.launch(executable_path=found(), args=FLAGS)


if __name__ == "__main__" and not found():
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if subprocess.run(command).returncode:
        sys.exit("The PDF and the tests need Chromium: install it, or set RMT_CHROMIUM to its path")

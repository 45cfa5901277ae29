"""The browser that prints the book and tests it."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [  # nothing but the page: no sandbox, which root has none of, and no traffic of the browser's own
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launch(playwright):
    """Start the system's Chromium (or the one in RMT_CHROMIUM), else playwright's own."""
    executable = os.environ.get("RMT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    return playwright.chromium.launch(executable_path=executable, args=FLAGS)

"""The book, run once with quick settings and built once from those runs, and a browser to look at it."""

import functools
import hashlib
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from chromium import launch
from xdist.scheduler import LoadFileScheduling

from rmt_utils.book.notebooks import run_chapter, side_by_side
from rmt_utils.book.sources import fingerprint

ROOT = Path(__file__).parents[1]
NEED_THE_BOOK = (
    "test_accessibility",
    "test_explorer",
    "test_interactive",
    "test_lab",
    "test_notebooks",
    "test_pdf",
    "test_slides",
    "test_site",
    "test_term_cards",
    "test_used_styles",
)
NOT_THE_BOOK = (".*", "_build", "figures", "venv", "__pycache__", "*.egg-info")


class BookScheduling(LoadFileScheduling):
    """One process runs all files that need the book, which is so made once; the others go to whoever is free."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        return "book" if Path(file).stem in NEED_THE_BOOK else file


def pytest_xdist_make_scheduler(config, log):
    """How xdist deals out the tests."""
    return BookScheduling(config, log)


@dataclass
class QuickBook:
    """A copy of the book whose notebooks have been executed; `failures` maps a notebook's name to its error."""

    root: Path
    failures: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def quick_book(tmp_path_factory):
    """A copy of the book, every notebook executed in it with `profile="quick"`.

    A run is kept for the next tests, under a name that says all it comes from: the notebook and its `fingerprint`.
    """
    book = QuickBook(tmp_path_factory.mktemp("quick") / "book")
    copy_book(book.root)
    kept = {path: ROOT / "_build" / "quick" / run_name(path) for path in sorted(book.root.glob("notebooks/*.ipynb"))}
    run = functools.partial(run_chapter, profile="quick", figures=book.root / "figures", output=book.root / "notebooks")
    for path, _, result in side_by_side(run, [path for path, place in kept.items() if not place.exists()]):
        if isinstance(result, Exception):  # kept for the test of this notebook: one failure does not hide the others
            book.failures[path.stem] = str(result)[-5000:]
            continue
        for stale in kept[path].parent.glob(f"{path.stem}-*"):
            shutil.rmtree(stale)
        copied = shutil.copytree(book.root / "figures" / path.stem, kept[path].with_suffix(".part") / "figures")
        shutil.copy(path, copied.parent)
        copied.parent.rename(kept[path])
    for path, place in kept.items():
        if place.exists():
            shutil.copytree(place / "figures", book.root / "figures" / path.stem, dirs_exist_ok=True)
            shutil.copy(place / path.name, path)
    return book


def run_name(path):
    """Name of the folder that keeps the quick run of a notebook."""
    return f"{path.stem}-{hashlib.sha256(path.read_bytes() + fingerprint(path).encode()).hexdigest()[:16]}"


@pytest.fixture(scope="session")
def site(quick_book):
    """Folder of the HTML built from the quick runs, in a checkout that looks like someone's fork."""
    import yaml

    config = quick_book.root / "_config.yml"
    settings = yaml.safe_load(config.read_text())
    settings["execute"]["execute_notebooks"] = "off"
    config.write_text(yaml.safe_dump(settings))
    for command in (["init", "-q"], ["remote", "add", "origin", "git@github.com:someone/fork.git"]):
        subprocess.run(["git", "-C", quick_book.root, *command], check=True)
    return build_book(quick_book.root, "html")


def build_book(root, builder):
    """Folder of what `builder` makes of the executed book in `root`."""
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [jupyter_book, "build", root, "--builder", builder, "-W", "-n", "--keep-going"]
    build = subprocess.run(command, capture_output=True, text=True)
    if build.returncode:
        said = build.stderr.splitlines()
        causes = [line for line in said if "WARNING" in line or "rror" in line] or said
        pytest.fail("\n".join(["jupyter-book build failed:", *causes[-30:]]), pytrace=False)
    return root / "_build" / builder


@pytest.fixture(scope="session")
def address(site):
    """Address at which the site is served to the browser."""
    handler = functools.partial(QuietHandler, directory=site)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve files without a line on the terminal for each."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def browser():
    """The browser of the tests that run in this process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@contextmanager
def silent_window(browser):
    """Browser window on files: at the end no page may have complained, or asked for anything but files that exist."""
    window, complaints = browser.new_context(viewport={"width": 1280, "height": 900}), []
    window.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
    window.on("weberror", lambda error: complaints.append(str(error.error)))
    window.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith("file:") else None)
    window.on("requestfailed", lambda asked: complaints.append(asked.url))
    yield window
    window.close()
    assert complaints == []


def brightness(page, selector, colour):
    """Sum of red, green and blue, 0 to 765, of what CSS calls ``colour`` in the first element of a page."""
    shown = page.eval_on_selector(selector, f"element => getComputedStyle(element).{colour}")
    return sum(map(int, re.findall(r"\d+", shown)[:3]))


def settle(page):
    """Wait until the page has loaded everything; on a busy machine the event can be lost, long after the loading."""
    from playwright.sync_api import TimeoutError as Late

    with suppress(Late):
        page.wait_for_load_state("networkidle", timeout=5000)


def copy_book(destination):
    """Copy what git tracks or would track, or everything but build products where there is no git checkout."""
    listing = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-coz", "--exclude-standard"], capture_output=True, text=True
    )
    if listing.returncode:
        shutil.copytree(ROOT, destination, ignore=shutil.ignore_patterns(*NOT_THE_BOOK))
        return
    for name in filter(None, listing.stdout.split("\0")):
        if (ROOT / name).is_file():  # git also lists files deleted but not yet committed
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, destination / name)

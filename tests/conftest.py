"""The book, run once with quick settings and built once from those runs, and a browser to look at it."""

import functools
import hashlib
import json
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from chromium import launch
from xdist.scheduler import LoadFileScheduling

from rmt_utils.book.networks import SHARED
from rmt_utils.book.notebooks import run_chapter, side_by_side
from rmt_utils.book.sources import fingerprint
from rmt_utils.files import claimed

ROOT = Path(__file__).parents[1]
# Of all files of tests those that take longest, in the order in which they begin: so that no process has a long one
# left when the others have nothing to do. Those of one line are run by one process, so that each page is opened once.
LONGEST = (
    ("test_notebooks", "test_site", "test_slides", "test_used_styles", "test_term_cards"),
    ("test_sweep",),
    ("test_alone",),
    ("test_forecast",),
    ("test_functions",),
    ("test_population",),
    ("test_frame",),
    ("test_own",),
    ("test_pdf",),
    ("test_lab",),
    ("test_explorer",),
    ("test_interactive",),
)
PLACES = {name: place for place, group in enumerate(LONGEST) for name in group}
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
NOT_THE_BOOK = (".*", "_build", "figures", "venv", "__pycache__", "*.egg-info")


class LongestFirst(LoadFileScheduling):
    """A process runs all tests of a file, or of a group of LONGEST; who is free takes the next."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        place = PLACES.get(Path(file).stem)
        return file if place is None else f"group {place}"


def pytest_xdist_make_scheduler(config, log):
    """How xdist deals out the tests."""
    config.option.loadscopereorder = False  # files with many tests first
    return LongestFirst(config, log)


def pytest_collection_modifyitems(items):
    """Files that take long begin first."""
    items.sort(key=lambda item: PLACES.get(item.path.stem, len(LONGEST)))


@dataclass
class QuickBook:
    """A copy of the book whose notebooks have been executed; `failures` maps a notebook's name to its error."""

    root: Path
    failures: dict[str, str]


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id):
    """Folder that all processes of one run of the tests share."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def quick_book(shared):
    """A copy of the book, every notebook executed in it with `profile="quick"`, by the first process that asks for it.

    A run is kept for the next tests, under a name that says all it comes from: the notebook and its `fingerprint`.
    """
    root, failures = shared / "quick" / "book", shared / "failures.json"
    with claimed(shared / "quick.lock"):
        if not failures.exists():
            failures.write_text(json.dumps(execute_book(root)))
    return QuickBook(root, json.loads(failures.read_text()))


def execute_book(root):
    """Copy the book to `root` and execute what has not been executed before; errors by notebook."""
    copy_book(root)
    failures = {}
    kept = {path: ROOT / "_build" / "quick" / run_name(path) for path in sorted(root.glob("notebooks/*.ipynb"))}
    run = functools.partial(run_chapter, profile="quick", figures=root / "figures", output=root / "notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SHARED, str(root.parent / "runs"))  # chapters 5 and 8 have trained networks in common
        for path, _, result in side_by_side(run, [path for path, place in kept.items() if not place.exists()]):
            if isinstance(result, Exception):  # kept for the test of this notebook: it does not hide the others
                failures[path.stem] = str(result)[-5000:]
                continue
            for stale in kept[path].parent.glob(f"{path.stem}-*"):
                shutil.rmtree(stale)
            copied = shutil.copytree(root / "figures" / path.stem, kept[path].with_suffix(".part") / "figures")
            shutil.copy(path, copied.parent)
            copied.parent.rename(kept[path])
    for path, place in kept.items():
        if place.exists():
            shutil.copytree(place / "figures", root / "figures" / path.stem, dirs_exist_ok=True)
            shutil.copy(place / path.name, path)
    return failures


def run_name(path):
    """Name of the folder that keeps the quick run of a notebook."""
    return f"{path.stem}-{hashlib.sha256(path.read_bytes() + fingerprint(path).encode()).hexdigest()[:16]}"


@pytest.fixture(scope="session")
def site(quick_book, shared):
    """Folder of the HTML built from the quick runs, in a checkout that looks like someone's fork."""
    html, built = quick_book.root / "_build" / "html", shared / "built"
    with claimed(shared / "site.lock"):
        if not built.exists():
            build_site(quick_book.root)
            built.touch()
    return html


def build_site(root):
    """Build the HTML of the executed book in `root`."""
    import yaml

    config = root / "_config.yml"
    settings = yaml.safe_load(config.read_text())
    settings["execute"]["execute_notebooks"] = "off"
    config.write_text(yaml.safe_dump(settings))
    for command in (["init", "-q"], ["remote", "add", "origin", "git@github.com:someone/fork.git"]):
        subprocess.run(["git", "-C", root, *command], check=True)
    build_book(root, "html")


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


@pytest.fixture(scope="session")
def one_page(browser):
    """A page for all tests of this process: one that has been used opens the next address in a third of the time."""
    with browser.new_context() as window:
        window.add_init_script("if (location.protocol !== 'file:') localStorage.clear()")  # a reader's first visit
        yield window.new_page()


@pytest.fixture
def tab(one_page):
    """The page, empty, on a desktop in the light."""
    return emptied(one_page)


def emptied(page):
    """The page without what it has shown, and as a new one is."""
    page.goto("about:blank")
    page.mouse.move(0, 0)
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return page


@pytest.fixture
def silent_tab(tab):
    """The page, to show files: at the end it may not have complained, or asked for anything but files that exist."""
    complaints = []
    with heard(
        tab,
        console=lambda message: complaints.append(message.text) if message.type != "log" else None,
        pageerror=lambda error: complaints.append(str(error)),
        request=lambda asked: complaints.append(asked.url) if not asked.url.startswith("file:") else None,
        requestfailed=lambda asked: complaints.append(asked.url),
    ):
        yield tab
    assert complaints == []


@contextmanager
def heard(page, **handlers):
    """Call the handlers at a page's events by their names, in this context alone."""
    for event, handler in handlers.items():
        page.on(event, handler)
    try:
        yield
    finally:
        for event, handler in handlers.items():
            page.remove_listener(event, handler)


def brightness(page, selector, colour):
    """Sum of red, green and blue, 0 to 765, of what CSS calls ``colour`` in the first element of a page."""
    shown = page.eval_on_selector(selector, f"element => getComputedStyle(element).{colour}")
    return sum(map(int, re.findall(r"\d+", shown)[:3]))


def settle(page):
    """Wait until the page has loaded everything; on a busy machine the event can be lost, long after the loading."""
    from playwright.sync_api import TimeoutError as Late

    with suppress(Late):
        page.wait_for_load_state("networkidle", timeout=5000)


@pytest.fixture
def saved(monkeypatch):
    """The figures that chapters save in a test, which they close."""
    from rmt_utils.book.figures import Chapter

    figures, save = [], Chapter.save
    monkeypatch.setattr(Chapter, "save", lambda *of, **about: figures.append(of[1]) or save(*of, **about))
    return figures


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

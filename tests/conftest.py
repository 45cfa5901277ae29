"""The book, run once with quick settings and built once from those runs, for all tests of notebooks and site."""

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_THE_BOOK = (".*", "_build", "figures", "venv", "__pycache__", "*.egg-info")


@dataclass
class QuickBook:
    """A copy of the book whose notebooks have been executed; `failures` maps a notebook's name to its error."""

    root: Path
    failures: dict[str, Exception] = field(default_factory=dict)


@pytest.fixture(scope="session")
def quick_book(tmp_path_factory):
    """A copy of the book, every notebook executed in it with `profile="quick"`."""
    from rmt_utils.notebooks import run_notebook

    book = QuickBook(tmp_path_factory.mktemp("quick") / "book")
    copy_book(book.root)
    for path in sorted((book.root / "notebooks").glob("*.ipynb")):
        try:
            run_notebook(path, path, profile="quick")
        except Exception as error:  # kept for the test of this notebook, so that one failure does not hide the others
            book.failures[path.stem] = error
    return book


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
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [jupyter_book, "build", quick_book.root, "-W", "-n", "--keep-going"]
    build = subprocess.run(command, capture_output=True, text=True)
    if build.returncode:
        pytest.fail(f"jupyter-book build failed:\n{build.stderr[-3000:]}", pytrace=False)
    return quick_book.root / "_build" / "html"


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

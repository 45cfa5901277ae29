"""What make does, for those without it: ``python -m rmt_utils.book book`` at the top of the checkout."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from rmt_utils.book import environments as elsewhere
from rmt_utils.book.chapters import bring_up_to_date
from rmt_utils.book.notebooks import ONE_THREAD
from rmt_utils.book.slides import write_decks

ROOT = Path()
PUBLISHED = "tests/published"
COVERS = {"overview": "01_linear_setting/fig-samples-patches", "networks": "05_deep_networks/fig-net-samples"}


def book():
    """The website, in _build/html."""
    bring_up_to_date(ROOT)
    build("html")
    print("The book is in _build/html/index.html")


def pdf():
    """The whole book, in _build/book.pdf."""
    chromium()
    bring_up_to_date(ROOT)
    build("singlehtml")
    run(sys.executable, "book/print_pdf.py", "_build/singlehtml", "_build/book.pdf")


def test():
    """The tests of the package and of the notebooks."""
    run(tool("ruff"), "check")
    run(tool("ruff"), "format", "--check")
    pytest(os.cpu_count(), "--ignore", PUBLISHED)


def test_published():
    """The tests of what is published: the website in a browser, the PDF, slides, notebooks alone in a folder."""
    chromium()
    pytest(os.cpu_count() + 1, PUBLISHED)  # some of them wait for a browser


def figures():
    """Every figure, in figures/, and those of README and the first page."""
    bring_up_to_date(ROOT)
    for name, figure in COVERS.items():
        shutil.copy(f"figures/{figure}.png", f"book/_static/{name}.png")


def slides():
    """A deck of slides a chapter, in _build/html/slides."""
    book()
    write_decks(ROOT / "_build" / "html", ROOT / "figures")


def lab():
    """JupyterLab on the notebooks."""
    as_root = ["--allow-root"] if hasattr(os, "getuid") and os.getuid() == 0 else []
    run(tool("jupyter"), "lab", *as_root, "notebooks")


def bench():
    """Ratios of time and memory, and of the site, if there is one; fails where one is below what README claims."""
    chromium()
    scripts = sorted(ROOT.glob("benchmarks/[!_]*.py"))
    paths = os.pathsep.join(filter(None, ["book", os.environ.get("PYTHONPATH")]))
    codes = [
        subprocess.run([sys.executable, path], env=os.environ | {"PYTHONPATH": paths}).returncode for path in scripts
    ]
    if any(codes):
        sys.exit(1)


def environments():
    """The files of conda, Binder and the dev container, from pyproject.toml."""
    elsewhere.write(ROOT)


def build(builder):
    """Have Jupyter Book make the pages; a warning is an error."""
    run(tool("jupyter-book"), "build", ".", "--builder", builder, "-W", "-n", "--keep-going")


def pytest(processes, *which):
    """Run tests side by side."""
    run(sys.executable, "-m", "pytest", "-n", str(processes), *which, env=os.environ | ONE_THREAD)


def chromium():
    """See to it that there is a browser."""
    run(sys.executable, "book/chromium.py")


def tool(name):
    """Path of a command of this environment."""
    return Path(sys.executable).with_name(name)


def run(*command, env=None):
    """Run a command and end with its exit code if it fails."""
    if code := subprocess.run(command, env=env).returncode:
        sys.exit(code)


COMMANDS = {
    command.__name__.replace("_", "-"): command
    for command in (book, pdf, slides, test, test_published, figures, lab, bench, environments)
}


def main(arguments=None):
    """Command line: make the named things, one after another."""
    parser = argparse.ArgumentParser(
        prog="python -m rmt_utils.book",
        epilog="; ".join(f"{name}: {command.__doc__}" for name, command in COMMANDS.items()),
    )
    parser.add_argument("things", nargs="+", choices=COMMANDS, metavar="THING", help=", ".join(COMMANDS))
    things = parser.parse_args(arguments).things
    if not Path("_toc.yml").exists():
        parser.error("run this at the top of the checkout: no _toc.yml here")
    for thing in things:
        COMMANDS[thing]()


if __name__ == "__main__":
    main()

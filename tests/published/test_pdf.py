"""The printed book: tagged, with an outline, static pictures in place of what moves, every picture whole."""

import json
import re
import shutil
import subprocess
import sys

import pypdfium2
import pytest
from conftest import ROOT, build_book
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDFCatalog_IsTagged

# What would double the time and has, chapter by chapter and page by page, no kind of thing that the others have not.
LEFT_OUT = ("notebooks/03", "notebooks/04", "notebooks/06", "notebooks/07", "book/api", "book/theory")
PART = re.compile(
    rf'<span id="document-({"|".join(LEFT_OUT)}).*?(?=<span id="document-|</div>\n<div class="toctree)', re.S
)


@pytest.fixture(scope="module")
def page(quick_book, site):
    """The one page that is printed, as Sphinx writes it after the site, without what is left out."""
    static = quick_book.root / "_build" / "singlehtml" / "_static"
    for name in ("explorer", "lab", "predict"):  # made already, and the same on one page
        shutil.copytree(site / "_static" / name, static / name)
    page = build_book(quick_book.root, "singlehtml") / "book" / "intro.html"
    text, left_out = PART.subn("", page.read_text())
    assert left_out == 8  # four chapters, the package's page, three of theory
    page.write_text(text)
    return page


@pytest.fixture(scope="module")
def path(page, tmp_path_factory):
    """The PDF."""
    path = tmp_path_factory.mktemp("pdf") / "book.pdf"
    subprocess.run([sys.executable, ROOT / "book" / "print_pdf.py", page.parents[1], path], check=True)
    assert [one.name for one in path.parent.iterdir()] == ["book.pdf"]
    return path


@pytest.fixture(scope="module")
def printed(path):
    """The PDF, read."""
    with pypdfium2.PdfDocument(path) as document:
        yield document


@pytest.fixture(scope="module")
def text(printed):
    """All that is written in it."""
    return "\n".join(page.get_textpage().get_text_range() for page in printed)


def ends(page):
    """Left, right, lower and upper end of every picture of a page, over the page's width and height."""
    width, height = page.get_size()
    boxes = [picture.get_bounds() for picture in page.get_objects([FPDF_PAGEOBJ_IMAGE])]
    return [(left / width, right / width, low / height, high / height) for left, low, right, high in boxes]


def test_outline_has_the_chapters_and_their_sections(printed):
    found = [entry.get_title() for entry in printed.get_toc()]
    paths = [path for path in sorted(ROOT.glob("notebooks/*.ipynb")) if f"notebooks/{path.stem[:2]}" not in LEFT_OUT]
    firsts = ["".join(json.loads(path.read_text())["cells"][0]["source"]) for path in paths]
    headings = [source.split("# ", 1)[1].split("\n", 1)[0] for source in firsts]
    numbers = [f"{int(path.stem[:2])}. " if path.stem[0].isdigit() else "" for path in paths]  # an appendix has none
    chapters = [number + heading for number, heading in zip(numbers, headings, strict=True)]
    wanted = [*chapters, "Theory lab", "Seed explorer", "Glossary"]
    assert [title for title in found if title in wanted] == wanted
    exercises = sum('"## Exercises' in path.read_text() for path in paths)
    assert sum("Exercises" in title for title in found) == exercises == 4


def test_pictures_are_there_and_whole(printed, path, page):
    html = page.read_text()
    views = sum(len(part.split('"', 1)[0].split()) for part in html.split('<div class="theory-lab" data-views="')[1:])
    questions = html.count('<div class="predict" data-widget=')
    n_pictures = html.count("<figure") + views + questions + html.count('<div class="seed-explorer"')
    assert views == 8  # one in each of three places in the chapters, all on the lab's page
    assert questions == 3
    pictures = [picture for page in printed for picture in ends(page)]
    assert len(pictures) >= n_pictures
    assert all(0 < left < right < 1 and 0 < low < high < 1 for left, right, low, high in pictures)
    assert path.read_bytes().count(b"/Alt") >= n_pictures


def test_reading_order_is_tagged(printed, path):
    assert FPDFCatalog_IsTagged(printed)
    assert b"/Lang (en)" in path.read_bytes()


def test_text_is_there_without_navigation_and_with_folded_solutions(text):
    assert "Solutions are folded" in text
    assert "assert " in text  # the code of a solution
    assert "Print to PDF" not in text
    assert "Back to top" not in text
    assert "code cell source" not in text  # the button of a folded cell
    assert "\\(" not in text  # formulas are set
    notation = text.split("Every symbol of the paper")[1]
    assert "solve_kappa(z, spectrum, n_samples)" in notation  # in one piece, though it stands in a table

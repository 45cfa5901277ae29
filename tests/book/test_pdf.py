"""The printed book: tagged, with an outline, static pictures in place of what moves, every picture whole."""

import json
import shutil
import subprocess
import sys

import pypdfium2
import pytest
from conftest import ROOT, build_book
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDFCatalog_IsTagged


@pytest.fixture(scope="module")
def page(quick_book, site):
    """The one page that is printed, as Sphinx writes it after the site."""
    static = quick_book.root / "_build" / "singlehtml" / "_static"
    for name in ("explorer", "lab", "predict"):  # made already, and the same on one page
        shutil.copytree(site / "_static" / name, static / name)
    return build_book(quick_book.root, "singlehtml") / "book" / "intro.html"


@pytest.fixture(scope="module")
def path(page, tmp_path_factory):
    """The whole book as PDF."""
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
    paths = sorted(ROOT.glob("notebooks/*.ipynb"))
    firsts = ["".join(json.loads(path.read_text())["cells"][0]["source"]) for path in paths]
    headings = [source.split("# ", 1)[1].split("\n", 1)[0] for source in firsts]
    numbers = [f"{int(path.stem[:2])}. " if path.stem[0].isdigit() else "" for path in paths]  # an appendix has none
    chapters = [number + heading for number, heading in zip(numbers, headings, strict=True)]
    wanted = [*chapters, "Theory lab", "Seed explorer", "Glossary"]
    assert [title for title in found if title in wanted] == wanted
    exercises = sum('"## Exercises' in path.read_text() for path in ROOT.glob("notebooks/*.ipynb"))
    assert sum("Exercises" in title for title in found) == exercises == 8


def test_pictures_are_there_and_whole(printed, path, page):
    html = page.read_text()
    views = sum(len(part.split('"', 1)[0].split()) for part in html.split('<div class="theory-lab" data-views="')[1:])
    questions = html.count('<div class="predict" data-widget=')
    n_pictures = html.count("<figure") + views + questions + html.count('<div class="seed-explorer"')
    assert views == 10  # one in each of five places in the chapters, all on the lab's page
    assert questions == 4
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

"""The printed book: tagged, with an outline, static pictures in place of what moves, every picture whole."""

import json
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, build_book
from pypdf import PdfReader


@pytest.fixture(scope="module")
def page(quick_book, site):
    """The one page that is printed, as Sphinx writes it after the site."""
    static = quick_book.root / "_build" / "singlehtml" / "_static"
    for name in ("explorer", "lab", "predict"):  # made already, and the same on one page
        shutil.copytree(site / "_static" / name, static / name)
    return build_book(quick_book.root, "singlehtml") / "book" / "intro.html"


@pytest.fixture(scope="module")
def printed(page, tmp_path_factory):
    """The whole book as PDF."""
    path = tmp_path_factory.mktemp("pdf") / "book.pdf"
    subprocess.run([sys.executable, ROOT / "book" / "print_pdf.py", page.parents[1], path], check=True)
    assert [one.name for one in path.parent.iterdir()] == ["book.pdf"]
    return PdfReader(path)


def titles(outline):
    """Titles of the outline, in their order."""
    return [title for entry in outline for title in (titles(entry) if isinstance(entry, list) else [entry.title])]


@pytest.fixture(scope="module")
def extracted(printed):
    """Of every page, read once, its text and the ends of its pictures: `extract`."""
    return [extract(page) for page in printed.pages]


def extract(page):
    """Text of a PDF page, and left, right, lower and upper end of every picture, over the page's width and height."""
    *_, width, height = map(float, page.mediabox)
    ends = []

    def see(operator, operands, matrix, _):
        if operator == b"Do" and page["/Resources"]["/XObject"][operands[0]]["/Subtype"] == "/Image":
            wide, _, _, high, left, low = matrix
            ends.append((left / width, (left + wide) / width, low / height, (low + high) / height))

    return page.extract_text(visitor_operand_before=see), ends


def test_outline_has_the_chapters_and_their_sections(printed):
    found = titles(printed.outline)
    paths = sorted(ROOT.glob("notebooks/*.ipynb"))
    firsts = ["".join(json.loads(path.read_text())["cells"][0]["source"]) for path in paths]
    headings = [source.split("# ", 1)[1].split("\n", 1)[0] for source in firsts]
    numbers = [f"{int(path.stem[:2])}. " if path.stem[0].isdigit() else "" for path in paths]  # an appendix has none
    chapters = [number + heading for number, heading in zip(numbers, headings, strict=True)]
    wanted = [*chapters, "Theory lab", "Seed explorer", "Glossary"]
    assert [title for title in found if title in wanted] == wanted
    exercises = sum('"## Exercises' in path.read_text() for path in ROOT.glob("notebooks/*.ipynb"))
    assert sum("Exercises" in title for title in found) == exercises == 8


def test_pictures_are_there_and_whole(printed, extracted, page):
    html = page.read_text()
    views = sum(len(part.split('"', 1)[0].split()) for part in html.split('<div class="theory-lab" data-views="')[1:])
    questions = html.count('<div class="predict" data-widget=')
    n_pictures = html.count("<figure") + views + questions + html.count('<div class="seed-explorer"')
    assert views == 10  # one in each of five places in the chapters, all on the lab's page
    assert questions == 4
    ends = [end for _, pictures in extracted for end in pictures]
    assert len(ends) >= n_pictures
    assert all(0 < left < right < 1 and 0 < low < high < 1 for left, right, low, high in ends)
    assert printed.stream.getbuffer().tobytes().count(b"/Alt") >= n_pictures


def test_reading_order_is_tagged(printed):
    root = printed.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"


def test_text_is_there_without_navigation_and_with_folded_solutions(extracted):
    text = "\n".join(text for text, _ in extracted)
    assert "Solutions are folded" in text
    assert "assert " in text  # the code of a solution
    assert "Print to PDF" not in text
    assert "Back to top" not in text
    assert "code cell source" not in text  # the button of a folded cell
    assert "\\(" not in text  # formulas are set
    notation = text.split("Every symbol of the paper")[1]
    assert "solve_kappa(z, spectrum, n_samples)" in notation  # in one piece, though it stands in a table

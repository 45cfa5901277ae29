"""The printed book, on one of its pages: tagged, with an outline, static pictures in place of what moves."""

import subprocess
import sys

import pytest
from conftest import ROOT
from pypdf import PdfReader


@pytest.fixture(scope="module")
def chapter(site, tmp_path_factory):
    """A chapter with a part of the theory lab in it, as PDF."""
    path = tmp_path_factory.mktemp("pdf") / "chapter.pdf"
    page = site / "notebooks" / "02_kappa.html"
    subprocess.run([sys.executable, ROOT / "book" / "print_pdf.py", page, path], check=True)
    assert [one.name for one in path.parent.iterdir()] == ["chapter.pdf"]
    return PdfReader(path)


def titles(outline):
    """Titles of the outline, in their order."""
    return [title for entry in outline for title in (titles(entry) if isinstance(entry, list) else [entry.title])]


def test_outline_has_the_sections(chapter):
    found = " | ".join(titles(chapter.outline))
    assert "Kappa self-consistency" in found
    assert "Exercises" in found


def test_order_and_pictures_are_tagged(chapter, site):
    root = chapter.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    html = (site / "notebooks" / "02_kappa.html").read_text()
    n_figures, n_stills = html.count("<figure"), html.count('<div class="theory-lab"')
    assert n_stills > 0
    assert sum(len(page.images) for page in chapter.pages) >= n_figures + n_stills
    alternatives = chapter.stream.getbuffer().tobytes().count(b"/Alt")
    assert alternatives >= n_figures + n_stills


def test_text_is_there_without_navigation_and_with_folded_solutions(chapter):
    text = "\n".join(page.extract_text() for page in chapter.pages)
    assert "Solutions are folded" in text
    assert "assert " in text  # the code of a solution
    assert "Print to PDF" not in text

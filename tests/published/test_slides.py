"""A deck a chapter, with its claim, every figure and what was checked; nothing in it leads nowhere."""

import json
import os
import re
import shutil
from urllib.parse import unquote, urlsplit

import pytest
from pypdfium2 import PdfDocument

from rmt_utils.book.slides import deck, write_decks

PAGE = r"""<html><head><title>2. Kappa — The book</title>
<link rel="stylesheet" href="../_static/mathjax/formulas.css"><script src="../_static/other.js"></script></head>
<body><nav><p><strong>Claim.</strong> not this</p></nav><article><section><h1>2. Kappa<a class="headerlink">#</a></h1>
<p><strong>Claim.</strong> More noise \(\kappa\), see <a href="../book/theory.html#eq">theory</a>.</p>
<p><strong>What would refute it.</strong> One <a href="#fig-one">figure</a>.</p>
<div class="admonition-in-this-chapter admonition"><ul><li>Shown: it</li></ul></div>
<section><h2>2.1. From<a class="headerlink">#</a></h2>
<figure id="fig-one"><img alt="A line" src="../_images/one.png"/>
<figcaption><p>Figure 2.1 The line</p></figcaption></figure>
</section></section></article></body></html>"""
CHECKS = [{"claim": "gap < 1", "value": 0.51234, "at_most": 1.0}]
VERDICTS = [{"claim": "falls", "value": 2.0, "shown": "2.0 ± 0.1", "holds": False}]
RECORD = {"figures": [{"name": "fig-one", "checks": CHECKS, "verdicts": VERDICTS}]}


def test_a_deck_says_what_its_chapter_says():
    html = deck(PAGE, "notebooks/02_kappa.html", RECORD)
    title, summary, figure = html.split("<section>")[1:]
    assert "<h1>2. Kappa</h1>" in title
    assert r"More noise \(\kappa\)" in title
    assert "What would refute it." in title
    assert "not this" not in html
    assert "Shown: it" in summary
    assert "<h2>2.1. From</h2>" in figure
    assert "Figure 2.1 The line" in figure
    assert "gap &lt; 1: 0.512</li>" in figure
    assert "falls: 2.0 ± 0.1, does not hold</li>" in figure
    assert html.count("CC BY 4.0") == 3
    assert "other.js" not in html


def test_links_and_pictures_are_those_of_the_chapter():
    html = deck(PAGE, "notebooks/02_kappa.html", RECORD)
    found = re.findall(r'(?:src|href)="(.*?)"', html)
    assert found[0] == "../_static/mathjax/formulas.css"
    assert {"../book/theory.html#eq", "../notebooks/02_kappa.html#fig-one", "../_images/one.png"} <= set(found)


@pytest.fixture(scope="module")
def decks(quick_book, site, tmp_path_factory):
    """In a copy: other tests look at every page of the site."""
    copy = shutil.copytree(site, tmp_path_factory.mktemp("slides") / "site", copy_function=os.link)
    return write_decks(copy, quick_book.root / "figures")


def test_every_chapter_has_a_deck_with_all_its_figures(quick_book, decks):
    assert [path.stem for path in decks] == [path.stem for path in sorted(quick_book.root.glob("notebooks/*.ipynb"))]
    for path in decks:
        names = [
            figure["name"]
            for figure in json.loads((quick_book.root / "figures" / path.stem / "manifest.json").read_text())["figures"]
        ]
        html = path.read_text()
        assert html.count("<section>") == 2 + len(names)
        assert html.count("<img ") == len(names)
        for link in re.findall(r'(?:src|href)="(.*?)"', html):
            target = urlsplit(link)
            assert target.scheme or (path.parent / unquote(target.path)).is_file(), link


def test_printed_a_deck_has_a_page_a_slide_and_its_formulas_are_set(decks, browser, tmp_path):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(decks[1].as_uri())
    assert page.eval_on_selector("mjx-c", "glyph => getComputedStyle(glyph, '::before').content") not in ("", "none")
    slides = page.locator("section")
    page.pdf(path=tmp_path / "deck.pdf", prefer_css_page_size=True)
    with PdfDocument(tmp_path / "deck.pdf") as printed:
        assert len(printed) == slides.count()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("Math.abs(scrollY - innerHeight) < 2")
    cut = slides.evaluate_all(
        "all => all.filter(one => one.scrollHeight > one.clientHeight + 1).map(one => one.innerText)"
    )
    page.close()
    assert cut == []

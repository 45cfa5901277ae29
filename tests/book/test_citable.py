"""What others' software reads: tags of a page, the sitemap, BibTeX; an address only where it is known."""

import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest
import yaml
from citable import add_tags, find_address, write_sitemap
from conftest import ROOT
from docutils import nodes


@pytest.fixture
def app(tmp_path):
    config = SimpleNamespace(root_doc="book/intro", html_title="The book", author="Its authors", copyright="2026")
    config.html_baseurl, config.myst_html_meta = "https://example.org/book", {"description": 'Says "what"'}
    builder = SimpleNamespace(name="html", get_target_uri=lambda page: f"{page}.html")
    env = SimpleNamespace(found_docs={"book/intro", "notebooks/b"})
    return SimpleNamespace(config=config, builder=builder, env=env, outdir=tmp_path)


def tags(app, page, title):
    doctree = nodes.section("", nodes.title(text=title))
    context = {"metatags": '<meta name="description" content="kept" />'}
    add_tags(app, page, "page.html", context, doctree)
    return dict(re.findall(r'<meta (?:name|property)="(.*?)" content="(.*?)" />', context["metatags"]))


def test_a_page_says_who_to_cite_and_what_to_show(app):
    find_address(app, app.config)
    found = tags(app, "notebooks/02", "Kappa & co")
    assert found["description"] == "kept"
    assert found["citation_title"] == found["og:title"] == "Kappa &amp; co"
    assert found["citation_inbook_title"] == "The book"
    assert found["citation_author"] == "Its authors"
    assert found["og:url"] == "https://example.org/book/notebooks/02.html"
    assert found["og:image"] == "https://example.org/book/_static/networks.png"
    assert found["og:description"] == "Says &quot;what&quot;"
    assert (ROOT / "book" / "_static" / "networks.png").exists()
    assert tags(app, "book/intro", "Welcome")["citation_title"] == "The book"


@pytest.mark.parametrize("address", ["https://me.example/b", "https://me.example/b/"])
def test_address_comes_from_the_environment_first(app, monkeypatch, address):
    monkeypatch.setenv("RMT_BOOK_ADDRESS", address)
    find_address(app, app.config)
    assert app.config.html_baseurl == "https://me.example/b/"


def test_sitemap_lists_every_page(app):
    find_address(app, app.config)
    write_sitemap(app, None)
    found = [place.text for place in ET.parse(app.outdir / "sitemap.xml").iter() if place.tag.endswith("loc")]
    assert found == ["https://example.org/book/book/intro.html", "https://example.org/book/notebooks/b.html"]


def test_without_an_address_nothing_that_needs_one(app):
    app.config.html_baseurl = ""
    find_address(app, app.config)
    write_sitemap(app, None)
    assert list(app.outdir.iterdir()) == []
    assert not [name for name in tags(app, "book/intro", "Welcome") if "url" in name or name.startswith("og:")]


def test_bibtex_agrees_with_the_citation_file():
    bibtex = (ROOT / "book" / "citation.bib").read_text()
    book = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    paper = book["preferred-citation"]
    people = [f"{one['family-names']}, {one['given-names']}" for one in paper["authors"]]
    for text in (book["title"], str(book["version"]), paper["title"], " and ".join(people), paper["url"]):
        assert f"{{{text}}}" in bibtex

"""A word of the glossary says what it means where it is used."""

import re
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from sphinx.addnodes import pending_xref
from term_cards import add_meanings, meanings

GLOSSARY = """
gain
  What a mode keeps, :math:`\\\\lambda/(\\\\lambda+\\\\kappa)`. It falls.

split
  Training images that one of the compared models
  sees: `chapter 1`_.

.. _chapter 1: #ch-1
"""


@pytest.fixture
def glossary():
    doctree = publish_doctree(GLOSSARY.replace("\\\\", "\\"))
    for term in doctree.findall(nodes.term):
        term["ids"] = [f"term-{term.astext()}"]
    for link in list(doctree.findall(nodes.reference)):
        link.replace_self(pending_xref("", nodes.inline(text=link.astext()), reftype="numref"))
    return doctree


def test_the_first_sentence_is_taken(glossary):
    assert meanings(glossary)["term-gain"] == "What a mode keeps, lambda/(lambda+kappa)."


def test_links_to_words_and_no_others_get_a_title(glossary):
    page = nodes.paragraph()
    page += [nodes.reference(refuri="../book/glossary.html#term-gain"), nodes.reference(refuri="02.html#gain")]
    page += nodes.reference(refid="term-split")
    env = SimpleNamespace(found_docs={"book/glossary"}, get_doctree=lambda name: glossary)
    add_meanings(SimpleNamespace(env=env), page, "notebooks/01")
    titles = [link.get("reftitle") for link in page]
    assert titles[0] == "What a mode keeps, lambda/(lambda+kappa)."
    assert titles[1] is None
    assert titles[2] == "Training images that one of the compared models sees."


def test_every_word_of_the_glossary_has_a_meaning(site):
    html = (site / "notebooks" / "02_kappa.html").read_text()
    links = re.findall(r'<a class="reference internal" href="../book/glossary.html#term-[^>]*>', html)
    assert len(links) > 5
    assert [link for link in links if 'title="' not in link] == []
    assert [link for link in links if "\\" in link or "$" in link] == []

"""Words that only describe a picture are in the index that the search reads."""

from docutils import nodes
from docutils.utils import new_document
from searchable_pictures import add_words
from sphinx.search import WordCollector
from sphinx.search.en import SearchEnglish


def indexed(document):
    collector = WordCollector(document, SearchEnglish({}))
    document.walk(collector)
    return set(collector.found_words)


def page(*pictures):
    document = new_document("page")
    document += [nodes.paragraph(text="Plain text"), *(nodes.image(alt=alt, uri="a.png") for alt in pictures)]
    return document


def test_words_of_pictures_are_found():
    document = page("Two curves that cross, at 10", "A staircase")
    assert "staircase" not in indexed(document)
    add_words(None, document)
    assert {"staircase", "curves", "cross", "Plain"} <= indexed(document)


def test_a_page_without_pictures_is_left_alone():
    document = page()
    add_words(None, document)
    assert len(document) == 1

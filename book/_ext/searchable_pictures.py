"""The site's search finds a picture by the words that describe it, as it finds a page by its text."""

import re

from docutils import nodes


def add_words(app, doctree):
    """Give the page the words of its pictures' alternative texts as keywords, which Sphinx's search index takes."""
    described = " ".join(image.get("alt", "") for image in doctree.findall(nodes.image))
    if words := sorted(set(re.findall(r"[^\W\d_]{3,}", described.lower()))):
        doctree.insert(0, nodes.meta("", name="keywords", content=", ".join(words)))


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-read", add_words)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

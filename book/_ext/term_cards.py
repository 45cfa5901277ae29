"""What a word of the glossary means, shown where it is used when the pointer rests on it (the link's title)."""

import re

from docutils import nodes
from sphinx.addnodes import pending_xref

PAGE = "book/glossary"


def meanings(doctree):
    """The first sentence of each entry without where it points to: {anchor: text}; formulas by their symbols' names."""
    found = {}
    for item in doctree.findall(nodes.definition_list_item):
        words = " ".join("".join(map(plain, item[-1].next_node(nodes.paragraph).children)).split())
        sentence = re.split(r"(?<=\.) ", words)[0].rstrip(" :,.") + "."
        found |= {anchor: sentence for term in item.findall(nodes.term) for anchor in term["ids"]}
    return found


def plain(node):
    r"""A part of a paragraph in one line; a link to a figure, a formula or a function is left out.

    >>> plain(nodes.math(text=r"\frac{\lambda}{\lambda+\kappa}"))
    '(lambda)/(lambda+kappa)'
    """
    if isinstance(node, pending_xref) and node["reftype"] != "term":
        return ""
    if not isinstance(node, nodes.math):
        return node.astext()
    tex = re.sub(r"\\d?frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1)/(\2)", node.astext())
    return re.sub(r"\\(hat|mathrm|top|,|;)|[\\{}$]", "", tex)


def add_meanings(app, doctree, docname):
    """Give every link to the glossary its title."""
    if docname == PAGE or PAGE not in app.env.found_docs:
        return
    if not hasattr(app, "term_meanings"):
        app.term_meanings = meanings(app.env.get_doctree(PAGE))
    for link in doctree.findall(nodes.reference):
        anchor = link.get("refid") or link.get("refuri", "").rpartition("#")[2]
        if anchor.startswith("term-") and anchor in app.term_meanings:
            link["reftitle"] = app.term_meanings[anchor]


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-resolved", add_meanings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

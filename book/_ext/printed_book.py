"""The whole book as PDF among what can be downloaded, if it had been printed before the site was built."""

import shutil
from pathlib import Path

from sphinx.util.osutil import relative_uri

PRINTED = "_build/book.pdf"


def add_button(app, pagename, templatename, context, doctree):
    """Add a line to the menu of downloads of every page that has one."""
    if Path(app.srcdir, PRINTED).exists():
        for button in context.get("header_buttons", []):
            if button["label"] == "download-buttons":
                url = relative_uri(app.builder.get_target_uri(pagename), "book.pdf")
                texts = {"text": "book.pdf", "tooltip": "Download the whole book", "label": "download-book-button"}
                button["buttons"].append({"type": "link", "url": url, "icon": "fas fa-file-pdf", **texts})


def copy_book(app, exception):
    """Put the PDF beside the pages."""
    if exception is None and app.builder.name == "html" and Path(app.srcdir, PRINTED).exists():
        shutil.copy(Path(app.srcdir, PRINTED), Path(app.outdir, "book.pdf"))


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", add_button, priority=900)  # after the theme's own
    app.connect("build-finished", copy_book)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""What others' software reads off a page: who to cite, what to show of a link, and where all pages are.

Tags for reference managers stand on every page. OpenGraph tags with the picture and `sitemap.xml` need the site's
address: `html: baseurl` of _config.yml or the environment variable RMT_BOOK_ADDRESS. Without it there are none.
"""

import os
from html import escape
from pathlib import Path
from urllib.parse import urljoin

from rmt_utils.files import write_file

PICTURE = "_static/networks.png"


def find_address(app, config):
    """The address ends with a slash, or is empty."""
    address = os.environ.get("RMT_BOOK_ADDRESS") or config.html_baseurl or ""
    config.html_baseurl = address and address.rstrip("/") + "/"


def add_tags(app, pagename, templatename, context, doctree):
    """Add the page's tags to its head."""
    if doctree is None:  # search and index
        return
    config, title = app.config, doctree.next_node(lambda node: node.tagname == "title").astext()
    tags = {
        "citation_title": title if pagename != config.root_doc else config.html_title,
        "citation_inbook_title": config.html_title,
        "citation_author": config.author,
        "citation_publication_date": config.copyright,
    }
    if config.html_baseurl:
        page = urljoin(config.html_baseurl, app.builder.get_target_uri(pagename))
        tags |= {"citation_public_url": page, "og:url": page, "og:image": urljoin(config.html_baseurl, PICTURE)}
        tags |= {"og:title": title, "og:type": "article", "og:site_name": config.html_title}
        tags["og:description"] = config.myst_html_meta["description"]
    lines = (
        f'<meta {"property" if name.startswith("og:") else "name"}="{name}" content="{escape(str(content))}" />'
        for name, content in tags.items()
    )
    context["metatags"] = "\n".join([context.get("metatags", ""), *lines])


def write_sitemap(app, exception):
    """List all pages for search engines."""
    if exception is None and app.builder.name == "html" and app.config.html_baseurl:
        pages = sorted(map(app.builder.get_target_uri, app.env.found_docs))
        urls = "".join(f"<url><loc>{escape(urljoin(app.config.html_baseurl, page))}</loc></url>\n" for page in pages)
        sitemap = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        )
        write_file(Path(app.outdir, "sitemap.xml"), f"{sitemap}{urls}</urlset>\n".encode())


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", find_address)
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", write_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

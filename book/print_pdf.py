"""Print the one-page site as a PDF with outline and tags: python print_pdf.py _build/singlehtml/index.html book.pdf"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
# Without the site's navigation; every folded cell and solution open; dark mode never.
STYLE = """
.bd-sidebar, .bd-header, .bd-header-article, .bd-footer, .prev-next-footer, .headerlink, .copybtn,
.sidebar-toggle, .bd-sidebar-secondary, .skip-link { display: none !important }
.bd-main, .bd-content, .bd-article-container, .bd-container__inner
{ max-width: none !important; display: block !important }
figure, table, .cell_output img { break-inside: avoid }
h1 { break-before: page }
pre { white-space: pre-wrap; font-size: 7.5pt }
body { font-size: 10pt }
"""


def print_pdf(page_path, pdf_path):
    """Write the PDF in one step, once formulas are set and all pictures are there."""
    with sync_playwright() as playwright:
        path = os.environ.get("RMT_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(color_scheme="light")
        page.goto(Path(page_path).resolve().as_uri())
        page.evaluate("window.MathJax?.startup?.promise")
        page.evaluate(
            """async () => {
                document.documentElement.dataset.theme = "light";
                document.querySelectorAll("details").forEach(one => { one.open = true });
                const pictures = [...document.images];
                pictures.forEach(one => { one.loading = "eager" });
                await Promise.all(pictures.map(one => one.decode().catch(() => {})));
            }"""
        )
        page.add_style_tag(content=STYLE)
        part = Path(pdf_path).with_suffix(".part")
        margin = dict.fromkeys(("top", "bottom", "left", "right"), "18mm")
        page.pdf(path=part, format="A4", margin=margin, tagged=True, outline=True)
        os.replace(part, pdf_path)
        browser.close()


if __name__ == "__main__":
    print_pdf(*sys.argv[1:])

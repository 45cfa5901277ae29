"""Print the one-page site as a PDF with outline and tags: python print_pdf.py _build/singlehtml book.pdf"""

import sys
from pathlib import Path

from chromium import launch
from playwright.sync_api import sync_playwright

from rmt_utils.files import write_file

WRITTEN = "book/intro.html"  # where Sphinx puts the page, although what it refers to is found from the folder above

# Without the site's navigation; every folded cell and solution open; dark mode never.
STYLE = """
#pst-back-to-top, .bd-sidebar, .bd-header, .bd-header-article, .bd-footer, .prev-next-footer, .headerlink, .copybtn,
.sidebar-toggle, .bd-sidebar-secondary, .skip-link { display: none !important }
.bd-main, .bd-content, .bd-article-container, .bd-container__inner
{ max-width: none !important; display: block !important }
figure, table, .cell_input, .cell_output img, .sd-col { break-inside: avoid }
h1, h2, h3 { break-after: avoid }
details.hide > summary { display: none !important }
* { animation: none !important }
[id^="document-"] + section { break-before: page }
pre { white-space: pre-wrap; font-size: 7.5pt !important }
pre, .cell_output .output { overflow: visible !important }
body { font-size: 10pt }
"""


def print_pdf(site, pdf_path):
    """Write the PDF in one step, once formulas are set and all pictures are there."""
    page_path = Path(site, "index.html").resolve()
    page_path.write_bytes(Path(site, WRITTEN).read_bytes())
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(color_scheme="light")
        page.goto(page_path.as_uri())
        page.evaluate("window.MathJax?.startup?.promise")
        page.evaluate(
            """async () => {
                document.documentElement.dataset.theme = "light";
                const moving = ":is(.theory-lab, .seed-explorer, .predict-stage)";
                document.querySelectorAll(`${moving} + noscript`).forEach(one => {
                    one.previousElementSibling.remove();
                    one.outerHTML = one.textContent;
                });
                document.querySelectorAll("details").forEach(one => { one.open = true });
                const pictures = [...document.images];
                pictures.forEach(one => { one.loading = "eager" });
                await Promise.all(pictures.map(one => one.decode().catch(() => {})));
            }"""
        )
        page.add_style_tag(content=STYLE)
        margin = dict.fromkeys(("top", "bottom", "left", "right"), "18mm")
        write_file(pdf_path, page.pdf(format="A4", margin=margin, tagged=True, outline=True))
        browser.close()


if __name__ == "__main__":
    print_pdf(*sys.argv[1:])

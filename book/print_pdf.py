"""Print the one-page site as a PDF with outline and tags: python print_pdf.py _build/singlehtml book.pdf"""

import sys
from pathlib import Path

from chromium import launch
from playwright.sync_api import sync_playwright

from rmt_utils.files import write_file

WRITTEN = "book/intro.html"  # where Sphinx puts the page, although what it refers to is found from the folder above

# Without the site's navigation; every folded cell and solution open; dark mode never. What is short stays whole:
# figures, rows, tables of up to eight of them, questions with their answers, the heads of solutions, and listings of up
# to WHOLE lines. What is longer breaks, rather than leave half a page empty.
WHOLE = 15
STYLE = """
#pst-back-to-top, .bd-sidebar, .bd-header, .bd-header-article, .bd-footer, .prev-next-footer, .headerlink, .copybtn,
.sidebar-toggle, .bd-sidebar-secondary, .skip-link { display: none !important }
.bd-main, .bd-content, .bd-article-container, .bd-container__inner
{ max-width: none !important; display: block !important }
.bd-main .bd-content, .bd-main .bd-content .bd-article-container, .bd-main .bd-content .bd-article
{ margin: 0 !important; padding: 0 !important }
figure, tr:not(:has(details)), .cell_output img, .sd-col, .whole, div.math, details:not(:has(pre), td *)
{ break-inside: avoid }
.bd-main .bd-content table { break-inside: auto; font-size: 8.5pt }
.bd-main .bd-content table:not(:has(tr:nth-child(9))) { break-inside: avoid }
h1, h2, h3, summary, dt { break-after: avoid }
section > :last-child, dl:last-child, dd:last-child { margin-bottom: 0 !important }
.bd-article table.run-records td { min-width: 0 !important }
.bd-article table.run-records td:has(details) { width: 45% }
td details li p { margin: 0 !important }
details.hide > summary { display: none !important }
* { animation: none !important }
[id^="document-"] + section { break-before: page }
pre { white-space: pre-wrap; font-size: 7.5pt !important; break-inside: auto !important; orphans: 4; widows: 4 }
div.highlight, div[class*=highlight-] { display: block !important }
div:is(.highlight, [class*=highlight-]):not(.whole) { break-inside: auto !important }
pre, .cell_output .output, .pst-scrollable-table-container { overflow: visible !important }
td code, td code span.pre { overflow-wrap: break-word !important }
body { font-size: 10pt }
"""


def print_pdf(site, pdf_path):
    """Write the PDF in one step, once all fonts and pictures are there."""
    page_path = Path(site, "index.html").resolve()
    page_path.write_bytes(Path(site, WRITTEN).read_bytes())
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(color_scheme="light")
        page.goto(page_path.as_uri(), timeout=300_000)  # ms; half a minute is too short where the machine is busy
        page.evaluate(
            """async (whole) => {
                document.querySelectorAll("pre").forEach(one => {
                    const listing = one.closest(".cell_input") ?? one.closest("[class*=highlight-]");
                    listing?.classList.toggle("whole", one.textContent.trimEnd().split("\\n").length <= whole);
                });
                document.documentElement.dataset.theme = "light";
                const moving = ":is(.theory-lab, .seed-explorer, .predict-stage)";
                document.querySelectorAll(`${moving} + noscript`).forEach(one => {
                    one.previousElementSibling.remove();
                    one.outerHTML = one.textContent;
                });
                document.querySelectorAll("details").forEach(one => { one.open = true });
                const pictures = [...document.images];
                pictures.forEach(one => { one.loading = "eager" });
                await Promise.all([document.fonts.ready, ...pictures.map(one => one.decode().catch(() => {}))]);
            }""",
            WHOLE,
        )
        page.add_style_tag(content=STYLE)
        margin = dict.fromkeys(("top", "bottom", "left", "right"), "18mm")
        write_file(pdf_path, page.pdf(format="A4", margin=margin, tagged=True, outline=True))
        browser.close()


if __name__ == "__main__":
    print_pdf(*sys.argv[1:])

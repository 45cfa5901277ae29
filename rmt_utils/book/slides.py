"""Slides for lectures: a deck a chapter, of its claim, its figures and what was checked, made from the built site.

A deck is a page of the site, with the site's formulas and pictures; arrow keys leaf through it, and printed it is a PDF
with a slide a page. Figures and text are under CC BY 4.0, which every slide says.
"""

import json
from pathlib import PurePosixPath
from urllib.parse import urljoin, urlsplit

from rmt_utils.files import write_file

STYLE = """
@page { size: 320mm 180mm; margin: 0 }
* { box-sizing: border-box }
html { scroll-snap-type: y mandatory; font: 22px/1.4 system-ui, sans-serif; color: #222; background: #fff }
body { margin: 0 }
section { height: 100vh; padding: 4vh 5vw 8vh; scroll-snap-align: start; break-after: page; position: relative;
  display: flex; flex-direction: column; gap: 2vh; overflow: hidden }
@media print { section { height: 180mm } html { font-size: 16px } }
h1, h2, p, ul { margin: 0 }
h1 { font-size: 2em } h2 { font-size: 1.4em }
img { flex: 1 1 auto; min-height: 0; max-width: 100%; object-fit: contain }
.says { font-size: .8em } .checks { font-size: .7em; color: #444 }
footer { position: absolute; bottom: 2vh; font-size: .6em; color: #555 }
a { color: inherit }
"""
KEYS = """
addEventListener("keydown", event => {
  const step = {ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1}[event.key];
  if (!step) return;
  event.preventDefault();
  scrollBy({top: step * innerHeight, behavior: "instant"});
});
"""


def write_decks(site, figures):
    """Write ``slides/<chapter>.html`` for every chapter of the folder ``site``. Returns the decks' paths.

    figures: folder of the chapters' figures and records.
    """
    paths = []
    for page in sorted(site.glob("notebooks/*.html")):
        record = json.loads((figures / page.stem / "manifest.json").read_text(encoding="utf-8"))
        path = site / "slides" / page.name
        path.parent.mkdir(exist_ok=True)
        write_file(path, deck(page.read_text(encoding="utf-8"), f"notebooks/{page.name}", record).encode())
        paths.append(path)
    return paths


def deck(html, address, record):
    """The slides of one chapter as HTML.

    html: the chapter's page. address: of that page in its site. record: what the chapter wrote down.
    """
    # imported here: whoever only draws figures does not need it
    from bs4 import BeautifulSoup

    page = BeautifulSoup(html, "html.parser")
    article = page.find("article")
    for mark in article.select(".headerlink"):
        mark.decompose()
    _keep_links(article, address)
    claims = [p for p in article.find_all("p") if p.strong and p.strong.text in ("Claim.", "What would refute it.")]
    summary = article.select_one(".admonition-in-this-chapter ul")
    slides = [[article.h1, *claims], [_tag(page, "h2", "In this chapter"), summary]]
    found = {figure["name"]: figure for figure in record["figures"]}
    for figure in article.select("figure[id^=fig-]"):
        heading = figure.find_parent("section").find(["h1", "h2", "h3"])
        says = page.new_tag("div", attrs={"class": "says"})
        says.extend(figure.figcaption.find_all("p", recursive=False))
        slides.append([_tag(page, "h2", heading.text), figure.img, says, _checks(page, found[figure["id"]])])
    source = page.new_tag("a", href=f"../{address}")
    source.string = f"{page.title.text}, CC BY 4.0"
    body = "".join(f"<section>{''.join(map(str, slide))}<footer>{source}</footer></section>\n" for slide in slides)
    formulas = "".join(map(str, page.select("link[rel=stylesheet][href*=mathjax]")))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">{page.title}{formulas}'
        f"<style>{STYLE}</style></head><body>\n{body}<script>{KEYS}</script></body></html>\n"
    )


def _keep_links(article, address):
    """Links and pictures as they are reached from the folder of the decks."""
    for tag, name in [*((a, "href") for a in article.find_all("a")), *((i, "src") for i in article.find_all("img"))]:
        if tag.get(name) and not urlsplit(tag[name]).scheme:
            tag[name] = str(PurePosixPath("..") / urljoin(address, tag[name]))


def _checks(page, figure):
    """A list of what was checked on a figure and what was found."""
    claims = page.new_tag("ul", attrs={"class": "checks"})
    for claim in [*figure["checks"], *figure["verdicts"]]:
        value = claim.get("shown", f"{claim['value']:.3g}")
        holds = "" if claim.get("holds", True) else ", does not hold"
        claims.append(_tag(page, "li", f"{claim['claim']}: {value}{holds}"))
    return claims


def _tag(page, name, text):
    tag = page.new_tag(name)
    tag.string = text
    return tag

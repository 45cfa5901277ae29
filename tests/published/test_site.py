"""The built site as a browser meets it: nothing broken, nothing fetched from elsewhere, readable on a phone, by all."""

import hashlib
import io
import json
import os
import re
import tarfile
import urllib.request
from collections import namedtuple
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

import numpy as np
import pytest
from conftest import DESKTOP, PHONE, ROOT, brightness, emptied, heard, settle
from docutils.nodes import make_id
from PIL import Image, ImageChops

from rmt_utils.data.photographs import cache_folder
from rmt_utils.files import write_file

MEGABYTE = 1e6
PICTURES = (".png", ".svg", ".webp", ".jpg")

# What a page is asked.
STATE = """async () => {
  await document.fonts.ready;
  const article = document.querySelector("article") ?? document.body;
  const text = article.cloneNode(true);
  text.querySelectorAll("pre, code, script, mjx-container").forEach(node => node.remove());
  const all = selector => [...article.querySelectorAll(selector)];
  return {
    formulas: all(".math").length,
    unset: all(".math").filter(node => !node.querySelector("mjx-container")).map(node => node.textContent),
    wide: all("div.math mjx-container, div.highlight pre, div.cell_output pre")
      .filter(box => box.scrollWidth > box.clientWidth).map(box => box.textContent),
    tight: all("div.math mjx-container").filter(box => [...box.querySelectorAll("mjx-c")].some(
      glyph => glyph.getBoundingClientRect().top < box.getBoundingClientRect().top + 2)).map(box => box.textContent),
    blank: all("mjx-c").filter(glyph => getComputedStyle(glyph, "::before").content === "none").map(
      glyph => glyph.className),
    fonts: [...document.fonts].filter(font => font.family.startsWith("MJX")).map(font => font.status),
    raw: text.textContent.match(/[$]{2}|[\\\\][(\\[]|`{3}|:::|[{][a-z][a-z:-]*[}]/g) ?? [],
    images: all("img").map(image => ({alt: image.alt, drawn: image.complete && image.naturalWidth > 0})),
    captions: all("figure").map(figure => figure.querySelector("figcaption")?.textContent.trim() ?? ""),
  };
}"""
# Figures whose letters, drawn at ten points of 130 dots an inch, are smaller than nine dots of the screen.
SMALL = """() => [...document.querySelectorAll("article figure img")]
  .filter(image => 2 * image.clientWidth < image.naturalWidth - 1).map(image => image.alt)"""
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"
AXE = "4.14.1"
AXE_ADDRESS = f"https://registry.npmjs.org/axe-core/-/axe-core-{AXE}.tgz"
AXE_SHA256 = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"  # of the archive
# Most of axe's time would go into what it has seen already. Text of one style, among ancestors of one style, has one
# contrast: of pieces alike the 1st, 2nd, 4th, 8th and so on are marked, several because axe leaves out what is covered.
# Of formulas as many keep their glyphs, to which axe has nothing to say one by one.
MARK = """async () => {
  const settled = document.getAnimations().map(({finished}) => finished); // colours on their way to dark
  await Promise.race([Promise.allSettled(settled), new Promise(done => setTimeout(done, 1000))]);
  const counted = new Map();
  const kept = kind => {
    const n = 1 + (counted.get(kind) ?? 0);
    counted.set(kind, n);
    return (n & (n - 1)) === 0;
  };
  const mark = (element, around) => {
    const style = getComputedStyle(element), read = names => names.map(name => style[name]).join();
    around += read(["backgroundColor", "backgroundImage", "opacity", "position", "clip", "clipPath"]) + ";";
    const says = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())
      || element.matches("input, select, textarea");
    const kind = around + read(["color", "fontSize", "fontWeight", "textShadow"]);
    element.toggleAttribute("data-marked", says && element.checkVisibility() && kept(kind));
    for (const child of element.children) mark(child, around);
  };
  document.querySelectorAll("mjx-container").forEach(one => kept("formula") || one.replaceChildren());
  mark(document.body, "");
  axe.configure({rules: [{id: "color-contrast", selector: "[data-marked]"}]});
}"""
VIOLATIONS = """async rules => {
  const {violations} = await axe.run({resultTypes: ["violations"], ...(rules && {runOnly: rules})});
  return violations.filter(({impact}) => ["serious", "critical"].includes(impact))
    .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 200)}`));
}"""
OF_COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that dark can break
Visit = namedtuple("Visit", "errors requests state violations overflow small")


class Page(HTMLParser):
    """What a page refers to (`links`), what can be referred to in it (`anchors`) and the pictures it shows."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors, self.images = [], {"", "top"}, {}  # images: by source, with all they say
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes[key] for key in ("id", "name") if attributes.get(key)}
        self.links += [attributes[key] for key in ("href", "src") if attributes.get(key)]
        if tag == "img" and attributes.get("src"):
            self.images[attributes["src"]] = attributes


@pytest.fixture(scope="module")
def pages(site):
    """Every page of the site, by its path relative to the site's folder."""
    found = (path for path in site.rglob("*.html") if "_static" not in path.parts)
    return {path.relative_to(site).as_posix(): Page(path) for path in found}


@pytest.fixture(scope="session")
def axe():
    """axe's script, taken once from npm's registry and kept, in its archive, in the user's cache folder.

    Where it cannot be had, the error.
    """
    path = cache_folder() / f"axe-core-{AXE}.tgz"
    archive = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(archive).hexdigest() != AXE_SHA256:
        try:
            with urllib.request.urlopen(AXE_ADDRESS, timeout=60) as answer:
                archive = answer.read()
        except OSError as error:
            return error
        if hashlib.sha256(archive).hexdigest() != AXE_SHA256:
            return OSError(f"{AXE_ADDRESS} has a wrong checksum")
        write_file(path, archive)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return files.extractfile("package/axe.min.js").read().decode()


@pytest.fixture(scope="module")
def visits(one_page, address, pages, axe):
    """Each page opened once in a desktop window, then made as narrow as a phone, and at last, wide again, under axe."""
    return {name: visit(one_page, f"{address}/{name}", axe) for name in pages if name != "index.html"}


def visit(page, url, axe=None):
    """What one page did and shows, and which rules of axe it breaks in light and in dark."""
    errors, requests, violations = [], [], []
    emptied(page)
    with heard(
        page,
        console=lambda message: errors.append(message.text) if message.type in ("error", "warning") else None,
        pageerror=lambda error: errors.append(str(error)),
        request=lambda request: requests.append(request.url),
        response=lambda answer: errors.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
    ):
        page.goto(url)
        # pictures below the fold are loaded when scrolled to
        page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
        settle(page)
        state = page.evaluate(STATE)
        page.set_viewport_size(PHONE)
        overflow, small = page.evaluate(OVERFLOW), page.evaluate(SMALL)
        page.set_viewport_size(DESKTOP)
        if isinstance(axe, str):
            page.evaluate(axe)
            page.evaluate(MARK)
            violations += page.evaluate(VIOLATIONS)
            page.emulate_media(color_scheme="dark")
            page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
            page.evaluate(MARK)
            violations += [f"dark {line}" for line in page.evaluate(VIOLATIONS, OF_COLOURS)]
    return Visit(errors, requests, state, violations, overflow, small)


def problems(visits, find):
    """Page -> what `find` finds wrong in its visit, for the pages where it finds something."""
    found = {name: find(visit) for name, visit in visits.items()}
    return {name: wrong for name, wrong in found.items() if wrong}


def test_front_door_leads_to_the_introduction(tab, address):
    tab.goto(f"{address}/index.html")
    tab.wait_for_url(f"{address}/book/intro.html", timeout=10_000)


def test_no_page_complains(visits):
    assert problems(visits, lambda visit: visit.errors) == {}


def test_no_page_has_a_serious_violation(visits, axe):
    """Of axe's rules, in light and in dark: nothing serious and nothing critical."""
    if isinstance(axe, OSError):
        raise axe
    assert problems(visits, lambda visit: visit.violations) == {}


def test_nothing_is_fetched_from_another_host(visits, address):
    def foreign(visit):
        return [url for url in visit.requests if not url.startswith((f"{address}/", "data:", "blob:"))]

    assert problems(visits, foreign) == {}


def test_formulas_are_set(visits):
    assert sum(visit.state["formulas"] for visit in visits.values()) > 0
    assert problems(visits, lambda visit: visit.state["unset"] + visit.state["blank"] + visit.state["raw"]) == {}


def test_formulas_and_listings_fit_a_desktop(visits):
    assert problems(visits, lambda visit: visit.state["wide"]) == {}


def test_boxes_of_formulas_leave_room_above(visits):
    """A glyph's ink rises a little above its own box, and the box of a formula cuts off what rises above it."""
    assert problems(visits, lambda visit: visit.state["tight"]) == {}


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_headings_of_a_notebook_are_headings_of_its_page(pages, path):
    cells = json.loads(path.read_text())["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    wanted = {make_id(heading) for heading in re.findall(r"^##+ (.*)$", text, re.MULTILINE)}
    assert wanted - pages[f"notebooks/{path.stem}.html"].anchors == set()


def test_pictures_are_drawn_and_described(visits):
    def wanting(visit):
        return [image for image in visit.state["images"] if not (image["drawn"] and described(image["alt"]))]

    def described(alt):
        return alt.strip() and not re.search(r"/|\.(png|svg|jpe?g)$", alt)

    assert problems(visits, wanting) == {}


def test_figures_are_numbered(visits):
    def unnumbered(visit):
        return [caption for caption in visit.state["captions"] if not re.match(r"Figure \d", caption)]

    assert problems(visits, unnumbered) == {}


def test_links_inside_the_site_lead_somewhere(site, pages):
    broken = []
    for name, page in pages.items():
        for link in page.links:
            target = urlsplit(link)
            if target.scheme or target.netloc or "=" in target.fragment:  # the last sets what an interactive part shows
                continue
            path = (site / name).parent / unquote(target.path) if target.path else site / name
            there = pages.get(os.path.relpath(path, site))
            if not path.is_file() or (there and unquote(target.fragment) not in there.anchors):
                broken.append((name, link))
    assert broken == []


def test_index_leads_to_every_figure(pages):
    chapters = [page for name, page in pages.items() if name.startswith("notebooks/")]
    shown = {anchor for page in chapters for anchor in page.anchors if anchor.startswith("fig-")}
    assert shown <= {urlsplit(link).fragment for link in pages["book/figures.html"].links}


def test_index_has_every_figure_and_its_numbers_to_download(quick_book, site, pages):
    made = {path.relative_to(quick_book.root / "figures") for path in quick_book.root.glob("figures/*/fig-*")}
    links = [unquote(link) for link in pages["book/figures.html"].links if "_downloads" in link]
    folder = site / "_downloads" / "figures"
    offered = {(site / "book" / link).resolve().relative_to(folder.resolve()) for link in links}
    assert offered == {path.with_suffix(ending) for path in made for ending in (".png", ".zip")}
    assert any(path.suffix == ".csv" for path in made)
    for path in made:
        content = (quick_book.root / "figures" / path).read_bytes()
        if path.suffix == ".png":
            assert (folder / path).read_bytes() == content
        else:
            with ZipFile((folder / path).with_suffix(".zip")) as archive:
                assert archive.read(path.name) == content


def test_a_figure_to_download_says_what_it_was_made_from(site):
    with ZipFile(site / "_downloads" / "figures" / "02_kappa" / "fig-crossing.zip") as archive:
        record = json.loads(archive.read("record.json"))
    assert record["figure"]["name"] == "fig-crossing"
    assert {"versions", "started", "profile"} <= record.keys()


def test_pictures_of_the_pages_are_those_that_were_drawn(quick_book, site):
    """Lossless, and none is left as PNG beside its WebP."""
    drawn = list(quick_book.root.glob("_build/jupyter_execute/**/*.png"))
    assert {path.suffix for path in site.glob("_images/*")} <= {".webp", ".png", ".svg"}
    shown = {path.stem: path for path in site.glob("_images/*.webp")}
    compared = [path for path in drawn if path.stem in shown]
    assert compared
    for path in compared:
        with Image.open(path) as before, Image.open(shown[path.stem]) as after:
            assert ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox() is None


def test_index_lists_every_claim(quick_book, site):
    manifests = [json.loads(path.read_text()) for path in quick_book.root.glob("figures/*/manifest.json")]
    figures = [figure for manifest in manifests for figure in manifest["figures"]]
    claims = [claim for figure in figures for claim in figure["checks"] + figure["verdicts"]]
    index = (site / "book" / "figures.html").read_text()
    assert sum(not claim.get("holds", True) for claim in claims) == index.count(", does not hold")
    assert [claim["claim"] for claim in claims if f"{escape(claim['claim'], quote=False)}: " not in index] == []


def test_every_run_is_on_record(quick_book, site):
    rows = (site / "book" / "executed.html").read_text().count("<td><p>quick</p></td>")
    assert rows == len(list((quick_book.root / "notebooks").glob("*.ipynb")))


def test_chapters_open_in_binder_from_the_checkout_own_remote(pages):
    for name in (name for name in pages if name.startswith("notebooks/")):
        notebook = name.replace(".html", ".ipynb")
        links = pages[name].links
        assert f"https://mybinder.org/v2/gh/someone/fork/main?urlpath=lab/tree/{notebook}" in links
        assert "https://github.com/someone/fork" in links


def test_search_finds_kappa(tab, address):
    tab.goto(f"{address}/search.html?q=kappa")
    tab.wait_for_selector("#search-results ul.search li a", timeout=10_000)


def test_dark_and_light_follow_the_system(tab, address):
    def background(scheme):
        tab.emulate_media(color_scheme=scheme)
        tab.goto(f"{address}/book/intro.html")
        return brightness(tab, "body", "backgroundColor")

    assert background("dark") < 200 < 600 < background("light")


def test_a_dark_page_does_not_begin_light(tab, address):
    """It is dark before any of the theme's scripts has run."""
    tab.emulate_media(color_scheme="dark")
    tab.route("**/*.js*", lambda route: route.abort())
    try:
        tab.goto(f"{address}/book/intro.html")
    finally:
        tab.unroute_all()
    assert brightness(tab, "body", "backgroundColor") < 200 < 600 < brightness(tab, "article p", "color")


@pytest.mark.parametrize("name", ["book/intro", "notebooks/02_kappa", "book/lab", "book/explorer"])
def test_screenshots_differ_as_they_should(tab, address, name):
    tab.goto(f"{address}/{name}.html")
    settle(tab)

    def look():
        """What the first screen shows, in grey, and how wide the text is."""
        with Image.open(io.BytesIO(tab.screenshot(animations="disabled"))) as picture:
            return np.asarray(picture.convert("L")), tab.locator("article").bounding_box()["width"]

    light, width = look()
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    dark, _ = look()
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size(PHONE)
    small, narrow = look()
    assert np.median(dark) < 60 < 220 < np.median(light)
    assert small.shape == (844, 390)
    assert 0.8 * 390 < narrow <= 390 < width < 0.8 * 1280  # on a phone nothing stands beside the text


def test_no_page_scrolls_sideways_on_a_phone(visits):
    assert problems(visits, lambda visit: visit.overflow > 1) == {}


def test_figures_are_legible_on_a_phone(visits):
    assert problems(visits, lambda visit: visit.small) == {}


def test_figures_say_their_size_before_they_arrive(pages):
    pictures = [image for page in pages.values() for source, image in page.images.items() if "_images/" in source]
    assert len(pictures) > 50
    assert [image for image in pictures if not {"width", "height"} <= image.keys()] == []


def test_site_is_small(site):
    """The notebooks that it offers have no outputs, but here, where they were executed in place."""
    offered = list((ROOT / "notebooks").glob("*.ipynb"))
    others = [path for path in site.rglob("*") if path.is_file() and path.suffix != ".ipynb"]
    assert sum(path.stat().st_size for path in offered + others) < 25 * MEGABYTE


def test_pages_are_light(site, pages):
    for name, page in pages.items():
        files = [site / name] + [(site / name).parent / source for source in page.images if not urlsplit(source).scheme]
        assert sum(file.stat().st_size for file in files) < 3 * MEGABYTE, name


def test_pages_load_little_besides_pictures(site, visits, address):
    """An executed chapter takes 0.4 MB at most, the theme 0.25 MB, the fonts of formulas 0.1 MB."""

    def weight(visit):
        names = {unquote(urlsplit(url).path).lstrip("/") for url in visit.requests if url.startswith(address)}
        if "loaded" not in visit.state["fonts"]:  # asked for all the same, as an earlier page has left them in memory
            names = {name for name in names if "mathjax/woff" not in name}
        return sum((site / name).stat().st_size for name in names if Path(name).suffix not in PICTURES)

    assert problems(visits, lambda visit: max(0, weight(visit) - 1 * MEGABYTE)) == {}


def test_formulas_are_set_without_a_server_and_without_scripts(browser, site, visits):
    name = max(visits, key=lambda name: visits[name].state["formulas"])
    with browser.new_context(java_script_enabled=False) as window:
        page = window.new_page()
        page.goto((site / name).as_uri())
        state = page.evaluate(STATE)
    assert state["formulas"] > 100
    assert state["unset"] + state["blank"] == []
    assert "loaded" in state["fonts"]
    assert "error" not in state["fonts"]

"""The theory lab and the seed explorer in the site: dark and light, on a phone, and without scripts."""

from dataclasses import dataclass

import pytest
from conftest import PHONE, brightness


@dataclass(frozen=True)
class Interactive:
    """A page with an interactive part, and where in it the tests look."""

    name: str
    part: str  # that is drawn last
    coloured: tuple  # selector and CSS colour, dark in light mode if `ink`
    ink: bool
    boxes: str  # that must fit a phone
    n_boxes: int
    stills: str  # pictures for readers without scripts
    n_stills: int
    text: str  # that they read
    n_links: int  # to views that the text names


PAGES = [
    Interactive(
        "lab",
        ".lab-canvas svg",
        (".lab-line.lab-theory", "stroke"),
        True,
        ".lab-canvas svg",
        8,
        ".theory-lab-still img",
        5,
        "18 Heun steps",
        8,
    ),
    Interactive(
        "explorer",
        ".explorer-comparison table",
        (".explorer-controls", "backgroundColor"),
        False,
        ".seed-explorer :is(table, fieldset, svg)",
        6,
        ".seed-explorer-still img",
        1,
        "nearest",
        8,
    ),
]


@pytest.fixture(params=PAGES, ids=lambda one: one.name)
def interactive(request):
    """Each of the pages."""
    return request.param


def opened(tab, address, interactive):
    """The page once it has drawn itself."""
    tab.goto(f"{address}/book/{interactive.name}.html")
    tab.wait_for_selector(interactive.part)
    return tab


@pytest.fixture(scope="module")
def without_scripts(browser):
    """A page of a reader whose browser runs no scripts."""
    with browser.new_context(java_script_enabled=False) as window:
        yield window.new_page()


def test_colours_follow_the_switch(tab, address, interactive):
    page = opened(tab, address, interactive)
    light = brightness(page, *interactive.coloured)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    dark = brightness(page, *interactive.coloured)
    darker, brighter = (light, dark) if interactive.ink else (dark, light)
    assert darker < 200 < 500 < brighter


def test_a_phone_shows_everything_within_its_width(tab, address, interactive):
    tab.set_viewport_size(PHONE)
    page = opened(tab, address, interactive)
    boxes = [part.bounding_box() for part in page.locator(interactive.boxes).all()]
    assert len(boxes) >= interactive.n_boxes
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)


def test_links_to_a_view_show_it(tab, address, interactive):
    """The page, asked for the address of what it shows, gives that of the link: nothing in it is unknown or idle."""
    page = opened(tab, address, interactive)
    links = page.locator("article a[href^='#'][href*='=']")
    assert links.count() == interactive.n_links
    for link in links.all():
        link.click()
        chosen = page.locator("form :is(input:checked, select)").first
        chosen.evaluate("element => element.dispatchEvent(new Event('change', {bubbles: true}))")
        assert page.evaluate("location.hash") == link.get_attribute("href")


def test_without_scripts_chapters_show_their_stills(without_scripts, address):
    page, found = without_scripts, {}
    for chapter in ("02_kappa", "03_variance", "04_fractional_powers"):
        page.goto(f"{address}/notebooks/{chapter}.html")
        stills = page.locator(".theory-lab-still")
        assert all(still.is_visible() for still in stills.locator("img").all())
        found[chapter] = stills.all_inner_texts()
    kappa, gain, variance, sampling = (text for texts in found.values() for text in texts if "Natural" in text)
    assert "noise variance" not in kappa + sampling
    assert "noise variance 0.01" in gain
    assert "noise variance 0.01" in variance
    assert "18 Heun steps" in sampling


@pytest.mark.parametrize("chapter", ["01_linear_setting", "02_kappa", "03_variance", "08_fragile_seeds"])
def test_a_question_has_a_picture_and_an_answer_without_scripts_and_moves_with_them(
    tab, without_scripts, address, chapter
):
    url, page = f"{address}/notebooks/{chapter}.html", without_scripts
    page.goto(url)
    assert page.locator(".predict img").is_visible()
    assert page.locator(".predict-options li").count() >= 2
    page.locator(".predict summary").click()
    assert page.locator(".predict-answer p").first.is_visible()
    tab.set_viewport_size(PHONE)
    tab.emulate_media(reduced_motion="reduce")
    tab.goto(url)
    tab.locator(".predict-options button").nth(1).click()
    assert tab.locator(".predict-options [data-verdict=right]").count() == 1
    boxes = [one.bounding_box() for one in tab.locator(".predict svg").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)


def test_without_scripts_there_are_pictures(without_scripts, address, interactive):
    page = without_scripts
    page.goto(f"{address}/book/{interactive.name}.html")
    pictures = page.locator(interactive.stills).all()
    assert len(pictures) == interactive.n_stills
    for picture in pictures:
        assert picture.is_visible()
        assert picture.get_attribute("alt")
        answer = page.request.get(page.url.rsplit("/", 1)[0] + "/" + picture.get_attribute("src"))
        assert answer.ok
        assert answer.body().startswith(b"\x89PNG")
    assert interactive.text in page.inner_text("article")

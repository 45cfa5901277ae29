"""The theory lab and the seed explorer in the site: dark and light, on a phone, and without scripts."""

from dataclasses import dataclass

import pytest
from conftest import brightness


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


PAGES = [
    Interactive(
        "lab",
        ".lab-canvas svg",
        (".lab-line.lab-theory", "stroke"),
        True,
        ".lab-canvas svg",
        6,
        ".theory-lab-still img",
        4,
        "eigenvalues",
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
    ),
]


@pytest.fixture(params=PAGES, ids=lambda one: one.name)
def interactive(request):
    """Each of the pages."""
    return request.param


def opened(window, address, interactive):
    """The page once it has drawn itself."""
    page = window.new_page()
    page.goto(f"{address}/book/{interactive.name}.html")
    page.wait_for_selector(interactive.part)
    return page


def test_colours_follow_the_switch(browser, address, interactive):
    with browser.new_context(color_scheme="light") as window:
        page = opened(window, address, interactive)
        light = brightness(page, *interactive.coloured)
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        dark = brightness(page, *interactive.coloured)
    darker, brighter = (light, dark) if interactive.ink else (dark, light)
    assert darker < 200 < 500 < brighter


def test_a_phone_shows_everything_within_its_width(browser, address, interactive):
    with browser.new_context(viewport={"width": 390, "height": 844}) as window:
        page = opened(window, address, interactive)
        boxes = [part.bounding_box() for part in page.locator(interactive.boxes).all()]
    assert len(boxes) >= interactive.n_boxes
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)


def test_without_scripts_there_are_pictures(browser, address, interactive):
    with browser.new_context(java_script_enabled=False) as window:
        page = window.new_page()
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

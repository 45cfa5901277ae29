"""What the site keeps of its style sheets and icon fonts."""

import logging
import re
from pathlib import Path

import pydata_sphinx_theme
import pytest
import tinycss2
from fontTools.ttLib import TTFont
from used_styles import applying, subset

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        (".a{x:1}.b{x:2}", ".a{x:1}"),
        (".a,.b,p{x:1}", ".a,p{x:1}"),
        (".a.b{x:1}.a .b{x:1}.a>p{x:1}", ".a>p{x:1}"),
        ("p:not(.b){x:1}a:is(.a,.b){x:1}", "p:not(.b){x:1}a:is(.a,.b){x:1}"),
        ("#b{x:1}[class=b]{x:1}:root{--b:.5}", "#b{x:1}[class=b]{x:1}:root{--b:.5}"),
        (r".a\.5{x:1}.a{x:1}", ".a{x:1}"),
        ("@media print{.b{x:1}}@media print{.a{x:1}.b{x:2}}", "@media print{.a{x:1}}"),
        ("@font-face{x:1}@keyframes b{to{x:1}}", "@font-face{x:1}@keyframes b{to{x:1}}"),
    ],
)
def test_rules_that_can_apply_are_kept(style, kept):
    assert tinycss2.serialize(applying(tinycss2.parse_stylesheet(style), {"a"})) == kept


def test_every_icon_of_the_site_is_in_its_fonts(site):
    pages = "".join(path.read_text() for path in site.rglob("*.html"))
    shown = set(re.findall(r"(?<=[\" ])fa-[a-z-]+", pages))
    original = (THEME / "styles" / "pydata-sphinx-theme.css").read_text()
    icons = {
        icon: chr(int(code, 16))
        for icon in shown
        for code in re.findall(rf"\.{icon}:before[^{{}}]*{{content:\"\\([0-9a-f]+)\"", original)
    }
    fonts = [TTFont(path) for path in (site / "_static" / "vendor").rglob("*.woff")]
    there = {chr(code) for font in fonts for code in font.getBestCmap()}
    assert len(icons) > 10
    assert set(icons.values()) <= there
    assert len(fonts) == 3


def test_style_sheets_are_a_third_of_the_originals(site):
    path = Path("styles", "pydata-sphinx-theme.css")
    assert (site / "_static" / path).stat().st_size < (THEME / path).stat().st_size / 3
    assert not list(site.rglob("*.map"))


def test_a_font_is_made_smaller_without_words_on_the_terminal(caplog):
    caplog.set_level(logging.INFO)
    (font, *_) = (THEME / "vendor").rglob("fa-solid-900.ttf")
    assert len(subset(font, "\uf002")) < font.stat().st_size / 50
    assert caplog.records == []

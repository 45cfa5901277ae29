"""A page to whose figures many references point is read once when pages are written."""

from collections import Counter

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

FIGURE = "\n.. _{0}:\n\n.. figure:: none.svg\n\n   {0}\n"
PAGE = ":orphan:\n\nPage\n====\n\n:numref:`two`, :numref:`one`, :numref:`two`.\n"


def test_numbers_are_right_and_a_page_is_read_once_for_all_of_them(tmp_path, monkeypatch):
    (tmp_path / "index.rst").write_text("Figures\n=======\n" + FIGURE.format("one") + FIGURE.format("two"))
    (tmp_path / "none.svg").write_text("<svg/>")
    for name in ("a", "b"):
        (tmp_path / f"{name}.rst").write_text(PAGE)
    read, get = Counter(), BuildEnvironment.get_doctree
    monkeypatch.setattr(BuildEnvironment, "get_doctree", lambda env, name: read.update([name]) or get(env, name))
    html = tmp_path / "html"
    settings = {"extensions": ["numbered_references"], "numfig": True}
    Sphinx(tmp_path, None, html, tmp_path / "trees", "html", settings, status=None).build()
    numbers = [f'<span class="std std-numref">Fig. {number}</span>' for number in (2, 1, 2)]
    for name in ("a", "b"):
        text = (html / f"{name}.html").read_text()
        places = [text.index(numbers[0]), text.index(numbers[1]), text.rindex(numbers[2])]
        assert places == sorted(set(places))
    assert read["index"] <= 3

"""Set formulas when the site is built, so that a page needs no script for them and no reader waits.

MathJax, from the package sphinx-mathjax-offline, runs in QuickJS. The pages get what it would put there in a browser,
MathML for readers' software included; its style sheet and fonts become part of the site. TeX that MathJax does not
understand is a warning.
"""

import functools
import html
import json
import re
from importlib.resources import as_file, files
from pathlib import Path

import quickjs
from docutils import nodes
from myst_parser.sphinx_ext.mathjax import html_visit_displaymath
from sphinx.ext.mathjax import html_visit_math
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.fileutil import copy_asset

from rmt_utils.files import write_file

MATHJAX = files("sphinx-mathjax-offline") / "static" / "mathjax"
PARTS = ("startup", "core", "adaptors/liteDOM", "input/tex-base", "input/tex/extensions/ams", "output/chtml")
PARTS += ("output/chtml/fonts/tex", "a11y/assistive-mml")  # the last shows readers' software what a formula says
FONTS, STYLE = "output/chtml/fonts/woff-v2", "mathjax/formulas.css"
BEFORE = """
var MathJax = {
  loader: {load: []},
  startup: {typeset: false},
  tex: {packages: ["base", "ams"], formatError: (jax, error) => { throw Error(error.message) }},
  options: {enableAssistiveMml: true},
  chtml: {fontURL: "woff-v2", adaptiveCSS: false},
};
"""
AFTER = """
function formula(tex, display) {
  return JSON.stringify(MathJax.startup.adaptor.outerHTML(MathJax.tex2chtml(tex, {display})));
}
function style() {
  return JSON.stringify(MathJax.startup.adaptor.textContent(MathJax.chtmlStylesheet()));
}
"""  # through JSON, because quickjs does not take every kind of string
# As MathJax measures it in a browser: the x of a formula, 0.442 em, is as high as that of the text around it.
SIZE = "mjx-container { font-size: calc(1ex / 0.442) }\n"
# Browsers break a line on either side of a formula, even before the full stop behind it.
UNBROKEN = ".with-sign { white-space: nowrap }\n"
OPENING, CLOSING = re.compile(r"[(\[]+$"), re.compile(r"^[)\].,;:!?%'\u2019-]+")
DELIMITED = re.compile(r"\\([(\[])(.*)\\[)\]]", re.DOTALL)
LOGGER = logging.getLogger(__name__)


@functools.cache
def engine():
    """A JavaScript engine in which MathJax is ready."""
    context = quickjs.Context()
    context.eval(BEFORE)
    context.eval(";\n".join((MATHJAX / f"{part}.js").read_text(encoding="utf-8") for part in PARTS))
    while context.execute_pending_job():
        pass
    context.eval(AFTER)
    return context


@functools.cache
def formula(tex, display):
    """HTML of a formula; a ValueError says what is wrong with it."""
    try:
        return json.loads(engine().get("formula")(tex, display))
    except quickjs.JSException as error:
        raise ValueError(f"{str(error).splitlines()[0].removeprefix('Error: ')}: {tex}") from None


def setting(visit):
    """The visitor of a node, with the formula set that it leaves to the browser between delimiters."""

    def visit_and_set(translator, node):
        before, translator.body = translator.body, []
        try:
            visit(translator, node)
        finally:  # it ends with SkipNode
            left, translator.body = "".join(translator.body), before
            try:
                left = DELIMITED.sub(lambda found: formula(html.unescape(found[2]).strip(), found[1] == "["), left)
            except ValueError as error:
                LOGGER.warning(str(error), location=node)
            translator.body.append(left)

    return visit_and_set


class WithSigns(SphinxPostTransform):
    """Put a formula in the text on one line with the signs that belong to it: the full stop behind, brackets around."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_):
        """Move them into an element whose lines do not break."""
        for node in [*self.document.findall(nodes.math)]:
            place, parent = node.parent.index(node), node.parent
            before, behind = (parent[i] if 0 <= i < len(parent) else None for i in (place - 1, place + 1))
            opening = OPENING.search(before) if isinstance(before, nodes.Text) else None
            closing = CLOSING.search(behind) if isinstance(behind, nodes.Text) else None
            if not (opening or closing):
                continue
            together = nodes.inline(classes=["with-sign"])
            if opening:
                parent[place - 1] = nodes.Text(before[: opening.start()])
                together += nodes.Text(opening[0])
            if closing:
                parent[place + 1] = nodes.Text(behind[closing.end() :])
            parent[place] = together
            together += node
            if closing:
                together += nodes.Text(closing[0])


def write_style(app, exception):
    """Put style sheet and fonts into the built site."""
    if exception is None and app.builder.format == "html":
        static = Path(app.outdir, "_static")
        write_file(static / STYLE, (json.loads(engine().get("style")()) + SIZE + UNBROKEN).encode())
        with as_file(MATHJAX / FONTS) as fonts:
            copy_asset(str(fonts), str(static / "mathjax" / Path(FONTS).name))


def setup(app):
    """Register with Sphinx, which prefers it to its own way with formulas."""
    app.add_html_math_renderer("set", (setting(html_visit_math), None), (setting(html_visit_displaymath), None))
    app.add_post_transform(WithSigns)
    app.add_css_file(STYLE)
    app.connect("build-finished", write_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

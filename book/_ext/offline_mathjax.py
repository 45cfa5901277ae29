"""Serve MathJax from the site itself, so that reading a page sends no request to another host.

The package sphinx-mathjax-offline carries MathJax. What TeX shown as HTML needs is joined into one script, two thirds
the size of the smallest ready-made one, and in one piece because parts that load each other do so in no fixed order.
"""

from importlib.resources import as_file, files
from pathlib import Path

from sphinx.util.fileutil import copy_asset

from rmt_utils.files import write_file

# `startup` sets formulas once the whole script has run; the last shows readers' software what a formula says
PARTS = ("startup", "core", "input/tex-base", "input/tex/extensions/ams", "output/chtml", "output/chtml/fonts/tex")
PARTS += ("a11y/assistive-mml",)
FONTS = "output/chtml/fonts/woff-v2"
SCRIPT = "mathjax/tex-as-html.js"
CONFIG = {
    "loader": {"load": []},
    "tex": {"packages": ["base", "ams"]},
    "options": {"enableAssistiveMml": True},
}


def write_mathjax(app, exception):
    """Put script and fonts into the built site."""
    if exception is None and app.builder.format == "html":
        static = Path(app.outdir, "_static")
        with as_file(files("sphinx-mathjax-offline") / "static" / "mathjax") as mathjax:
            write_file(static / SCRIPT, b";\n".join((mathjax / f"{part}.js").read_bytes() for part in PARTS))
            copy_asset(str(mathjax / FONTS), str(static / "mathjax" / FONTS))


def setup(app):
    """Register with Sphinx."""
    app.config.mathjax_path = SCRIPT
    app.config.mathjax3_config = CONFIG
    app.connect("build-finished", write_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

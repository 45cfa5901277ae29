"""Serve MathJax from the site itself, so that reading a page sends no request to another host.

The package sphinx-mathjax-offline carries MathJax, and its own extension copies all 24 MB of it; the parts copied here
are all that TeX shown as HTML needs. A page loads them one by one, without the menu: two thirds of the bundle.
"""

from importlib.resources import as_file, files
from pathlib import Path

from sphinx.util.fileutil import copy_asset

LOADED = ("core", "input/tex", "output/chtml", "output/chtml/fonts/tex", "a11y/assistive-mml")
PARTS = ("startup.js", "input/tex/extensions", "output/chtml/fonts/woff-v2", *(f"{name}.js" for name in LOADED))


def copy_mathjax(app, exception):
    """Copy the needed parts of MathJax into the built site."""
    if exception is None and app.builder.format == "html":
        with as_file(files("sphinx-mathjax-offline") / "static" / "mathjax") as mathjax:
            for part in PARTS:
                # copy_asset puts a file into the folder it is given, but a folder's content
                into = Path(part) if (mathjax / part).is_dir() else Path(part).parent
                copy_asset(str(mathjax / part), str(Path(app.outdir, "_static", "mathjax", into)))


def setup(app):
    """Register with Sphinx."""
    app.config.mathjax_path = "mathjax/startup.js"
    app.config.mathjax3_config = {"loader": {"load": LOADED}}
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

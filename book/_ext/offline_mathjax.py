"""Serve MathJax from the site itself, so that reading a page sends no request to another host.

The package sphinx-mathjax-offline carries MathJax, and its own extension copies all 24 MB of it; the three parts copied
here are 2 MB and all that TeX shown as HTML needs.
"""

from importlib.resources import as_file, files
from pathlib import Path

from sphinx.util.fileutil import copy_asset

PARTS = ("tex-chtml.js", "input/tex/extensions", "output/chtml/fonts/woff-v2")


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
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

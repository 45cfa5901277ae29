"""What directives share whose pages load scripts: the mark on a page, and what a marked page loads.

What is made for the directive `name` when the site is built stands in `_static/<name>`, beside its own scripts.
"""

from pathlib import Path


def mark(directive, name):
    """Note that the page in which `directive` stands needs the scripts of `name`."""
    directive.env.metadata[directive.env.docname][name] = True


def is_used(env, name):
    """Whether any page is marked."""
    return any(name in entries for entries in env.metadata.values())


def load_on_marked_pages(app, name, styles, scripts):
    """Have Sphinx add styles and scripts, paths in `_static` in their order, to every marked page."""

    def add(app, pagename, templatename, context, doctree):
        if name in app.env.metadata.get(pagename, {}):
            for style in styles:
                app.add_css_file(style)
            for script in scripts:
                app.add_js_file(script, loading_method="defer")

    app.connect("html-page-context", add)


def output_folder(app, name):
    """Folder of the site that the scripts are loaded from; what is made when the site is built goes there too."""
    return Path(app.outdir, "_static", name)

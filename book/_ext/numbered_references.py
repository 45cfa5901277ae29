"""Numbers of figures and tables in references, for which a page is read once and not once for each reference to it.

Sphinx unpickles the page that a ``numref`` points to every time, two fifths of the time in which pages are written.
"""

import functools

from sphinx.domains.std import StandardDomain


class Pages:
    """A build environment that reads every page once. What it gives back must not be changed."""

    def __init__(self, env):
        self.env, self.get_doctree = env, functools.cache(env.get_doctree)

    def __getattr__(self, name):
        return getattr(self.env, name)


class ReferencesDomain(StandardDomain):
    """Sphinx's own domain of references, with ``Pages`` for those that ask for a number."""

    def __init__(self, env):
        super().__init__(env)
        self.pages = Pages(env)

    def _resolve_numref_xref(self, env, *reference):
        return super()._resolve_numref_xref(self.pages, *reference)


def setup(app):
    """Register with Sphinx."""
    app.add_domain(ReferencesDomain, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""The executed chapters of a checkout: those are run whose results could have changed since they were run last.

They go where ``jupyter-book build`` looks for them, into its cache in ``_build``; their figures and records go to
``figures``. The cache finds a chapter's outputs by its code and its cells' settings; with them stand the fingerprints
of all else that they come from and of the record that was written with them.
"""

import hashlib
import shutil
from contextlib import contextmanager

from rmt_utils.book.notebooks import QUIET, report, side_by_side
from rmt_utils.book.sources import fingerprint


def bring_up_to_date(root):
    """Run the chapters of the checkout in the folder ``root`` that need it. Returns their names.

    Raises SystemExit, once all others have run, if a cell of one failed.
    """
    from jupyter_cache.base import CacheBundleIn

    chapters = sorted(root.glob("notebooks/*.ipynb"))
    for folder in root.glob("figures/*"):
        if folder.name not in {path.stem for path in chapters}:  # of a chapter that is no more
            shutil.rmtree(folder)
    with opened(root) as cache:
        stale = [path for path in chapters if not _is_current(path, cache)]
    # as the files are now: whatever is edited while a chapter runs makes it stale
    origins = {path: fingerprint(path) for path in stale}
    for path, seconds, notebook in report(side_by_side(execute, stale)):
        data = {"execution_seconds": seconds, "from": origins[path], "record": _record(path)}
        bundle = CacheBundleIn(notebook, str(path), data=data)
        with opened(root) as cache:
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        # Sphinx reads a page again if its file changed, or if what it keeps of the page is missing
        (root / "_build" / ".doctrees" / "notebooks" / f"{path.stem}.doctree").unlink(missing_ok=True)
    return [path.stem for path in stale]


@contextmanager
def opened(root):
    """The cache of a checkout's executed notebooks, whose database is closed at the end: else Python 3.13 warns."""
    from jupyter_cache import get_cache

    cache = get_cache(root / "_build" / ".jupyter_cache")
    try:
        yield cache
    finally:
        cache.db.dispose()


def execute(path):
    """The notebook with its outputs, as jupyter-book itself would run it. Raises ``nbclient``'s CellExecutionError."""
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    settings = {"cwd": str(path.parent), "timeout": None, "record_timing": False, "extra_arguments": QUIET}
    return nbclient.execute(notebook, **settings)


def _is_current(path, cache):
    """Whether the cache holds the chapter's outputs, from the same sources, and its record is the one written then."""
    import nbformat

    try:
        data = cache.match_cache_notebook(nbformat.read(path, as_version=4)).data
    except KeyError:
        return False
    return (data.get("from"), data.get("record")) == (fingerprint(path), _record(path))


def _record(path):
    """Hex digest of the chapter's manifest, None if there is none."""
    manifest = path.parents[1] / "figures" / path.stem / "manifest.json"
    return hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest.exists() else None

"""Pictures of the pages as lossless WebP, half the size of the same pixels as PNG."""

import io
import re
from pathlib import Path

from PIL import Image

from rmt_utils.files import write_file


def convert(app, exception):
    """Replace the PNGs among the pages' pictures in a site that has just been built, where that makes them smaller."""
    if exception is not None or app.builder.name != "html":
        return
    site, smaller = Path(app.outdir), set()
    for path in site.glob("_images/*.png"):
        content = io.BytesIO()
        with Image.open(path) as picture:
            picture.save(content, "webp", lossless=True, quality=50, method=2)
        if len(content.getvalue()) < path.stat().st_size:
            write_file(path.with_suffix(".webp"), content.getvalue())
            path.unlink()
            smaller.add(path.stem)
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        changed = re.sub(
            r"(_images/([^\"'/]+))\.png", lambda found: f"{found[1]}.webp" if found[2] in smaller else found[0], text
        )
        if changed != text:
            write_file(page, changed.encode())


def setup(app):
    """Register with Sphinx, before what looks at the finished pages."""
    app.connect("build-finished", convert, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

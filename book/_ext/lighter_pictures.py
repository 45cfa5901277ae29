"""Pictures of the pages: as lossless WebP, half the size of the same pixels as PNG, and each with its width and height.

With these the text does not move when a picture arrives, and a phone can show a figure at a size at which its letters
are read, in a box that scrolls (``book.css``).
"""

import io
import re
from pathlib import Path

from PIL import Image

from rmt_utils.files import write_file

LINK = re.compile(r"(_images/)([^\"'/]+\.png)")
FIGURE = re.compile(r'(<figure[^>]*>\s*)(<img [^>]*src="[^"]*_images/([^"/]+\.png)") />')


def convert(app, exception):
    """Replace the PNGs of a site that has just been built, where that makes them smaller, and write figures' sizes."""
    if exception is not None or app.builder.name != "html":
        return
    site, names, sizes = Path(app.outdir), {}, {}  # by the name on the pages as Sphinx writes them
    for path in site.glob("_images/*.png"):
        content = io.BytesIO()
        with Image.open(path) as picture:
            picture.save(content, "webp", lossless=True, quality=50, method=2)
            width, height = picture.size
        sizes[path.name] = f'width="{width}" height="{height}" style="--width: {width}px"'
        if len(content.getvalue()) < path.stat().st_size:
            names[path.name] = f"{path.stem}.webp"
            write_file(path.with_suffix(".webp"), content.getvalue())
            path.unlink()
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        changed = FIGURE.sub(lambda it: f'{it[1]}<span class="swipe">{it[2]} {sizes[it[3]]} /></span>', text)
        changed = LINK.sub(lambda it: it[1] + names.get(it[2], it[2]), changed)
        if changed != text:
            write_file(page, changed.encode())


def setup(app):
    """Register with Sphinx, before what looks at the finished pages."""
    app.connect("build-finished", convert, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

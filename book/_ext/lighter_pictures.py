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
FIGURE = re.compile(r'<figure(?P<figure>[^>]*)>\s*(?P<start><img [^>]*src="[^"]*_images/)(?P<name>[^"/]+\.png)" />')


def convert(app, exception):
    """Replace the PNGs among the pages' pictures in a site that has just been built, where that makes them smaller."""
    if exception is not None or app.builder.name != "html":
        return
    site, pictures = Path(app.outdir), {}  # by its name on the pages: the new name, width and height
    for path in site.glob("_images/*.png"):
        content, name = io.BytesIO(), path.name
        with Image.open(path) as picture:
            picture.save(content, "webp", lossless=True, quality=50, method=2)
        if len(content.getvalue()) < path.stat().st_size:
            name = f"{path.stem}.webp"
            write_file(path.with_name(name), content.getvalue())
            path.unlink()
        pictures[path.name] = name, *picture.size

    def with_size(found):
        name, width, height = pictures[found["name"]]
        size = f'width="{width}" height="{height}" style="--width: {width}px"'
        return f'<figure{found["figure"]}>\n<span class="swipe">{found["start"]}{name}" {size} /></span>'

    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        changed = FIGURE.sub(lambda found: with_size(found) if found["name"] in pictures else found[0], text)
        changed = LINK.sub(lambda found: found[1] + pictures.get(found[2], found[2:])[0], changed)
        if changed != text:
            write_file(page, changed.encode())


def setup(app):
    """Register with Sphinx, before what looks at the finished pages."""
    app.connect("build-finished", convert, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

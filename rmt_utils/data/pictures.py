"""One picture in a file: decoded, turned upright, laid on white, cropped to its central square and reduced."""

from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image

from rmt_utils.data.area import BACKGROUND, resize, shrink, square
from rmt_utils.data.copies import digest

# the formats of photographs and drawings; Pillow's others run programs, or are found in any bytes
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "DIB", "PPM", "AVIF", "JPEG2000", "QOI", "TGA")
GREY = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")  # modes without colour
STRIP = 2**20  # pixels that are laid on the background at a time
LARGE = 2**24  # pixels, from which a picture must not stand in memory as float32, nor a JPEG whole
FINER = 8  # times the side asked for, at which a large JPEG is decoded: its crop is off by 1/16 of a pixel at most
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, eq=False)
class Picture:
    """pixels: float32 (size, size, 3) in [-1, 1]. side: of the central square in the file. digest: as ``digest``.

    cut: share of the picture outside of this square. colored: whether the channels differ. transparent: whether any
    pixel was.
    """

    pixels: np.ndarray
    side: int
    cut: float
    digest: bytes | None
    colored: bool
    transparent: bool


def header(file):
    """Shorter side of the picture in a file, and whether it may have colour. Any exception if it cannot be read."""
    with Image.open(file, formats=_formats()) as picture:
        return min(picture.size), picture.mode not in GREY


def read(file, size=None):
    """The ``Picture`` in a file, at the side ``size`` if given. Any exception that a decoder knows if it is damaged."""
    with Image.open(file, formats=_formats()) as picture:
        side, area = min(picture.size), picture.width * picture.height
        large = size and area > LARGE
        if large:
            picture.draft(None, (FINER * size, FINER * size))  # a JPEG is decoded at a half, quarter or eighth
        picture.load()
        upright = _upright(picture)
        if upright.mode.startswith("I;16"):  # Pillow would clip 16 bits to 8
            deep, transparent = np.asarray(upright), False
            found = digest(deep)
            pixels = np.repeat(square(deep[..., None]).astype(np.float32) / 32767.5 - 1, 3, axis=2)
        else:
            opaque, transparent = _on_background(upright)
            found = digest(opaque)
            pixels = square(opaque)
            pixels = shrink(pixels, size) if large else pixels.astype(np.float32) / 127.5 - 1
    pixels = resize(pixels[None], size or len(pixels))[0]
    return Picture(pixels, side, 1 - side**2 / area, found, bool((pixels != pixels[..., :1]).any()), transparent)


def _formats():
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _upright(picture):
    """The picture turned as its EXIF orientation says. Nothing else of the EXIF is read, so that it may be damaged."""
    try:
        turn = TURNS.get(picture.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # then nothing says that it lies on its side
        turn = None
    return picture if turn is None else picture.transpose(turn)


def _on_background(picture):
    """Its RGB pixels, uint8 (height, width, 3), transparent ones laid on ``BACKGROUND``, and whether there were any.

    Strip by strip: Pillow would make four pictures of a transparent one.
    """
    if picture.mode in ("I", "F"):
        raise ValueError(f"pixels of mode {picture.mode}, 32 bits, have no known range")
    width, height = picture.size
    pixels, transparent = np.empty((height, width, 3), np.uint8), False
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):
        strip = picture.crop((0, top, width, min(top + rows, height)))
        if picture.has_transparency_data:
            strip = strip.convert("RGBA")
            if strip.getchannel("A").getextrema()[0] < 255:
                transparent = True
                strip = Image.alpha_composite(Image.new("RGBA", strip.size, BACKGROUND), strip)
        pixels[top : top + rows] = np.asarray(strip.convert("RGB"))
    return pixels, transparent

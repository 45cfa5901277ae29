"""The two kinds of source, numbers and pictures, as one: both yield ``Image`` after ``Image`` of one shape."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from rmt_utils.data.area import resize, square
from rmt_utils.data.arrays import unit
from rmt_utils.data.copies import digest
from rmt_utils.data.photographs import luminance
from rmt_utils.extras import extra
from rmt_utils.files import printable

LARGEST_DEFAULT = 32  # pixels a side: the cost of a covariance grows with the sixth power of the side
SMALLER = 0.05  # share of the images that may be smaller than the default side
CHUNK = 256  # images at a time


@dataclass(frozen=True, eq=False)
class Image:
    """pixels: float32 (size, size, channels) in [-1, 1]. index: in the source. digest: of its pixels there.

    side: of its central square in the source. cut: share of the picture outside of it. grey, transparent: whether it
    had no colour, any transparent pixels.
    """

    pixels: np.ndarray
    index: int
    digest: bytes | None
    side: int
    cut: float
    grey: bool
    transparent: bool


class ArrayReader:
    """Images of an array that passed the ``gate``, those that ``order`` names. digests: whether they are asked for."""

    def __init__(self, images, order, size, color, digests):
        self._images, self._order, self._digests = images, order, digests
        self.skipped, self.closed, self.others = {}, {}, 0
        if color is None:
            color = bool((images != images[..., :1]).any())
        size = size or min(images.shape[1:3])
        self.shape, self.expected = (size, size, 3 if color else 1), len(order)

    def name(self, index):
        return str(index)

    true_name = name

    def read(self, wanted):
        """Yield every ``Image``, of which about ``wanted`` are looked at."""
        height, width = self._images.shape[1:3]
        cut = 1 - min(height, width) ** 2 / (height * width)
        for start in range(0, min(wanted, len(self._order)), CHUNK):
            indices = self._order[start : start + CHUNK]
            stored = self._images[indices]
            squares = square(unit(stored))
            grey = (squares == squares[..., :1]).all(axis=(1, 2, 3))
            pixels = recolor(resize(squares, self.shape[0]), self.shape[2])
            for position, index in enumerate(indices.tolist()):
                content = digest(stored[position]) if self._digests else None
                yield Image(pixels[position], index, content, squares.shape[1], cut, bool(grey[position]), False)


class PictureReader:
    """The pictures of a container, those that ``order`` names; ``skipped``: {name: reason} of what cannot be read.

    All headers are read first: what is no picture is dropped, and size and color are settled where they are None.
    own_side: whether the default side is the pictures' own, which must then be one, or one that nearly all have.
    ValueError if none can be read.
    """

    def __init__(self, container, order, size, color, own_side, source, progress):
        with extra("data"):
            from rmt_utils.data import pictures

        self._pictures, self._container, self.true_name = pictures, container, container.name
        self.skipped, self.closed, self.others = {}, container.closed, container.others
        self._order, sides, may_have_color = [], [], []
        headers = self._each(pictures.header, progress(order, "scanning"))
        for index, (side, color_mode) in headers:
            self._order.append(index)
            sides.append(side)
            may_have_color += [index] if color_mode else []
        if not sides:
            raise ValueError(
                f"source must hold readable images, got {source} "
                f"({len(self.skipped)} unreadable, {self.others} other files)"
            )
        if size is None:
            size = _own_side(sides) if own_side else min(sorted(sides)[int(SMALLER * len(sides))], LARGEST_DEFAULT)
        if color is None:
            found = self._each(lambda file: pictures.read(file, size).colored, may_have_color, chunk=1)
            color = any(colored for _, colored in found)
        self.shape, self.expected = (size, size, 3 if color else 1), len(self._order)

    def name(self, index):
        return printable(self.true_name(index))

    def read(self, wanted):
        """Yield the ``Image`` of every picture that can be read, of which about ``wanted`` are looked at."""
        chunk, size = min(CHUNK, wanted), self.shape[0]
        for index, found in self._each(lambda file: self._pictures.read(file, size), self._order, chunk):
            pixels = recolor(found.pixels, self.shape[2])
            yield Image(pixels, index, found.digest, found.side, found.cut, not found.colored, found.transparent)

    def _each(self, work, indices, chunk=CHUNK):
        """Yield index and work(file) for every picture that allows it, in order; several are worked on at a time."""

        def attempt(index):
            try:
                return index, work(self._container.file(index)), None
            except Exception as error:  # a decoder may raise anything, and one file must not end the run
                return index, None, error

        def done(pool, gathered):
            with warnings.catch_warnings():  # of damage that is reported, or does not matter
                warnings.simplefilter("ignore")
                results = list(pool.map(attempt, gathered))
            for index, result, error in results:
                if error is None:
                    yield index, result
                else:
                    self.skipped[self.name(index)] = _reason(error, self.name(index))

        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            gathered = []
            for index in indices:
                gathered.append(int(index))
                if len(gathered) == chunk:
                    yield from done(pool, gathered)
                    gathered = []
            yield from done(pool, gathered)


def recolor(images, channels):
    """Images (..., 1 or 3) with the number of channels asked for, 3 equal ones or the luminance where it differs."""
    if images.shape[-1] == channels:
        return images
    return np.repeat(images, 3, axis=-1) if channels == 3 else luminance(images)


def _own_side(sides):
    if min(sides) != max(sides):
        raise ValueError(f"size must be given for images with sides {min(sides)} to {max(sides)}, got None")
    return sides[0]


def _reason(error, name):
    """One printable line that says why the file ``name`` was skipped, without the path that stands before it."""
    if type(error).__name__ == "UnidentifiedImageError":
        return "HEIC, which Pillow does not read" if name.lower().endswith((".heic", ".heif")) else "not an image"
    lines = (getattr(error, "strerror", None) or str(error)).splitlines()
    return printable(lines[0]) if lines else type(error).__name__

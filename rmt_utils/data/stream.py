"""Images of any source in random order, batch by batch, so that a large folder never stands in memory."""

from collections import Counter

import numpy as np

from rmt_utils import checks
from rmt_utils.data.photographs import luminance
from rmt_utils.data.sources import choose, load_images, open_pictures

LARGEST_DEFAULT = 32  # pixels a side: the cost of a covariance grows with the sixth power of the side
SMALLER = 0.05  # share of the images that may be smaller than the default side
ARRAYS = ("natural-patches", "digits", "fashion-mnist")


class ImageStream:
    """Images of a source, cropped to their central square, resized and put in random order by ``seed``.

    source, n_images, color: as in ``load_images``; or source is an array of images, taken as they are. size: side in
    pixels; of a folder or of the hub by default the largest that at least 95% of the images have, at most 32. ``shape``
    is (size, size, channels). progress: called as progress(steps, label) for a long loop, gives back the steps.

    ``batches()`` yields float32 (batch, size, size, channels) in [-1, 1]; it fills ``skipped``, {name: reason}, and
    counts the ``sides`` and the ``grey`` ones of what it yields. ValueError as in ``load_images``, and there if fewer
    than n_images can be read.

    >>> stream = ImageStream("digits", n_images=10)
    >>> stream.shape, sum(len(batch) for batch in stream.batches(batch=4))
    ((8, 8, 1), 10)
    """

    def __init__(self, source, size=None, n_images=None, color=None, seed=0, progress=lambda steps, label: steps):
        given = isinstance(source, np.ndarray)
        self.source = "the images given" if given else str(source)
        self.skipped, self.sides, self.grey, self.n_images = {}, Counter(), 0, n_images
        self._images, self._progress = None, progress
        if given or self.source in ARRAYS:
            images = source if given else load_images(self.source, size, n_images, color, seed)
            self._images = images[np.random.default_rng(seed).permutation(len(images))]
            self.shape, self.expected = images.shape[1:], len(images)
            return
        if size is not None:
            size = checks.count("size", size)
        if n_images is not None:
            n_images = checks.count("n_images", n_images)
        self._pictures = open_pictures(self.source)
        self._order = choose(len(self._pictures), len(self._pictures), seed)
        sides, coloured = self._scan()
        if n_images is not None and n_images > len(self._order):
            raise _too_many(n_images, len(self._order))
        if color is None:
            color = self._has_color(coloured)
        size = size or min(sides[int(SMALLER * len(sides))], LARGEST_DEFAULT)
        self.shape = (size, size, 3 if color else 1)
        self.expected = n_images or len(self._order)

    def summary(self, used):
        """What was read, once all ``batches`` were, ``used`` images: a dict of names, numbers and lists."""
        return {
            "name": self.source,
            "used": used,
            "shape": list(self.shape),
            "smallest_side": min(self.sides),
            "largest_side": max(self.sides),
            "enlarged": sum(count for side, count in self.sides.items() if side < self.shape[0]),
            "grey": self.grey,
            "skipped": self.skipped,
            "closed": {} if self._images is not None else self._pictures.closed,
            "other_files": 0 if self._images is not None else self._pictures.others,
        }

    def batches(self, batch=4096):
        """float32 (up to batch, size, size, channels), until all or n_images are read."""
        self.sides, self.grey = Counter(), 0
        images = iter(self._readable() if self._images is None else self._given())
        gathered = []
        for _, image in zip(self._progress(range(self.expected), "reading"), images, strict=False):
            gathered.append(image)
            if len(gathered) == batch:
                yield np.stack(gathered)
                gathered = []
        if gathered:
            yield np.stack(gathered)
        read = sum(self.sides.values())
        if self.n_images is not None and read < self.n_images:
            raise _too_many(self.n_images, read)

    def _given(self):
        for image in self._images:
            self._count(len(image), image)
            yield image

    def _count(self, side, pixels):
        self.sides[side] += 1
        self.grey += bool((pixels == pixels[..., :1]).all())

    def _readable(self):
        from rmt_utils.data.pictures import UNREADABLE, square

        for index in self._order:
            try:
                pixels = self._pictures.pixels(index)
            except UNREADABLE as error:
                self.skipped[self._pictures.name(index)] = _reason(error)
            else:
                self._count(min(pixels.shape[:2]), pixels)
                image = square(pixels, self.shape[0])
                yield luminance(image) if self.shape[2] == 1 else image

    def _scan(self):
        """Read all headers and drop what is no image; the sides, rising, and the indices that may have colour."""
        from rmt_utils.data.pictures import UNREADABLE

        kept, sides, coloured = [], [], []
        for index in self._progress(self._order, "scanning"):
            try:
                with self._pictures.open(index) as picture:
                    side, mode = min(picture.size), picture.mode
            except UNREADABLE as error:
                self.skipped[self._pictures.name(index)] = _reason(error)
                continue
            kept.append(index)
            sides.append(side)
            if mode not in ("1", "L", "LA", "I", "F") and not mode.startswith("I;16"):
                coloured.append(index)
        if not kept:
            raise ValueError(
                f"source must hold readable images, got {self.source} "
                f"({len(self.skipped)} unreadable, {self._pictures.others} other files)"
            )
        self._order = kept
        return sorted(sides), coloured

    def _has_color(self, coloured):
        """Whether any of the pictures has colour, as ``load_images`` asks; the first that has ends the search."""
        from rmt_utils.data.pictures import UNREADABLE, has_color

        for index in coloured:
            try:
                if has_color(self._pictures.pixels(index)):
                    return True
            except UNREADABLE:
                continue
        return False


def _too_many(n_images, most):
    return ValueError(f"n_images must be at most {most} for this source, got {n_images}")


def _reason(error):
    """One line that says why a file was skipped."""
    if type(error).__name__ == "UnidentifiedImageError":
        return "not an image"
    return str(error).splitlines()[0] if str(error) else type(error).__name__

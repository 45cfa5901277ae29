"""Images of any source in random order, batch by batch, so that a large folder never stands in memory."""

from collections import Counter

import numpy as np

from rmt_utils import checks
from rmt_utils.data import choose, load_images, open_pictures
from rmt_utils.photographs import luminance

LARGEST_DEFAULT = 32  # pixels a side: the cost of a covariance grows with the sixth power of the side
SMALLER = 0.05  # share of the images that may be smaller than the default side
ARRAYS = ("natural-patches", "digits", "fashion-mnist")


class ImageStream:
    """Images of a source, cropped to their central square, resized and put in random order by ``seed``.

    source, n_images, color: as in ``load_images``; or source is an array of images, taken as they are. size: side in
    pixels; of a folder or of the hub by default the largest that at least 95% of the images have, at most 32. ``shape``
    is (size, size, channels). progress: called as progress(steps, label) for a long loop, gives back the steps.

    ``batches()`` yields float32 (batch, size, size, channels) in [-1, 1] and fills ``skipped``, {name: reason}.
    ValueError as in ``load_images``, and there if fewer than n_images can be read.

    >>> stream = ImageStream("digits", n_images=10)
    >>> stream.shape, sum(len(batch) for batch in stream.batches(batch=4))
    ((8, 8, 1), 10)
    """

    def __init__(self, source, size=None, n_images=None, color=None, seed=0, progress=lambda steps, label: steps):
        given = isinstance(source, np.ndarray)
        self.source = "the images given" if given else str(source)
        self.skipped, self.sides, self.n_images = {}, Counter(), n_images
        self._images = None
        if given or self.source in ARRAYS:
            images = source if given else load_images(self.source, size, n_images, color, seed)
            self._images = images[np.random.default_rng(seed).permutation(len(images))]
            self.shape, self.expected = images.shape[1:], len(images)
            self.sides[self.shape[0]] = len(images)
            return
        if size is not None:
            size = checks.count("size", size)
        if n_images is not None:
            n_images = checks.count("n_images", n_images)
        self._pictures = open_pictures(self.source)
        self._order = choose(len(self._pictures), len(self._pictures), seed)
        coloured = self._scan(progress)
        if color is None:
            color = self._has_color(coloured)
        size = size or self._default_size()
        self.shape = (size, size, 3 if color else 1)
        self.expected = min(n_images or len(self._order), len(self._order))

    def summary(self, used):
        """What was read, once ``used`` images of ``batches`` were: a dict of names, numbers and lists."""
        return {
            "name": self.source,
            "used": used,
            "shape": list(self.shape),
            "smallest_side": min(self.sides),
            "largest_side": max(self.sides),
            "enlarged": sum(count for side, count in self.sides.items() if side < self.shape[0]),
            "skipped": self.skipped,
            "other_files": 0 if self._images is not None else self._pictures.others,
        }

    def batches(self, batch=1024):
        """float32 (up to batch, size, size, channels), until all or n_images are read."""
        if self._images is not None:
            yield from (self._images[start : start + batch] for start in range(0, len(self._images), batch))
            return
        read, gathered = 0, []
        for image in self._readable():
            gathered.append(image)
            read += 1
            if len(gathered) == batch:
                yield np.stack(gathered)
                gathered = []
            if read == self.n_images:
                break
        if gathered:
            yield np.stack(gathered)
        if self.n_images is not None and read < self.n_images:
            raise ValueError(f"n_images must be at most {read} for this source, got {self.n_images}")

    def _readable(self):
        from rmt_utils.pictures import UNREADABLE, square

        for index in self._order:
            try:
                pixels = self._pictures.pixels(index)
            except UNREADABLE as error:
                self.skipped[self._pictures.name(index)] = _reason(error)
            else:
                image = square(pixels, self.shape[0])
                yield luminance(image) if self.shape[2] == 1 else image

    def _scan(self, progress):
        """Read all headers: drop what is no image, count the sides; the indices of those that may have colour."""
        from rmt_utils.pictures import UNREADABLE

        kept, coloured = [], []
        for index in progress(self._order, "scanning"):
            try:
                with self._pictures.open(index) as picture:
                    side, mode = min(picture.size), picture.mode
            except UNREADABLE as error:
                self.skipped[self._pictures.name(index)] = _reason(error)
                continue
            kept.append(index)
            self.sides[side] += 1
            if mode not in ("1", "L", "LA", "I", "F") and not mode.startswith("I;16"):
                coloured.append(index)
        if not kept:
            raise ValueError(
                f"source must hold readable images, got {self.source} "
                f"({len(self.skipped)} unreadable, {self._pictures.others} other files)"
            )
        self._order = kept
        return coloured

    def _has_color(self, coloured):
        """Whether any of the pictures has colour, as ``load_images`` asks; the first that has ends the search."""
        from rmt_utils.pictures import UNREADABLE, has_color

        for index in coloured:
            try:
                if has_color(self._pictures.pixels(index)):
                    return True
            except UNREADABLE:
                continue
        return False

    def _default_size(self):
        sides = sorted(self.sides.elements())
        return min(sides[int(SMALLER * len(sides))], LARGEST_DEFAULT)


def _reason(error):
    """One line that says why a file was skipped."""
    if type(error).__name__ == "UnidentifiedImageError":
        return "not an image"
    return str(error).splitlines()[0] if str(error) else type(error).__name__

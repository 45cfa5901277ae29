"""Images in: every source passes by as float32 images (size, size, channels) in [-1, 1], or stands in one array."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rmt_utils import checks
from rmt_utils.annotations import Images, Source
from rmt_utils.data import arrays
from rmt_utils.data.area import BACKGROUND, FILTER
from rmt_utils.data.containers import open_container
from rmt_utils.data.copies import Copies
from rmt_utils.data.fashion_mnist import fashion_mnist
from rmt_utils.data.photographs import crops, n_crops
from rmt_utils.data.readers import CHUNK, LARGEST_DEFAULT, ArrayReader, PictureReader
from rmt_utils.files import printable

SOURCES = (
    "'natural-patches', 'digits', 'fashion-mnist', a folder of images, a file .npy, .npz, .zip, .tar or .parquet, "
    "a saved data set, or 'hub:<dataset>[:split]'"
)
BUILT_IN = {"digits": arrays.digits, "fashion-mnist": fashion_mnist}
PATCHES = 10_000  # natural patches, if no number is asked for


def load_images(
    source: Source, size: int | None = None, n_images: int | None = None, color: bool | None = None, seed: int = 0
) -> Images:
    """Images of a source as a float32 array (n_images, height, width, channels) with values in [-1, 1].

    source: "natural-patches", random distinct crops among all n_crops(size) positions in six photographs;
    "digits", 1797 images of 8 x 8; "fashion-mnist", 70,000 images of 28 x 28, the training images first; a
    folder, searched recursively, a zip or an uncompressed tar of images; "hub:<dataset>[:split]", a dataset of the
    Hugging Face hub, split "train" by default, a file .parquet or a saved data set; an array of images or a file .npy
    or .npz of one, uint8 from 0 to 255 or float from -1 to 1.

    size: side of the square images in pixels. By default 32 for the patches and the source's own otherwise. Images are
    cropped to their central square and averaged over areas (``data.area``); without a size, these squares must be
    equal. Transparent pixels are laid on white.

    n_images: how many, drawn at random without replacement with the given seed. By default all in order, and
    10,000 for the patches. color: True for three channels, False for one, the luminance. By default three if
    any of the images has colour.

    Raises ValueError for an unknown source, an array of other numbers, a size or a number of images that cannot be had,
    and a folder without readable images; unreadable files beside readable ones are skipped with one warning. Raises
    ImportError if an optional package is missing, RuntimeError if a file of Fashion-MNIST is damaged, and
    OSError if it cannot be downloaded.

    >>> load_images("digits", n_images=5).shape
    (5, 8, 8, 1)
    """
    stream = ImageStream(source, size, n_images, color, seed, as_it_is=True)
    images, filled = np.empty((stream.expected, *stream.shape), np.float32), 0
    for batch in stream.batches(CHUNK):
        images[filled : filled + len(batch)] = batch
        filled += len(batch)
    if stream.skipped:
        names = ", ".join(list(stream.skipped)[:5]) + (", ..." if len(stream.skipped) > 5 else "")
        message = f"skipped {len(stream.skipped)} unreadable image files in {stream.source}: {names}"
        warnings.warn(message, stacklevel=2)
    return images[:filled]


def flatten(images: NDArray) -> NDArray:
    """Images (n, height, width, channels) as vectors (n, height * width * channels).

    >>> flatten(np.zeros((5, 8, 8, 1))).shape
    (5, 64)
    """
    return images.reshape(len(images), -1)


def choose(n_available, n_images, seed):
    """Indices of n_images of the n_available images, or of all of them in order if n_images is None."""
    if n_images is None:
        return np.arange(n_available)
    if n_images > n_available:
        raise _too_many(n_images, n_available)
    return np.random.default_rng(seed).permutation(n_available)[:n_images]


class ImageStream:
    """Images of a source one after the other, so that a large folder never stands in memory.

    source, size, n_images, color, seed: as in ``load_images``, but in random order, and without a size a folder, an
    archive or a table comes at the largest side that at least 95% of its images have, at most 32; with ``as_it_is``
    order and side are those of ``load_images``, and no copies are looked for. ``shape`` is (size, size, channels),
    ``expected`` the number of images if all can be read. progress: called as progress(steps, label) for a long loop,
    gives back the steps.

    ``batches()`` yields float32 (batch, size, size, channels) in [-1, 1]. It fills, of what it yields, ``indices`` in
    the source and ``copies``, which of them are equal; it counts their ``sides``, the ``grey``, the ``transparent`` and
    the ``cropped`` ones, and names the ``skipped``, {name: reason}. ValueError as in ``load_images``, and there if
    fewer than n_images can be read.

    >>> stream = ImageStream("digits", n_images=10)
    >>> stream.shape, sum(len(batch) for batch in stream.batches(batch=4))
    ((8, 8, 1), 10)
    """

    def __init__(
        self,
        source,
        size=None,
        n_images=None,
        color=None,
        seed=0,
        progress=lambda steps, label: steps,
        as_it_is=False,
    ):
        size, self._n_images = (
            value if value is None else checks.count(name, value)
            for name, value in (("size", size), ("n_images", n_images))
        )
        self.source = printable(str(source)) if isinstance(source, str | os.PathLike) else "the images given"
        self._progress, self._as_it_is = progress, as_it_is
        self._reader = _reader(source, size, self._n_images, color, seed, progress, as_it_is)
        self.shape, self.skipped = self._reader.shape, self._reader.skipped
        if self._n_images is not None and self._n_images > self._reader.expected:
            raise _too_many(self._n_images, self._reader.expected)
        self.expected = self._n_images or self._reader.expected
        self._forget()

    def batches(self, batch=4096):
        """float32 (up to batch, size, size, channels), until all or n_images are read."""
        self._forget()
        gathered = []
        steps = self._progress(range(self.expected), "reading")
        for _, image in zip(steps, self._reader.read(self.expected), strict=False):
            gathered.append(image)
            if len(gathered) == batch:
                yield self._noted(gathered)
                gathered = []
        if gathered:
            yield self._noted(gathered)
        if self._n_images is not None and len(self.indices) < self._n_images:
            raise _too_many(self._n_images, len(self.indices))

    def rows(self, batch=4096):
        """The same as float32 (up to batch, numbers of an image), copies left out."""
        for images in self.batches(batch):
            yield flatten(images)[self.copies.fresh]

    @property
    def names(self):
        """Names, in the source, of what ``batches`` yielded: paths, rows or numbers."""
        return [self._reader.name(index) for index in self.indices]

    @property
    def true_names(self):
        """The same as they are, which no terminal may be able to show."""
        return [self._reader.true_name(index) for index in self.indices]

    def summary(self, used):
        """What was read, once all ``batches`` were, ``used`` images: a dict of names, numbers and lists."""
        return {
            "name": self.source,
            "used": used,
            "shape": list(self.shape),
            "smallest_side": min(self.sides),
            "largest_side": max(self.sides),
            "cropped": self.cropped,
            "cut": self._cut / max(self.cropped, 1),
            "enlarged": sum(count for side, count in self.sides.items() if side < self.shape[0]),
            "filter": FILTER,
            "grey": self.grey,
            "transparent": self.transparent,
            "background": BACKGROUND,
            "copies": self.copies.n_copies,
            "near_copies": self.copies.n_near,
            "skipped": self.skipped,
            "closed": self._reader.closed,
            "other_files": self._reader.others,
        }

    def _forget(self):
        self.indices, self.copies, self.sides, self.grey, self.transparent = [], Copies(), Counter(), 0, 0
        self.cropped, self._cut = 0, 0.0

    def _noted(self, gathered):
        pixels = np.stack([image.pixels for image in gathered])
        self.indices += [image.index for image in gathered]
        if not self._as_it_is:
            self.copies.add([image.digest for image in gathered], pixels)
        self.sides.update(image.side for image in gathered)
        self.cropped += sum(image.cut > 0 for image in gathered)
        self._cut += sum(image.cut for image in gathered)
        self.grey += sum(image.grey for image in gathered)
        self.transparent += sum(image.transparent for image in gathered)
        return pixels


def _reader(source, size, n_images, color, seed, progress, as_it_is):
    """What reads ``source``: an array, the name of one, or of a container of pictures."""
    name = str(source) if isinstance(source, str | os.PathLike) else None
    if name == "natural-patches":
        size, color = size or LARGEST_DEFAULT, color is None or color
        images = crops(choose(n_crops(size), n_images or PATCHES, seed), size, color)
        return ArrayReader(images, _order(len(images), None, seed, as_it_is), size, color, digests=False)
    images = arrays.gate(source) if name is None else _stored(name)
    if images is not None:
        order = _order(len(images), n_images, seed, as_it_is)
        return ArrayReader(images, order, size, color, digests=not as_it_is)
    container = open_container(name)
    if container is None:
        raise ValueError(f"source must be {SOURCES}, got {printable(name)!r}")
    # all of them, because some may not be readable
    order = choose(len(container), None if as_it_is and n_images is None else len(container), seed)
    return PictureReader(container, order, size, color, as_it_is, printable(name), progress)


def _stored(name):
    """The array that ``name`` stands for, or None."""
    if name in BUILT_IN:
        return BUILT_IN[name]()
    path = Path(name).expanduser()
    return arrays.from_file(path) if path.suffix.lower() in arrays.SUFFIXES and path.is_file() else None


def _order(n_available, n_images, seed, as_it_is):
    """Indices of n_images of an array's images, or of all; shuffled (once more) unless they come as they are."""
    chosen = choose(n_available, n_images, seed)
    return chosen if as_it_is else chosen[choose(len(chosen), len(chosen), seed)]


def _too_many(n_images, most):
    return ValueError(f"n_images must be at most {most} for this source, got {n_images}")

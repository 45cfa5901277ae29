"""Pictures in, one at a time: the files of a folder or the rows of a dataset of the Hugging Face hub.

A collection has a length, ``name(index)``, ``open(index)``, a Pillow image, and ``pixels(index)``, float32
(height, width, 3) in [-1, 1]. A picture that cannot be read raises one of ``UNREADABLE``.
"""

import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff"}
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)


class Folder:
    """Image files below a folder, in the order of their names; ``others`` counts files of other kinds.

    closed: {name: reason} of the folders in it that may not be read. OSError if it may not be read itself.
    """

    def __init__(self, folder):
        self.folder, self.closed = Path(folder).expanduser(), {}
        next(self.folder.iterdir(), None)
        found = [Path(place, name) for place, _, names in os.walk(self.folder, onerror=self._close) for name in names]
        files = [path for path in found if path.is_file()]
        self.paths = sorted(path for path in files if path.suffix.lower() in SUFFIXES)
        self.others = len(files) - len(self.paths)

    def _close(self, error):
        self.closed[f"{Path(error.filename).relative_to(self.folder)}{os.sep}"] = error.strerror

    def __len__(self):
        return len(self.paths)

    def name(self, index):
        return str(self.paths[index].relative_to(self.folder))

    def open(self, index):
        return Image.open(self.paths[index])

    def pixels(self, index):
        with self.open(index) as picture:
            return _pixels(picture)


class Hub:
    """Pictures of "hub:<dataset>[:split]", split "train" by default. ImportError without Hugging Face datasets."""

    def __init__(self, source):
        self.others, self.closed = 0, {}
        try:
            import datasets
        except ImportError as error:
            raise ImportError(f"{source} needs Hugging Face datasets: pip install 'rmt_utils[hub]'") from error

        name, _, split = source.removeprefix("hub:").partition(":")
        table = datasets.load_dataset(name, split=split or "train")
        self.column = next((key for key, kind in table.features.items() if isinstance(kind, datasets.Image)), None)
        if self.column is None:
            raise ValueError(f"source must be a dataset with a column of images, got {source!r}")
        self.table = table.select_columns(self.column)

    def __len__(self):
        return len(self.table)

    def name(self, index):
        return f"row {index}"

    def open(self, index):
        return self.table[int(index)][self.column]

    def pixels(self, index):
        return _pixels(self.open(index))


def square(pixels, size):
    """The central square of pixels (height, width, 3), resized if size is given."""
    height, width, _ = pixels.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(pixels[None, top : top + side, left : left + side], size or side)[0]


def resize(images, size):
    """Images (n, side, side, channels) at another side: block averages where the size divides the side."""
    n_images, side, _, channels = images.shape
    if side == size:
        return images
    if side % size == 0:
        return images.reshape(n_images, size, side // size, size, side // size, channels).mean(axis=(2, 4))
    resized = np.empty((n_images, size, size, channels), np.float32)
    for index in np.ndindex(n_images, channels):
        plane = Image.fromarray(images[index[0], :, :, index[1]])
        # Pillow's bilinear filter widens when it shrinks, so it does not alias, and it cannot leave [-1, 1]
        resized[index[0], :, :, index[1]] = plane.resize((size, size), Image.Resampling.BILINEAR)
    return resized


def has_color(images):
    """Whether the channels of images (..., channels) differ anywhere."""
    return bool((images != images[..., :1]).any())


def _pixels(picture):
    """A Pillow image, upright, as float32 (height, width, 3) in [-1, 1]."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16"):  # Pillow would clip 16 bits to 8
        grey = np.asarray(picture).astype(np.float32) / 32767.5 - 1
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.mode in ("I", "F"):
        raise ValueError(f"pixels of mode {picture.mode} have no known range")
    return np.asarray(picture.convert("RGB"), np.float32) / 127.5 - 1

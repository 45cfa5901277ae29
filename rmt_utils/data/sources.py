"""Images in: every source becomes one float32 array (n_images, height, width, channels) in [-1, 1]."""

import gzip
import hashlib
import http.client
import os
import urllib.request
import warnings
import zlib
from pathlib import Path

import numpy as np

from rmt_utils import checks
from rmt_utils.data.photographs import cache_folder, crops, luminance, n_crops
from rmt_utils.files import write_file

SOURCES = "'natural-patches', 'digits', 'fashion-mnist', a folder of images, or 'hub:<dataset>[:split]'"

FASHION_MNIST_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
FASHION_MNIST_SYSTEM_FOLDER = "/usr/share/datasets/fashion-mnist"
# of the decompressed content, because the gz files differ between distributors
FASHION_MNIST_SHA256 = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
}
FASHION_MNIST_HELP = (
    "install the Debian package dataset-fashion-mnist, or put the files "
    + " and ".join(FASHION_MNIST_SHA256)
    + " in a folder and name it in the environment variable RMT_FASHION_MNIST"
)


def load_images(source, size=None, n_images=None, color=None, seed=0):
    """Images of a source as a float32 array (n_images, height, width, channels) with values in [-1, 1].

    source: "natural-patches", random distinct crops among all n_crops(size) positions in six photographs;
    "digits", 1797 images of 8 x 8; "fashion-mnist", 70,000 images of 28 x 28, the training images first; a
    folder, searched recursively; or "hub:<dataset>[:split]", a dataset of the Hugging Face hub, split "train"
    by default.

    size: side of the square images in pixels. By default 32 for the patches and the source's own otherwise.
    Images of a folder or of the hub are first cropped to their central square; without a size, these squares
    must be equal.

    n_images: how many, drawn at random without replacement with the given seed. By default all in order, and
    10,000 for the patches. color: True for three channels, False for one, the luminance. By default three if
    any of the images has colour.

    Raises ValueError for an unknown source, a size or a number of images that cannot be had, and a folder
    without readable images; unreadable files beside readable ones are skipped with one warning. Raises
    ImportError if an optional package is missing, RuntimeError if a file of Fashion-MNIST is damaged, and
    OSError if it cannot be downloaded.

    >>> load_images("digits", n_images=5).shape
    (5, 8, 8, 1)
    """
    name = str(source)
    if size is not None:
        size = checks.count("size", size)
    if n_images is not None:
        n_images = checks.count("n_images", n_images)
    if name == "natural-patches":
        size, color = size or 32, color is None or color
        return crops(choose(n_crops(size), n_images or 10_000, seed), size, color)
    if name == "digits":
        images = _digits(n_images, seed)
    elif name == "fashion-mnist":
        images = _fashion_mnist(n_images, seed)
    else:
        images = _gather(open_pictures(name), name, size, n_images, seed)
    return _recolor(_resize(images, size), color)


def open_pictures(source):
    """The pictures of a folder or of "hub:<dataset>[:split]", unread: ``pictures.Folder`` or ``pictures.Hub``."""
    if not source.startswith("hub:") and not Path(source).expanduser().is_dir():
        raise ValueError(f"source must be {SOURCES}, got {source!r}")
    from rmt_utils.data.pictures import Folder, Hub

    return Hub(source) if source.startswith("hub:") else Folder(source)


def flatten(images):
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
        raise ValueError(f"n_images must be at most {n_available} for this source, got {n_images}")
    return np.random.default_rng(seed).permutation(n_available)[:n_images]


def _resize(images, size):
    if size in (None, images.shape[1]):
        return images
    from rmt_utils.data.pictures import resize

    return resize(images, size)


def _recolor(images, color):
    """Images (n, size, size, 1 or 3) with three channels or one; color None looks for colour."""
    if color is None:
        color = (images != images[..., :1]).any()
    if color:
        return np.repeat(images, 3 // images.shape[-1], axis=-1)
    return luminance(images) if images.shape[-1] == 3 else images


def _digits(n_images, seed):
    from sklearn.datasets import load_digits

    pixels = load_digits().images  # (1797, 8, 8), from 0 to 16
    return (pixels[choose(len(pixels), n_images, seed), :, :, None] / 8 - 1).astype(np.float32)


def _fashion_mnist(n_images, seed):
    pixels = np.concatenate([_read_fashion_mnist(name) for name in FASHION_MNIST_SHA256])  # (70000, 28, 28)
    return pixels[choose(len(pixels), n_images, seed), :, :, None] / np.float32(127.5) - 1


def _read_fashion_mnist(name):
    """One file of Fashion-MNIST, uint8 (n, 28, 28), from the first folder that has it or from the network."""
    folders = [os.environ.get("RMT_FASHION_MNIST"), FASHION_MNIST_SYSTEM_FOLDER, cache_folder()]
    for folder in filter(None, folders):
        path = Path(folder, name)
        if path.is_file():
            return _decode_fashion_mnist(name, path.read_bytes(), path)
    url = FASHION_MNIST_URL + name
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise OSError(f"{url} could not be downloaded ({error}): {FASHION_MNIST_HELP}") from error
    images = _decode_fashion_mnist(name, content, url)
    write_file(cache_folder() / name, content)
    return images


def _decode_fashion_mnist(name, content, origin):
    try:
        content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        content = b""  # not a gz file: the checksum says so
    if hashlib.sha256(content).hexdigest() != FASHION_MNIST_SHA256[name]:
        raise RuntimeError(f"{origin} has a wrong checksum: delete any local copy, and {FASHION_MNIST_HELP}")
    shape = np.frombuffer(content, ">i4", count=4)[1:]  # after the magic number
    return np.frombuffer(content, np.uint8, offset=16).reshape(shape)


def _gather(pictures, source, size, n_images, seed):
    """Squares of a collection of ``pictures``, n_images at random or all in order; unreadable ones are skipped."""
    from rmt_utils.data.pictures import UNREADABLE, square

    images, unreadable = [], []
    for index in choose(len(pictures), None if n_images is None else len(pictures), seed):
        if len(images) == n_images:
            break
        try:
            pixels = pictures.pixels(index)
        except UNREADABLE:
            unreadable.append(pictures.name(index))
        else:
            images.append(square(pixels, size))
    if not images:
        raise ValueError(f"source must hold readable images, got {source} ({len(unreadable)} unreadable files)")
    if unreadable:
        names = ", ".join(unreadable[:5]) + (", ..." if len(unreadable) > 5 else "")
        warnings.warn(f"skipped {len(unreadable)} unreadable image files in {source}: {names}", stacklevel=3)
    if n_images is not None and len(images) < n_images:
        raise ValueError(f"n_images must be at most {len(images)} for this source, got {n_images}")
    sides = {len(image) for image in images}
    if len(sides) > 1:
        raise ValueError(f"size must be given for images with sides {min(sides)} to {max(sides)}, got None")
    return np.stack(images)

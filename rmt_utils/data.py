"""Images in: every source becomes one float32 array (n_images, height, width, channels) with values in [-1, 1]."""

import gzip
import hashlib
import http.client
import os
import urllib.request
import warnings
import zlib
from numbers import Integral
from pathlib import Path

import numpy as np

from .photographs import cache_folder, crops, luminance, n_crops, write_file

SOURCES = "'natural-patches', 'digits', 'fashion-mnist', a folder of images, or 'hub:<dataset>[:split]'"
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff"}

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

    source: "natural-patches", random distinct crops among all n_crops(size) positions in six photographs; "digits",
    1797 images of 8 x 8; "fashion-mnist", 70,000 images of 28 x 28, the training images first; a folder, searched
    recursively; or "hub:<dataset>[:split]", a dataset of the Hugging Face hub (split "train" by default).

    size: side of the square images in pixels. By default 32 for the patches and the source's own otherwise; images of
    a folder or of the hub are first cropped to their central square, and need a size unless these squares are equal.

    n_images: how many, drawn at random without replacement with the given seed. By default all in order, and 10,000
    for the patches. color: True for three channels, False for one (the luminance). By default three if any image
    has colour.

    Raises ValueError for an unknown source, a size or a number of images that cannot be had, and a folder without
    readable images; unreadable files beside readable ones are skipped with one warning. Raises ImportError if an
    optional package is missing, RuntimeError or OSError if Fashion-MNIST is damaged or cannot be downloaded.

    >>> load_images("digits", n_images=5).shape
    (5, 8, 8, 1)
    """
    name = str(source)
    if size is not None and not (isinstance(size, Integral) and size >= 1):
        raise ValueError(f"size is {size!r}: it must be a positive integer")
    if name == "natural-patches":
        size, color = size or 32, color is None or color
        return crops(_choose(n_crops(size), n_images or 10_000 if n_images is None else n_images, seed), size, color)
    if name == "digits":
        images = _digits(n_images, seed)
    elif name == "fashion-mnist":
        images = _fashion_mnist(n_images, seed)
    elif name.startswith("hub:"):
        images = _hub(name, size, n_images, seed)
    elif Path(name).expanduser().is_dir():
        images = _folder(Path(name).expanduser(), size, n_images, seed)
    else:
        raise ValueError(f"source is {name!r}: it must be {SOURCES}")
    return _recolor(_resize(images, size or images.shape[1]), color)


def flatten(images):
    """Images (n, height, width, channels) as vectors (n, height * width * channels).

    >>> flatten(np.zeros((5, 8, 8, 1))).shape
    (5, 64)
    """
    return images.reshape(len(images), -1)


def _choose(n_available, n_images, seed):
    """Indices of n_images of the n_available images, or of all of them in order if n_images is None."""
    if n_images is None:
        return np.arange(n_available)
    if not isinstance(n_images, Integral) or not 1 <= n_images <= n_available:
        raise ValueError(f"n_images is {n_images!r}: it must be an integer from 1 to {n_available}")
    return np.random.default_rng(seed).permutation(n_available)[:n_images]


def _resize(images, size):
    """Images (n, side, side, channels) at another side: block averages where the size divides the side."""
    from PIL import Image

    n_images, side, _, channels = images.shape
    if side % size == 0:
        return images.reshape(n_images, size, side // size, size, side // size, channels).mean(axis=(2, 4))
    resized = np.empty((n_images, size, size, channels), np.float32)
    for index in np.ndindex(n_images, channels):
        plane = Image.fromarray(images[index[0], :, :, index[1]])
        # Pillow's bilinear filter widens when it shrinks, so it does not alias, and it cannot leave [-1, 1]
        resized[index[0], :, :, index[1]] = plane.resize((size, size), Image.Resampling.BILINEAR)
    return resized


def _recolor(images, color):
    """Images (n, size, size, 1 or 3) with three channels if color is True, one if False; None looks for colour."""
    if color is None:
        color = (images != images[..., :1]).any()
    if color:
        return np.repeat(images, 3 // images.shape[-1], axis=-1)
    return luminance(images) if images.shape[-1] == 3 else images


def _digits(n_images, seed):
    from sklearn.datasets import load_digits

    pixels = load_digits().images  # (1797, 8, 8), from 0 to 16
    return (pixels[_choose(len(pixels), n_images, seed), :, :, None] / 8 - 1).astype(np.float32)


def _fashion_mnist(n_images, seed):
    pixels = np.concatenate([_read_fashion_mnist(name) for name in FASHION_MNIST_SHA256])  # (70000, 28, 28)
    return pixels[_choose(len(pixels), n_images, seed), :, :, None] / np.float32(127.5) - 1


def _read_fashion_mnist(name):
    """One file of Fashion-MNIST as uint8 images (n, 28, 28), from the first folder that has it or from the network."""
    folders = [FASHION_MNIST_SYSTEM_FOLDER, cache_folder()]
    if "RMT_FASHION_MNIST" in os.environ:
        folders.insert(0, os.environ["RMT_FASHION_MNIST"])
    for folder in folders:
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
        raise RuntimeError(f"{origin} has a wrong checksum: do not use it, and {FASHION_MNIST_HELP}")
    shape = np.frombuffer(content, ">i4", count=4)[1:]  # after the magic number
    return np.frombuffer(content, np.uint8, offset=16).reshape(shape)


def _folder(folder, size, n_images, seed):
    from PIL import Image

    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if n_images is not None:
        _choose(len(paths), n_images, seed)
    images, unreadable = [], []
    for path in paths:
        try:
            with Image.open(path) as picture:
                images.append(_square(picture, size))
        except Exception:  # decoders of damaged files raise almost any exception
            unreadable.append(path.name)
    return images

"""Fashion-MNIST, from files that are on the machine or from the network, by checksum."""

import gzip
import hashlib
import http.client
import os
import urllib.request
import zlib
from pathlib import Path

import numpy as np

from rmt_utils.data.photographs import cache_folder
from rmt_utils.files import write_file

URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
SYSTEM_FOLDER = "/usr/share/datasets/fashion-mnist"
# of the decompressed content, because the gz files differ between distributors
SHA256 = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
}
HELP = (
    "install the Debian package dataset-fashion-mnist, or put the files "
    + " and ".join(SHA256)
    + " in a folder and name it in the environment variable RMT_FASHION_MNIST"
)


def fashion_mnist():
    """Its 70,000 images, the training images first: uint8 (70000, 28, 28, 1).

    RuntimeError if a file is damaged, OSError if it is not there and cannot be downloaded.
    """
    return np.concatenate([_read(name) for name in SHA256])[..., None]


def _read(name):
    """One file of Fashion-MNIST, uint8 (n, 28, 28), from the first folder that has it or from the network."""
    folders = [os.environ.get("RMT_FASHION_MNIST"), SYSTEM_FOLDER, cache_folder()]
    for folder in filter(None, folders):
        path = Path(folder, name)
        if path.is_file():
            return _decode(name, path.read_bytes(), path)
    url = URL + name
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise OSError(f"{url} could not be downloaded ({error}): {HELP}") from error
    images = _decode(name, content, url)
    write_file(cache_folder() / name, content)
    return images


def _decode(name, content, origin):
    try:
        content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        content = b""  # not a gz file: the checksum says so
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise RuntimeError(f"{origin} has a wrong checksum: delete any local copy, and {HELP}")
    shape = np.frombuffer(content, ">i4", count=4)[1:]  # after the magic number
    return np.frombuffer(content, np.uint8, offset=16).reshape(shape)

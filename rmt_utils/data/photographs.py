"""All square crops of six photographs: a finite population of natural patches with exactly known moments."""

from __future__ import annotations

import hashlib
import io
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from rmt_utils import checks
from rmt_utils.extras import extra
from rmt_utils.files import write_file
from rmt_utils.theory.spectrum import Spectrum


def luminance(images):
    """Rec. 709 luminance of images (..., 3), as (..., 1). A grey pixel keeps its value exactly.

    >>> luminance(np.array([0.5, 0.5, 0.5]))
    array([0.5])
    """
    red, green, blue = np.moveaxis(images, -1, 0)
    return (blue + 0.2126 * (red - blue) + 0.7152 * (green - blue))[..., None]


@lru_cache
def photographs(color=True):
    """The six photographs shipped with scikit-learn and scikit-image.

    Returns a tuple of read-only float32 arrays (height, width, channels) with values in [-1, 1]; one channel,
    the luminance, if color is False.
    """
    with extra("data"):
        from skimage import data
        from sklearn.datasets import load_sample_image

    pictures = [load_sample_image("china.jpg"), load_sample_image("flower.jpg")]
    pictures += [data.astronaut(), data.chelsea(), data.coffee(), data.rocket()]
    pictures = [picture.astype(np.float32) / 127.5 - 1 for picture in pictures]
    if not color:
        pictures = [luminance(picture) for picture in pictures]
    for picture in pictures:
        picture.flags.writeable = False  # every caller shares the cached arrays
    return tuple(pictures)


def _positions(size):
    """Rows and columns of crop positions in each photograph, (6, 2)."""
    shapes = np.array([picture.shape[:2] for picture in photographs()])
    if checks.count("size", size) > shapes.min():
        raise ValueError(f"size must be at most {shapes.min()}, the photographs' shortest side, got {size}")
    return shapes - size + 1


def n_crops(size):
    """Number of positions of a size x size square, over all photographs.

    Raises ValueError for a size that is not an integer from 1 to the shortest side of the photographs.

    >>> n_crops(32)
    1277794
    """
    return int(_positions(size).prod(axis=1).sum())


def crops(indices, size, color=True):
    """The crops with the given flat indices: photograph by photograph, row by row.

    indices: (n,), integers from 0 to n_crops(size) - 1. Returns float32 (n, size, size, channels) with values
    in [-1, 1]. Raises ValueError for a size or an index out of range.
    """
    indices, positions = np.asarray(indices), _positions(size)
    ends = positions.prod(axis=1).cumsum()
    if indices.size and not 0 <= indices.min() <= indices.max() < ends[-1]:
        raise ValueError(f"indices must be from 0 to {ends[-1] - 1}, got {indices.min()} to {indices.max()}")
    owner = np.searchsorted(ends, indices, side="right")
    patches = np.empty((len(indices), size, size, 3 if color else 1), np.float32)
    for number, (picture, (rows, columns)) in enumerate(zip(photographs(color), positions, strict=True)):
        chosen = owner == number
        y, x = np.divmod(indices[chosen] - (ends[number] - rows * columns), columns)
        windows = sliding_window_view(picture, (size, size), axis=(0, 1))
        # (rows, columns, channels, size, size) -> (n, size, size, channels)
        patches[chosen] = windows.transpose(0, 1, 3, 4, 2)[y, x]
    return patches


def patch_moments(size, color=True):
    """Mean and covariance of all n_crops(size) crops, exact up to float64 rounding.

    Returns the mean (dim,) and the covariance (dim, dim), normalised by the number of crops, in float64; dim
    is size * size * channels and pixels are in the order of a flattened crop. Raises ValueError for a size
    out of range.

    The crops are never formed. Let R_y be all windows of the image row y, and n the number of crop rows; the
    second moment of the patch rows i and j is B_ij, the sum of R_{y+i}^T R_{y+j} over y = 0, ..., n - 1. Only
    B_0j needs the whole photograph, because B_{i+1,j+1} - B_ij = R_{n+i}^T R_{n+j} - R_i^T R_j.
    """
    positions = _positions(size)
    width = size * (3 if color else 1)  # values in one row of a patch
    total = np.zeros((size, width))
    second = np.zeros((size, width, size, width))
    step = np.zeros(((size - 1) * width, (size - 1) * width))
    for picture, (rows, columns) in zip(photographs(color), positions, strict=True):
        windows = sliding_window_view(picture, size, axis=1).swapaxes(2, 3)
        strips = windows.reshape(-1, columns, width).astype(np.float64)  # R_y: (height, columns, width)
        first = strips[:rows].reshape(-1, width)
        for j in range(size):
            shifted = strips[j : j + rows].reshape(-1, width)
            total[j] += shifted.sum(axis=0)
            second[0, :, j] += first.T @ shifted
        top, bottom = (
            edge.swapaxes(0, 1).reshape(columns, -1) for edge in (strips[: size - 1], strips[rows:])
        )  # (columns, (size - 1) * width)
        step += bottom.T @ bottom - top.T @ top
    step = step.reshape(size - 1, width, size - 1, width)
    second[:, :, 0] = second[0].transpose(1, 2, 0)
    for i in range(1, size):
        second[i, :, 1:] = second[i - 1, :, :-1] + step[i - 1]
    mean = total.ravel() / n_crops(size)
    return mean, second.reshape(mean.size, -1) / n_crops(size) - np.outer(mean, mean)


def cache_folder():
    """Folder for files that can be made again: RMT_CACHE if set, otherwise the user's cache folder."""
    with extra("data"):
        from platformdirs import user_cache_dir

    return Path(os.environ.get("RMT_CACHE") or user_cache_dir("rmt_utils"))


def patch_eigensystem(size, color=True):
    """Mean, eigenvalues and eigenvectors of the population of crops, kept in the cache folder.

    Returns the mean (dim,) in float64, the eigenvalues (dim,) in float64, descending and not below zero, and
    the eigenvectors as columns (dim, dim) in float32. A missing or damaged cache file is made again. Raises
    ValueError for a size out of range.
    """
    import scipy.linalg  # here: it is most of the package's import time

    _positions(size)
    pixels = hashlib.sha256(b"".join(picture.tobytes() for picture in photographs(color))).hexdigest()
    path = cache_folder() / f"patches-v1-{size}-{'color' if color else 'grey'}-{pixels[:16]}.npz"
    stored = path.read_bytes() if path.is_file() else b""
    content, digest = stored[:-32], stored[-32:]
    # the checksums inside a zip file miss some damage, so its SHA-256 follows it
    if hashlib.sha256(content).digest() == digest:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return arrays["mean"], arrays["eigenvalues"], arrays["eigenvectors"]
    mean, covariance = patch_moments(size, color)
    eigenvalues, eigenvectors = scipy.linalg.eigh(covariance, driver="evd", overwrite_a=True)
    eigenvalues = np.maximum(eigenvalues[::-1], 0)  # rounding can leave tiny negative ones
    eigenvectors = np.ascontiguousarray(eigenvectors[:, ::-1], np.float32)
    buffer = io.BytesIO()
    np.savez(buffer, mean=mean, eigenvalues=eigenvalues, eigenvectors=eigenvectors)
    content = buffer.getvalue()
    write_file(path, content + hashlib.sha256(content).digest())
    return mean, eigenvalues, eigenvectors


def patch_spectrum(size: int, color: bool = True) -> Spectrum:
    """Exact spectrum, eigenvectors and mean of the population of crops, computed once and kept in the cache folder.

    size: side of the crops in pixels; dim is size * size * channels. ValueError for a size out of range.
    """
    mean, eigenvalues, eigenvectors = patch_eigensystem(size, color)
    return Spectrum(eigenvalues, eigenvectors=eigenvectors, mean=mean)

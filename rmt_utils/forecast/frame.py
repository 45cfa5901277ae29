"""Coordinates of images: their pixels, their span where they are few, or a principal subspace where both are many.

This one is found by a randomised method in one pass over the images, which never stand in memory together. Source:
Halko, Martinsson and Tropp (2011), algorithm 4.1, applied to the second moments of the images.
"""

from dataclasses import dataclass

import numpy as np

from rmt_utils import checks
from rmt_utils.theory.spectrum import Spectrum


@dataclass(frozen=True, eq=False)
class Frame:
    """shape: of an image, or (numbers,). basis: orthonormal columns (dim, modes), None for the pixels themselves."""

    shape: tuple
    basis: np.ndarray | None = None

    def __post_init__(self):
        checks.own(self)

    @property
    def dim(self):
        """Numbers of an image."""
        return int(np.prod(self.shape))

    @property
    def modes(self):
        """Coordinates of an image."""
        return self.dim if self.basis is None else self.basis.shape[1]

    def down(self, rows):
        """Coordinates (n, modes) of images (n, dim)."""
        return rows if self.basis is None else rows @ self.basis

    def up(self, coordinates):
        """Images (n, dim) of coordinates (n, modes)."""
        return coordinates if self.basis is None else coordinates @ self.basis.T

    def halved(self):
        """The frame of images with blocks of 2 x 2 pixels averaged, and the matrix (modes, its modes) into it."""
        side, _, channels = self.shape
        pictures = np.eye(self.dim) if self.basis is None else self.basis.T
        blocks = pictures.reshape(self.modes, side // 2, 2, side // 2, 2, channels).mean(axis=(2, 4))
        shape, flat = (side // 2, side // 2, channels), blocks.reshape(self.modes, -1)
        if flat.shape[1] <= self.modes:
            return Frame(shape), flat
        basis, change = np.linalg.qr(flat.T)
        return Frame(shape, basis), change.T


def span(batches):
    """Orthonormal columns (dim, rows) that span the rows of ``batches``: arrays (rows, dim), dim rows at most."""
    return np.linalg.qr(np.concatenate(list(batches)).T.astype(np.float64))[0]


def principal_subspace(batches, dim, modes, seed=0):
    """Orthonormal columns (dim, modes) that hold most of the second moments of the rows of ``batches``.

    batches: arrays (rows, dim). modes: at most dim.

    >>> rows = np.outer(np.arange(5.0), [3.0, 4.0, 0.0])
    >>> abs(principal_subspace([rows], 3, 1)).ravel().round(6)
    array([0.6, 0.8, 0. ])
    """
    probes = np.random.default_rng(seed).standard_normal((dim, modes), dtype=np.float32)
    sketch = np.zeros((dim, modes))
    for rows in batches:
        rows = np.asarray(rows, np.float32)
        sketch += rows.T @ (rows @ probes)
    return np.linalg.qr(sketch)[0]


def widened(fitted, dim, trace, n_images):
    """``Spectrum`` of all ``dim`` modes, of which ``fitted`` has the largest.

    What these leave of the ``trace`` is spread evenly over the others, as many as n_images can have.

    >>> widened(Spectrum([3.0, 1.0]), 5, 5.0, 5).eigenvalues
    array([3. , 1. , 0.5, 0.5, 0. ])
    """
    if dim == fitted.dim:
        return fitted
    others = max(min(dim, n_images - 1) - fitted.dim, 0)
    rest = np.full(others, max(trace - fitted.trace, 0.0) / max(others, 1))
    eigenvalues = np.concatenate([fitted.eigenvalues, rest, np.zeros(dim - fitted.dim - others)])
    return Spectrum(-np.sort(-eigenvalues))

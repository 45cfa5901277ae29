"""Vectors in: rows of numbers of any range, such as latents that a diffusion model is trained on in place of images."""

from pathlib import Path

import numpy as np

from rmt_utils import checks
from rmt_utils.data import arrays
from rmt_utils.data.copies import digest
from rmt_utils.files import printable


def open_vectors(source):
    """The float array (n, dim) that ``source`` is, or holds as a file .npy or .npz; None for anything else.

    >>> open_vectors(np.zeros((5, 8))).shape, open_vectors(np.zeros((5, 8, 8))) is None
    ((5, 8), True)
    """
    rows = source
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        rows = arrays.stored(path) if path.suffix.lower() in arrays.SUFFIXES and path.is_file() else None
    return rows if isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind == "f" else None


class VectorStream:
    """Vectors one after the other, as ``ImageStream`` does images: in random order, ``shape`` (dim,).

    source: as in ``open_vectors``. ValueError for more than there are, and, as they pass by, for what is not finite.
    """

    def __init__(self, source, n_images=None, seed=0):
        self._vectors = open_vectors(source)
        self.source = printable(str(source)) if isinstance(source, str | Path) else "the vectors given"
        available = len(self._vectors)
        if n_images is not None and checks.count("n_images", n_images) > available:
            raise ValueError(f"n_images must be at most {available} for this source, got {n_images}")
        self._order = np.random.default_rng(seed).permutation(available)[:n_images]
        self.shape, self.expected = self._vectors.shape[1:], len(self._order)

    def rows(self, batch=4096):
        """float32 (up to batch, dim), those left out that are copies."""
        self._seen = set()
        for start in range(0, self.expected, batch):
            vectors = self._vectors[np.sort(self._order[start : start + batch])]
            checks.finite("source", vectors)
            yield np.float32([row for row in vectors if self._fresh(digest(row))]).reshape(-1, *self.shape)

    def summary(self, used):
        """What was read, once all ``rows`` were: as in ``ImageStream``, with what vectors have."""
        return {
            "name": self.source,
            "used": used,
            "shape": list(self.shape),
            "copies": self.expected - used,
            "skipped": {},
        }

    def _fresh(self, found):
        """Whether a ``digest`` is new; vectors of one value throughout, which have none, may agree by chance."""
        known = found is not None and found in self._seen
        self._seen.add(found)
        return not known

"""Images pass by once, or twice where they have many numbers, and leave their moments and a sample behind."""

import hashlib
from dataclasses import dataclass

import numpy as np

from rmt_utils.forecast.frame import Frame, principal_subspace, span, widened
from rmt_utils.forecast.moments import shared_moments, union
from rmt_utils.theory.spectrum import Spectrum

SHARES, MEMORY = 128, 1.5e9  # most shares of the images, and bytes for their covariances
MOST_DIM = 6000  # numbers of an image up to which there is a covariance of pixels: some twenty of them are 6 GB
MODES = 1000  # of the principal subspace above that
MOST_NUMBERS = 50_000  # of an image: four matrices of MODES such columns are 1.5 GB
BATCH, NUMBERS = 4096, 2e7  # images at a time, and numbers in them
ROUNDING = 1e-6  # of the variance, as single precision leaves it outside a frame that holds everything
SHOWN = 8  # pictures that are kept as they are


@dataclass(frozen=True, eq=False)
class Reading:
    """shares: ``Moments`` of equal shares of the images in the coordinates of ``frame``, about ``reference`` (modes,).

    fitted: ``Spectrum`` of all in these coordinates. whole: that of all modes of the images. sample: the first images,
    (n, modes). shown: a few of them, (n, dim). sha256: of all pixels. outside: variance that the frame leaves out.
    """

    shares: list
    frame: Frame
    reference: np.ndarray
    fitted: Spectrum
    whole: Spectrum
    sample: np.ndarray
    shown: np.ndarray
    sha256: str
    outside: float

    @property
    def n_images(self):
        return sum(share.count for share in self.shares)


def fits(dim):
    """ValueError for images of more numbers than the memory has room for."""
    if dim > MOST_NUMBERS:
        raise ValueError(
            f"size must be at most {int(MOST_NUMBERS**0.5)} pixels for grey and {int((MOST_NUMBERS / 3) ** 0.5)} for "
            f"colour images, got images of {dim:,} numbers"
        )


def read(stream, n_rows, seed=0):
    """``Reading`` of all images of a stream but copies, ``n_rows`` of them as a sample. ValueError for fewer than 2."""
    dim = int(np.prod(stream.shape))
    batch = max(1, min(BATCH, int(NUMBERS / dim)))
    frame = _frame(stream, dim, batch, seed)
    n_shares = 2
    while 2 * n_shares <= min(SHARES, stream.expected // 4, MEMORY / (8 * frame.modes**2)):
        n_shares *= 2
    kept = {"sample": np.empty((0, frame.modes), np.float32), "shown": np.empty((0, dim), np.float32)}
    total, squares, digest = np.zeros(dim), 0.0, hashlib.sha256()

    def coordinates():
        nonlocal total, squares
        for flat in stream.rows(batch):
            digest.update(np.ascontiguousarray(flat))
            total += flat.sum(axis=0, dtype=np.float64)
            squares += np.square(flat, dtype=np.float64).sum()
            down = frame.down(flat)
            for name, rows, most in (("sample", down, n_rows), ("shown", flat, SHOWN)):
                kept[name] = np.concatenate([kept[name], rows[: most - len(kept[name])].astype(np.float32)])
            yield down

    shares, reference = shared_moments(coordinates(), frame.modes, n_shares)
    together = union(shares)
    if together.count < 2:
        raise ValueError(f"source must hold at least 2 different readable images, got {together.count}")
    fitted = together.spectrum()
    trace = (squares - np.square(total).sum() / together.count) / (together.count - 1)
    outside = trace - fitted.trace if trace - fitted.trace > ROUNDING * trace else 0.0
    whole = widened(fitted, dim, fitted.trace + outside, together.count)
    return Reading(shares, frame, reference, fitted, whole, **kept, sha256=digest.hexdigest(), outside=outside)


def _frame(stream, dim, batch, seed):
    """``Frame`` of the pixels, or of a subspace: the span of all images where they are few, or their principal one."""
    most = dim // 2 if dim <= MOST_DIM else MODES
    if stream.expected <= most:
        return Frame(stream.shape, span(stream.rows(batch)))
    if dim <= MOST_DIM:
        return Frame(stream.shape)
    return Frame(stream.shape, principal_subspace(stream.rows(batch), dim, min(MODES, dim), seed))

"""Images pass by once, or twice where they have many numbers, and leave their moments and a sample behind.

Models are fitted to shares of the images, and what that takes grows with the square of the modes in memory and with the
cube in time. So images of more numbers than MODES pass by twice: the first time they say which modes are the largest,
the second time they leave their shares in these alone.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from rmt_utils.forecast.frame import Frame, principal_subspace, span, widened
from rmt_utils.forecast.moments import shared_moments, union
from rmt_utils.theory.spectrum import Spectrum

SHARES, MEMORY = 128, 6.5e8  # most shares of the images, and bytes for their covariances
FEW_SHARES = 32  # of images of more numbers than MODES: as many sizes as with 64, in half of the memory
MOST_DIM = 6000  # numbers of an image up to which there is one covariance of pixels: with its eigenvectors 1.4 GB
MODES = 1000  # in which models are fitted, at most
MOST_NUMBERS = 50_000  # of an image: four matrices of MODES such columns are 1.5 GB
FEWEST, BATCH, NUMBERS = 400, 4096, 5e6  # images at a time, and numbers in them where that is no fewer images
ROUNDING = 1e-6  # of the variance, as single precision leaves it outside a frame that holds everything
SHOWN = 8  # pictures that are kept as they are


@dataclass(frozen=True, eq=False)
class Reading:
    """shares: ``Moments`` of equal shares of the images in the coordinates of ``frame``, about ``reference`` (modes,).

    fitted: ``Spectrum`` of all in these coordinates. whole: that of all modes of the images. pixels: the same with
    eigenvectors, where the frame has only the first of them and there is a covariance of pixels, otherwise None.
    mean: of the images, (dim,). sample: the first of them, (n, modes). shown: a few of them, (n, dim). sha256: of all
    pixels. outside: variance that the frame leaves out.
    """

    shares: list
    frame: Frame
    reference: np.ndarray
    fitted: Spectrum
    whole: Spectrum
    pixels: Spectrum | None
    mean: np.ndarray
    sample: np.ndarray
    shown: np.ndarray
    sha256: str
    outside: float

    @property
    def n_images(self):
        return sum(share.count for share in self.shares)

    @property
    def known(self):
        """``Frame``, and in it ``Spectrum``, of the modes that were found one by one."""
        return (self.frame, self.fitted) if self.pixels is None else (Frame(self.frame.shape), self.pixels)


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
    batch = int(np.clip(NUMBERS / dim, FEWEST, BATCH))
    frame, pixels = _frame(stream, dim, batch, seed)
    most = SHARES if dim <= MODES else FEW_SHARES
    n_shares = 2
    while 2 * n_shares <= min(most, stream.expected // 4, MEMORY / (8 * frame.modes**2)):
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
    _enough(together.count)
    fitted = together.spectrum()
    trace = (squares - np.square(total).sum() / together.count) / (together.count - 1)
    outside = trace - fitted.trace if trace - fitted.trace > ROUNDING * trace else 0.0
    whole = widened(fitted, dim, fitted.trace + outside, together.count) if pixels is None else pixels
    return Reading(
        shares,
        frame,
        reference,
        fitted,
        whole,
        pixels,
        total / together.count,
        **kept,
        sha256=digest.hexdigest(),
        outside=outside,
    )


def _frame(stream, dim, batch, seed):
    """``Frame`` of the pixels, or of a subspace: the span of all images where they are few, or their principal one.

    And the ``Spectrum`` of all pixels where that gave the subspace, otherwise None.
    """
    most = min(dim // 2, MODES) if dim <= MOST_DIM else MODES
    if stream.expected <= most:
        return Frame(stream.shape, span(stream.rows(batch))), None
    if dim > MOST_DIM:
        return Frame(stream.shape, principal_subspace(stream.rows(batch), dim, min(MODES, dim), seed)), None
    if dim <= MODES:
        return Frame(stream.shape), None
    (together,), _ = shared_moments(stream.rows(batch), dim, 1)
    _enough(together.count)
    pixels = together.spectrum()
    return Frame(stream.shape, pixels.eigenvectors[:, :MODES]), pixels


def _enough(count):
    if count < 2:
        raise ValueError(f"source must hold at least 2 different readable images, got {count}")

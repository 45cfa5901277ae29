"""The forecast seen from other sides: by spatial frequency, at smaller sizes of the pictures, and as pictures."""

from dataclasses import replace

import numpy as np

from rmt_utils.forecast.calibration import Calibration, Law
from rmt_utils.forecast.halves import measure
from rmt_utils.forecast.moments import union
from rmt_utils.forecast.unshrink import unshrunk
from rmt_utils.models import linear
from rmt_utils.models.bands import ring_powers, rings

LEAST_SIDE = 4  # pixels, of reduced images
SHOWN = 8  # pictures of a kind


def by_frequency(shape, fitted, expected):
    """``Forecast.frequencies`` of images of ``shape`` for an ``expected`` squared difference of every mode (modes,)."""
    rank = fitted.eigenvectors.shape[1]
    found = rings(*shape[:2])
    parts = ring_powers(fitted.eigenvectors.T.reshape(rank, *shape), [mask for *_, mask in found])  # (rings, rank)
    variance, difference = parts @ fitted.eigenvalues[:rank], parts @ expected[:rank]
    return [
        (low, high, float(part / fitted.trace), float(different / (2 * part)) if part > 0 else np.nan)
        for (low, high, _), part, different in zip(found, variance, difference, strict=True)
    ]


def by_side(shape, shares, f, scale, mse, seed):
    """(side, images needed for ``mse``) of the same images with blocks of 2, 4, ... pixels averaged."""
    found, (side, _, channels) = [], shape
    while side % 2 == 0 and side // 2 >= LEAST_SIDE:
        halving = np.kron(np.eye(side // 2), np.full((2, 1), 0.5))  # (side, side / 2)
        averaging = np.kron(np.kron(halving, halving), np.eye(channels))
        side, shares = side // 2, [share.projected(averaging) for share in shares]
        whole = union(shares)
        fitted = whole.spectrum()
        law = Law(f, scale, unshrunk(fitted, whole.count - 1))
        sizes, measured, _ = measure(f, scale, shares, fitted, lambda steps, _: steps, np.random.default_rng(seed))
        calibration = Calibration(law, sizes, measured, [0, fitted.dim])
        found.append((side, calibration.needed(mse * fitted.dim / law.spectrum.trace)))
    return found


def pictures(shape, sample, reference, fitted, shares, f, scale, noise):
    """``Forecast.pictures``."""
    modes = fitted.eigenvectors.T[:SHOWN]
    flat = {
        "images": sample[:SHOWN],
        "mean": (reference + fitted.mean)[None],
        "modes": modes / np.abs(modes).max(axis=1, keepdims=True),
    }
    for name, half in (("first half", shares[::2]), ("second half", shares[1::2])):
        whole = union(half)
        if whole.count > 1:
            model = whole.spectrum()
            flat[name] = linear.apply(f, replace(model, mean=reference + model.mean), scale * noise)
    return {name: np.reshape(rows, (-1, *shape)).astype(np.float32) for name, rows in flat.items()}

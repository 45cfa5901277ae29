"""The forecast seen from other sides: by spatial frequency, at smaller sizes of the pictures, and as pictures."""

from dataclasses import replace

import numpy as np

from rmt_utils.forecast.frame import widened
from rmt_utils.forecast.halves import calibrated
from rmt_utils.forecast.moments import union
from rmt_utils.models import linear
from rmt_utils.models.bands import ring_powers, rings

LEAST_SIDE = 4  # pixels, of reduced images
SHOWN = 8  # modes that are shown
CHUNK = 200  # modes whose pictures are looked at together


def by_frequency(frame, fitted, trace, expected):
    """``Forecast.frequencies`` of images of the ``frame`` for the squared difference ``expected`` in modes (modes,).

    fitted: their ``Spectrum`` in its coordinates. trace: their variance. Modes outside the frame are left out.
    """
    rank = fitted.eigenvectors.shape[1]
    found = rings(*frame.shape[:2])
    masks = [mask for *_, mask in found]
    parts = [
        ring_powers(frame.up(vectors).reshape(-1, *frame.shape), masks)
        for vectors in np.array_split(fitted.eigenvectors.T, -(-rank // CHUNK))
    ]
    parts = np.concatenate(parts, axis=1)  # (rings, rank)
    variance, difference = parts @ fitted.eigenvalues[:rank], parts @ expected[:rank]
    return [
        (low, high, float(part / trace), float(different / (2 * part)) if part > 0 else np.nan)
        for (low, high, _), part, different in zip(found, variance, difference, strict=True)
    ]


def by_side(frame, shares, f, scale, mse, seed):
    """(side, images needed for ``mse``) of the same images with blocks of 2, 4, ... pixels averaged.

    And the largest relative standard error of what these were calibrated on, 0 without any.
    """
    found, errors = [], [0.0]
    while frame.shape[0] % 2 == 0 and frame.shape[0] // 2 >= LEAST_SIDE:
        frame, change = frame.halved()
        shares = [share.projected(change) for share in shares]
        together = union(shares)
        fitted = together.spectrum()
        whole, rng = widened(fitted, frame.dim, fitted.trace, together.count), np.random.default_rng(seed)
        calibration, of_side = calibrated(f, scale, shares, fitted, whole, [0, frame.dim], lambda steps, _: steps, rng)
        errors.append(of_side.relative)
        found.append((frame.shape[0], calibration.needed(mse * frame.dim / whole.trace)))
    return found, float(np.max(errors))


def pictures(reading, f, scale, noise):
    """``Forecast.pictures`` of a ``Reading`` of images."""
    frame, reference = reading.frame, reading.reference
    outside = reading.mean - frame.up(frame.down(reading.mean[None]))  # of the mean, in no mode of the frame
    modes = frame.up(reading.fitted.eigenvectors.T[:SHOWN])
    flat = {
        "images": reading.shown,
        "mean": reading.mean[None],
        "modes": modes / np.abs(modes).max(axis=1, keepdims=True),
    }
    for name, half in (("first half", reading.shares[::2]), ("second half", reading.shares[1::2])):
        together = union(half)
        if together.count > 1:
            model = together.spectrum()
            samples = linear.apply(f, replace(model, mean=reference + model.mean), scale * frame.down(noise))
            flat[name] = frame.up(samples) + outside
    return {name: np.reshape(rows, (-1, *frame.shape)).astype(np.float32) for name, rows in flat.items()}

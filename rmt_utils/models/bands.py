"""Where two models differ: in bands of modes, and in rings of spatial frequency, which mean the same at every size."""

from itertools import pairwise

import numpy as np

MODES = (0, 5, 20, 60, 200, 600, 2000)  # edges
FREQUENCIES = (0, 1, 2, 4, 8, 16, 32, 64, 128)  # edges, in cycles a side


def bands(n_modes, edges=MODES):
    """Neighbouring pairs of ``edges`` up to ``n_modes``, which ends the last: [(low, high)].

    >>> bands(30)
    [(0, 5), (5, 20), (20, 30)]
    """
    return list(pairwise([edge for edge in edges if edge < n_modes] + [n_modes]))


def rings(height, width):
    """Rings of spatial frequency: [(lowest, highest, mask (height, width) of a discrete Fourier transform)].

    The first, from 0 to 0, is the mean; every other one lies above its lowest frequency, in cycles a side.

    >>> [(low, high, int(mask.sum())) for low, high, mask in rings(4, 4)]
    [(0.0, 0.0, 1), (0.0, 1.0, 4), (1.0, 2.0, 6), (2.0, 2.8284271247461903, 5)]
    """
    radius = np.hypot(np.fft.fftfreq(height, 1 / height)[:, None], np.fft.fftfreq(width, 1 / width))
    edges = [-1.0, *(float(edge) for edge in FREQUENCIES if edge < radius.max()), float(radius.max())]
    found = [(max(low, 0.0), high, (radius > low) & (radius <= high)) for low, high in pairwise(edges)]
    return [ring for ring in found if ring[2].any()]


def ring_powers(pictures, masks):
    """Squared length of each picture's part in every ring: (rings, ...).

    pictures: (..., height, width, channels). masks: of ``rings``. The sum over rings is the squared length.
    """
    power = np.square(np.abs(np.fft.fft2(pictures, axes=(-3, -2), norm="ortho"))).sum(axis=-1)
    return np.stack([power[..., mask].sum(axis=-1) for mask in masks])

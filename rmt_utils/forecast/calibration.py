"""A Gaussian law of disagreement, made to agree with what was measured on parts of the same images.

Real images are not Gaussian, so that the law misses by a factor. With few images the factor grows with n, with many it
is constant: both laws are proportional to 1/n there. A power of 1 + d/n does both.
"""

from itertools import pairwise

import numpy as np
from scipy.optimize import brentq

from rmt_utils.theory.functions import mean_estimate_variance, seed_variance, spectral_variance

LARGEST = 3  # sizes to which the power is fitted
MOST_IMAGES = 1e12  # where the search for a sufficient number of images ends


class Law:
    """Expected squared difference of two models' samples, each fitted to n images of its own, from isotropic seeds.

    f, scale: the sampling map multiplies scale * noise - mean by f(covariance). spectrum: anything that
    ``spectral_variance`` takes. The covariance is that of n - 1 images about a known mean.
    """

    def __init__(self, f, scale, spectrum):
        self.f, self.scale, self.spectrum = f, scale, spectrum

    def modes(self, n):
        """In every mode: (modes,)."""
        return self.sampled(n) + self.mean(n)

    def sampled(self, n):
        """What of it comes from the seed by way of the covariance: (modes,)."""
        return 2 * self.scale**2 * spectral_variance(self.f, self.spectrum, n - 1)

    def mean(self, n):
        """What of it comes from estimating the mean: (modes,)."""
        return 2 * mean_estimate_variance(self.f, self.spectrum, n)

    def seeds(self, n, coordinates):
        """For single seeds, over the mean of all: (seeds,). coordinates: noise in the modes, (seeds, modes)."""
        noise = np.vstack([np.zeros((1, coordinates.shape[1])), self.scale * coordinates])
        found = 2 * seed_variance(self.f, self.spectrum, n, noise)
        return found[1:] / (self.sampled(n).sum() + found[0])


class Calibration:
    """``law`` times a factor of n and a shape over the modes that are fitted to measurements at a few n.

    law: a Gaussian ``Law``. sizes, found: (sizes,) rising and (sizes, modes), squared differences of pairs of models.
    measured: the law of what these models were fitted to, where that has only the first modes.
    bands: edges of the bands of modes, from 0 to the number of modes, whose shares in the total are fitted.
    ``measured`` is the sum of ``found`` with what the law says of the modes left out, (sizes,).

    The factor is a power of 1 + d/n, fitted to the LARGEST measured n; below these it is interpolated to what was
    measured, and held below all. The shape is the geometric mean over the measured n, interpolated between the middles
    of the bands; it keeps the total.
    """

    def __init__(self, law, sizes, found, bands, measured=None):
        self.law, self.sizes, self.found, self._dim = law, sizes, found, law.spectrum.dim
        self._line, self._places, self._values = np.zeros(1), np.zeros(1), np.zeros(1)
        self._shape, self.measured = np.ones(self._dim), found.sum(axis=1)
        if not len(sizes):
            return
        predicted = np.array([(measured or law).modes(n) for n in sizes])
        places, miss = np.log1p(self._dim / sizes), np.log(found.sum(axis=1) / predicted.sum(axis=1))
        if measured:
            self.measured = self.measured * [law.modes(n).sum() for n in sizes] / predicted.sum(axis=1)
        first = max(0, len(sizes) - LARGEST)
        self._line = np.polyfit(places[first:], miss[first:], 1 if len(sizes) >= LARGEST else 0)
        self._powers = np.vander(places[first:], self._line.size)
        self._places = places[first::-1]  # rising
        self._values = np.append(np.polyval(self._line, places[first]), miss[:first][::-1])
        found, predicted = (np.add.reduceat(values, bands[:-1], axis=1) for values in (found, predicted))
        factors = np.log(found / predicted).mean(axis=0)  # (bands,)
        middles = [np.sqrt((low + 1) * high) for low, high in pairwise(bands)]
        self._shape = np.exp(np.interp(np.log(np.arange(1, self._dim + 1)), np.log(middles), factors))

    def factor(self, n):
        """What is measured over what the law says: shape of n."""
        place = np.log1p(self._dim / n)
        line = np.polyval(self._line, np.minimum(place, self._places[0]))
        return np.exp(line + np.interp(place, self._places, self._values - self._values[0]))

    def leverage(self, n):
        """Variance of log ``factor(n)`` for one n, where the measurements' logarithms vary by 1, each on its own.

        1 where no line is fitted but the measurement is taken, 1/2 between two, and more the further n is from them.
        """
        place = np.minimum(np.log1p(self._dim / n), self._places[0])
        row = np.vander([place], self._line.size)[0]
        return float(row @ np.linalg.solve(self._powers.T @ self._powers, row))

    def modes(self, n):
        """Expected squared difference of two models' samples in every mode: (modes,)."""
        gaussian = self.law.modes(n)
        shaped = gaussian * self._shape
        return shaped * (gaussian.sum() / shaped.sum() * self.factor(n))

    def needed(self, share, low=0, high=None):
        """n >= 2 at which modes low to high - 1 together differ by ``share`` of their variance; inf above 1e12."""
        band = slice(low, high)
        goal = share * self.law.spectrum.eigenvalues[band].sum()

        def excess(log_n):
            return np.log(self.modes(np.exp(log_n))[band].sum() / goal)

        least, most = np.log(2.0), np.log(MOST_IMAGES)
        if excess(least) <= 0:
            return 2.0
        if excess(most) >= 0:
            return np.inf
        return float(np.exp(brentq(excess, least, most, xtol=1e-3)))

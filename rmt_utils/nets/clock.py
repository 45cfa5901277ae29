"""Training time of a network: its snapshots beside a linear model that is stopped early."""

from dataclasses import dataclass

import numpy as np

from rmt_utils import checks


@dataclass(frozen=True, eq=False)
class Clocked:
    """A network and a linear model at the same time: generated variance by band, both (snapshots, bands).

    factor: units of linear training time in a unit of the network's exposure.
    """

    factor: float
    network: np.ndarray
    linear: np.ndarray

    @property
    def off(self):
        """Typical factor between the two, the root mean square over snapshots of its logarithm: (bands,)."""
        return np.exp(np.sqrt(np.square(np.log(self.network / self.linear)).mean(axis=0)))


def clocked(samples, exposed, line, times, spectrum, bands):
    """``Clocked`` of a network's snapshots, with the factor fitted to the last band alone.

    samples: (snapshots, seeds, dim). exposed: (snapshots,). line: samples of a linear model (times, seeds, dim) after
    the training times (times,). spectrum, bands: as in ``band_variance``.
    """
    network, linear = (band_variance(x, spectrum, bands) for x in (samples, line))
    factor = fit_clock(exposed, network[:, -1], times, linear[:, -1])
    along = np.stack([at_times(factor * exposed, times, band) for band in linear.T], axis=1)
    return Clocked(factor, network, along)


def error_of_off(samples, exposed, line, *others):
    """Standard error over seeds of ``Clocked.off``, half the gap of what even and odd seeds say: (bands,).

    Arguments as for ``clocked``.
    """
    parts = (slice(0, None, 2), slice(1, None, 2))
    even, odd = (clocked(samples[:, seeds], exposed, line[:, seeds], *others).off for seeds in parts)
    return np.abs(even - odd) / 2


def band_variance(samples, spectrum, bands):
    """Variance of generated samples over the population's, by band of modes: (..., bands).

    samples: (..., seeds, dim). spectrum: the population's, with eigenvectors. bands: pairs (first, last) of modes,
    counted from 0, the last not included.

    >>> from rmt_utils import Spectrum
    >>> law = Spectrum([4.0, 1.0], eigenvectors=np.eye(2))
    >>> band_variance(np.array([[2.0, 2.0], [-2.0, -2.0]]), law, [(0, 1), (1, 2)])
    array([1., 4.])
    """
    samples = checks.finite("samples", samples)
    centred = samples - samples.mean(axis=-2, keepdims=True)
    variance = np.square(centred @ spectrum.eigenvectors).mean(axis=-2)
    ratios = [variance[..., a:b].sum(axis=-1) / spectrum.eigenvalues[a:b].sum() for a, b in bands]
    return np.stack(ratios, axis=-1)


def exposure(recipe, steps):
    """Sum of the learning rates up to each of ``steps``, what takes the place of training time: steps' shape.

    >>> from rmt_utils.nets.recipe import Recipe
    >>> float(exposure(Recipe("unet-tiny", 10, learning_rate=1.0, warmup=1, final_rate=1.0), [4])[0])
    4.0
    """
    rates = np.cumsum([recipe.rate(step) for step in range(recipe.steps)])
    return rates[np.asarray(steps) - 1]


def fit_clock(exposed, measured, times, line):
    """Units of linear training time in a unit of exposure: the factor that brings ``line`` nearest to ``measured``.

    exposed, measured: (snapshots,). times, line: (times,), the same quantity of a linear model over its training time.
    Nearest in mean square of the logarithm, between the logarithms of ``times``.

    >>> times = np.geomspace(0.01, 100, 200)
    >>> round(fit_clock(np.array([1.0, 2.0]), 1 + 1 / np.array([3.0, 6.0]), times, 1 + 1 / times), 1)
    3.0
    """
    exposed, measured = checks.positive("exposed", exposed), checks.positive("measured", measured)
    factors = np.geomspace(times[0] / exposed[-1], times[-1] / exposed[0], 2000)
    misses = [np.square(np.log(at_times(f * exposed, times, line) / measured)).mean() for f in factors]
    return float(factors[np.argmin(misses)])


def at_times(wanted, times, line):
    """``line`` (times,) at the times ``wanted``, interpolated between logarithms: the shape of ``wanted``."""
    return np.exp(np.interp(np.log(wanted), np.log(times), np.log(line)))

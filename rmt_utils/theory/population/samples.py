r"""Laws for the covariance of real images, from samples of their population instead of its spectrum alone.

Everything is said in the population's own eigenbasis. f(Sigma_hat) is a sum of resolvents on the real line, each
resolvent has its fixed point. The laws themselves are in ``population.law``. Source: page on the theory for real
images.
"""

from functools import cached_property

import numpy as np

from rmt_utils import checks
from rmt_utils.theory.kappa import solve_kappa
from rmt_utils.theory.population.blocks import Rows
from rmt_utils.theory.population.fixed_point import resolvents
from rmt_utils.theory.population.partial_fractions import levels
from rmt_utils.theory.population.path import Path
from rmt_utils.theory.spectrum import Spectrum


class Population:
    """Samples that stand for the population from which training sets are drawn, however far from Gaussian.

    samples: (N, dim), N >= 2. coupled: so many modes of the largest variance are coupled to each other by their
    products over the samples, >= 1; each of the others enters by its squares alone. Time goes as its square. Of 768
    modes of colour patches 128 leave the total variance right to 0.1 %, that of a seed to 1 %, that of a coupled mode
    to 0.4 % and of another to 3 %. ValueError for anything else. The object may be given instead of a spectrum to
    ``denoiser_gain``, ``denoiser_variance``, ``denoiser_mode_variance``, ``spectral_mean``, ``spectral_variance``,
    ``spectral_kernel``, ``mean_estimate_variance``, ``seed_variance``, ``resolvent_mean`` and ``spectral_density``, in
    ``df1`` and ``df2`` for its spectrum; modes are those of ``eigenvalues``, which fall.

    The laws are those of training sets drawn independently, so that the difference of two disjoint sets out of these
    very samples obeys them, while sets drawn anew from the same N samples vary less by 1 - n/N. N should be 40 n or
    more: at low noise and n = d the variance of images comes out 5 to 6 % too small with N = 20 n.

    spectrum: the ``Spectrum`` of the samples, 1/N, with eigenvectors and mean, for the Gaussian laws and models.
    coordinates: (N, rank), the samples about their mean in the eigenbasis.

    >>> Population([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]]).eigenvalues
    array([2. , 0.5])
    """

    def __init__(self, samples, coupled=500):
        samples = checks.matrix("samples", samples)
        coupled = checks.count("coupled", coupled)
        mean = samples.mean(axis=0)
        centred = checks.spread("samples", samples - mean)
        self.spectrum = Spectrum.from_factor(centred / np.sqrt(len(samples)), mean)
        self.coordinates = centred @ self.spectrum.eigenvectors
        self.coordinates.setflags(write=False)
        self.coupled = min(coupled, self.rank)
        self._paths = {}

    @property
    def eigenvalues(self):
        return self.spectrum.eigenvalues

    @property
    def eigenvectors(self):
        return self.spectrum.eigenvectors

    @property
    def mean(self):
        return self.spectrum.mean

    @property
    def dim(self):
        return self.spectrum.dim

    @property
    def rank(self):
        """Number of non-zero eigenvalues."""
        return self.coordinates.shape[1]

    @property
    def positive(self):
        """The non-zero eigenvalues: (rank,)."""
        return self.eigenvalues[: self.rank]

    @cached_property
    def square_norms(self):
        """Squared norm of every sample about the mean: (N,)."""
        return np.square(self.coordinates).sum(axis=1)

    def whitened_norms(self, kappa=0.0):
        """x^T (Sigma + kappa)^-1 x of every sample about the mean: (N,), or (N, levels) for as many ``kappa`` >= 0.

        >>> Population([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]]).whitened_norms([0.0, 2.0])[0].tolist()
        [2.0, 1.0]
        """
        return np.square(self.coordinates) @ (1 / np.add.outer(self.positive, kappa))

    def unit(self, n_samples, estimated):
        """Entry of inputs where the rows of ``augmented`` have their 1: (1,) if the mean is ``estimated``, else (0,).

        It makes the variance of the mean Sigma/n, to all orders in 1/n.
        """
        return np.full(1, np.sqrt(1 - 1 / n_samples)) if estimated else np.zeros(0)

    def inputs(self, x, unit):
        """Coordinates x (inputs, modes), behind the ``unit``: (inputs, columns)."""
        return np.pad(x[:, : self.rank], ((0, 0), (unit.size, 0)), constant_values=unit.sum())

    def augmented(self, n_samples, estimated):
        """The ``Rows`` x_i of ``fixed_point`` and the diagonal of P.

        Rows about an ``estimated`` mean begin with their 1. Their factor makes the centred covariance that with
        1/(n - 1).
        """
        if not estimated:
            return Rows(self.coordinates, self.coupled), np.ones(self.rank)
        unit = self.unit(n_samples, estimated)
        rows = np.pad(self.coordinates, ((0, 0), (1, 0)), constant_values=1.0) / unit
        return Rows(rows, 1 + self.coupled), np.append(0.0, np.ones(self.rank))

    def resolvent(self, z, n_samples, estimated):
        """``Resolvent`` at one z, > 0 or complex off the negative axis, about a known or an ``estimated`` mean."""
        return next(self._resolvents([z], n_samples, estimated))

    def mean_resolvent(self, z, n_samples):
        """(1/dim) Tr E[(Sigma_hat + z)^-1] about a known mean, for z of any shape, > 0 or complex: that shape."""
        traces, order = np.empty(z.size, z.dtype), np.argsort(-np.abs(z), axis=None)  # so that warm starts help
        nodes = self._resolvents(z.ravel()[order], n_samples, False)
        for index in order:
            node = next(nodes)
            traces[index] = node.inverse.diagonal.sum() + (self.dim - self.rank) / node.z
        return traces.reshape(z.shape)[()] / self.dim

    def path(self, n_samples, estimated, step):
        """``Path`` of all levels that functions of the covariance of ``n_samples`` need; the last two are kept.

        step: of the ``levels``, ``partial_fractions.spacing`` of the function.
        """
        key = n_samples, estimated, step
        if key not in self._paths:
            z = levels(*self.support(n_samples), step)
            self._paths = dict(list(self._paths.items())[-1:])
            rows, penalty = self.augmented(n_samples, estimated)
            nodes = resolvents(rows, self._elliptical(z[0], n_samples), z, n_samples, penalty)
            self._paths[key] = Path(list(nodes), rows, penalty)
        return self._paths[key]

    def support(self, n_samples):
        """Interval around the non-zero eigenvalues of the population and of the covariance of ``n_samples``."""
        return self.positive[-1], 4 * (self.eigenvalues[0] + self.square_norms.max() / n_samples)

    def to_modes(self, values):
        """Values (..., rank) with 0 for the modes of eigenvalue 0: (..., modes)."""
        return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, self.dim - self.rank)])

    def _resolvents(self, z, n_samples, estimated):
        rows, penalty = self.augmented(n_samples, estimated)
        yield from resolvents(rows, self._elliptical(z[0], n_samples), z, n_samples, penalty)

    def _elliptical(self, z, n_samples):
        """q of samples that differ from Gaussian ones by one scale each: proportional to |x_i|^2."""
        return (solve_kappa(z, self.spectrum, n_samples) / z - 1) * self.square_norms / self.square_norms.mean()

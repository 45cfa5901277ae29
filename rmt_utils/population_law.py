"""Moments of functions of the covariance of real images, and of the linear denoiser, from their ``Population``.

The resolvent identity R - R' = (z' - z) R R' makes E[f^2] as easy as E[f]; everything else with two resolvents solves
the linear equation of ``fixed_point.dressed``. An input x is a row of coordinates about the population mean, with one
more entry where that mean is estimated from the samples: ``Population.design``.
"""

from functools import cached_property

import numpy as np

from rmt_utils.fixed_point import dressed
from rmt_utils.partial_fractions import partial_fractions, shrinking_fractions, square_fractions

COARSE = 3  # ``PopulationLaw.from_mean`` takes every third level of a path, the spacing of which is then 1.5
COARSE_TOLERANCE = 1e-3


class PopulationLaw:
    """f(Sigma_hat) as f(0) plus a sum over levels z_k of real resolvents, and its moments in the eigenbasis.

    estimated: whether the covariance of the n_samples > 0 is that about their own mean, or about the known one.
    """

    def __init__(self, f, population, n_samples, estimated=False):
        self.f, self.population, self.n_samples, self.estimated = f, population, n_samples, estimated
        self.path, self.support = population.path(n_samples, estimated), population.support(n_samples)
        self.coordinates, self.penalty, self.unit = population.design(n_samples, estimated)
        self.modes = population.dim
        self.z = np.array([node.z for node in self.path])
        self.constant, self.coefficients = partial_fractions(f, self.z, *self.support)
        self.square_constant, self.square_coefficients = square_fractions(f, self.z, *self.support)

    def mean(self):
        """E[f]_jj: (modes,)."""
        return self.constant + self.population.to_modes(np.diag(self._rise)[: self.population.rank])

    def kernel(self):
        raise ValueError("spectrum must be one of Gaussian samples for the kernel between all modes, got a Population")

    def variance(self):
        """Variance of mode j of f x for isotropic x and a known mean: (modes,)."""
        square = self.square_constant + np.diag(self._square_rise)
        settled = np.square(self.constant * np.eye(self.population.rank) + self._rise).sum(axis=1)
        return self.population.to_modes(square - settled - np.square(self._drift).sum(axis=1))

    def total_variance(self, seeds):
        """Variance of the output summed over modes, for inputs ``seeds`` (seeds, modes): (seeds,)."""
        rank = self.population.rank
        x = np.concatenate([seeds[:, :rank], np.broadcast_to(self.unit, (len(seeds), self.unit.size))], axis=1)
        # E |f (x - m)|^2 from f^2; with an estimated mean also twice E m^T f (x - m), and E |m|^2.
        square = np.sum((x @ self._square_rise) * x, axis=1)
        settled = self.constant * x[:, :rank] + (x @ self._rise)[:, :rank]
        total = self.square_constant * np.square(x[:, :rank]).sum(axis=1) + square
        total -= np.square(settled).sum(axis=1) + np.square((x @ self._drift)[:, :rank]).sum(axis=1)
        if self.estimated:
            mean_variance = self.population.positive.sum() / self.n_samples
            rest = 1 - 2 * (self.constant + self.coefficients.sum())
            rest += self.square_constant + self.square_coefficients.sum()
            total += rest * mean_variance + self.unit**2 * ((self.square_coefficients - 2 * self.coefficients) @ self.z)
            total -= 2 * self.unit * (x @ self._rise)[:, rank]
        return total

    def from_mean(self):
        """Variance of mode j of (I - f) m, m the estimated mean about the true one: (modes,).

        A double sum over every COARSE-th level, each pair ``dressed``, scaled to its exact total.
        """
        coordinates, rank = self.coordinates, self.population.rank
        path, z = self.path[::COARSE], self.z[::COARSE]
        amplitudes = z * shrinking_fractions(lambda s: 1 - self.f(s), z, *self.support)
        moving = np.zeros(rank)
        for a, left in enumerate(path):
            half = coordinates @ left.inverse  # (N, columns)
            for b, right in enumerate(path[: a + 1]):
                pairs = half * (coordinates @ right.inverse)
                y = dressed(coordinates, left, right, pairs[:, -1] / self.n_samples, COARSE_TOLERANCE)
                weights = y / ((1 + left.q) * (1 + right.q)) / len(y)
                moving += (1 if a == b else 2) * amplitudes[a] * amplitudes[b] * (weights @ pairs[:, :rank])
        total = float(self.total_variance(np.zeros((1, self.population.dim)))[0])
        return self.population.to_modes(moving * total / moving.sum())

    @cached_property
    def _rise(self):
        """sum_k c_k (P - z_k M_k^-1) for f: (columns, columns)."""
        return self._sum(self.coefficients)

    @cached_property
    def _square_rise(self):
        """sum_k c_k (P - z_k M_k^-1) for f^2: (columns, columns)."""
        return self._sum(self.square_coefficients)

    def _sum(self, coefficients):
        total = coefficients.sum() * np.diag(self.penalty)
        for c, node in zip(coefficients, self.path, strict=True):
            total -= (c * node.z) * node.inverse
        return total

    @cached_property
    def _drift(self):
        """What one sample changes in f on average, times sqrt(n): part of the two-point law, but of no variance."""
        return sum(
            (c * node.z) * (node.inverse - node.z * (node.inverse * self.penalty) @ node.inverse)
            for c, node in zip(self.coefficients, self.path, strict=True)
        ) / np.sqrt(self.n_samples)


class DenoiserLaw:
    """The linear denoiser at noise variance z > 0: its gain, and the covariance of its outputs over data sets.

    estimated: as in ``PopulationLaw``.
    """

    def __init__(self, population, z, n_samples, estimated=False):
        self.population, self.z = population, z
        self.coordinates, self.penalty, self.unit = population.design(n_samples, estimated)
        self.node = population.resolvent(z, n_samples, estimated)
        self.weights = 1 / (1 + self.node.q) ** 2  # (N,)

    def gain(self):
        """E[Sigma_hat (Sigma_hat + z)^-1]_jj: (modes,)."""
        return self.population.to_modes(1 - self.z * np.diag(self.node.inverse)[: self.population.rank])

    def covariance(self, x, pairing):
        """Covariance over data sets of the output D(x) at one input x (modes,): (rank, rank).

        pairing: whether to go beyond the two-point equivalent of A = x x^T, as the variance of one entry demands: the
        square of the mean fluctuation leaves it, and a second ladder, whose resolvents' ends are exchanged, enters
        along the one direction in which samples fluctuate together. For Gaussian samples that is <v,x>^2.
        """
        node, coordinates, rank = self.node, self.coordinates, self.population.rank
        x = np.append(x[:rank], self.unit)
        shrunk = node.inverse @ x
        along = coordinates @ shrunk  # x_i^T M^-1 x, (N,)
        y = dressed(coordinates, node, node, np.square(along) / node.n_samples)
        inner = coordinates.T @ (coordinates * (self.weights * y / len(y))[:, None])
        if pairing:
            mean = x - self.z * self.penalty * shrunk
            exchanged = self._common @ along
            inner += np.outer(exchanged, exchanged) - np.outer(mean, mean) / node.n_samples
        return self.z**2 * (node.inverse @ inner @ node.inverse)[:rank, :rank]

    @cached_property
    def _common(self):
        """Projection of x_i^T M^-1 x on the fluctuation common to all samples, with its strength: (columns, N)."""
        node, coordinates = self.node, self.coordinates
        bare = np.square(coordinates @ node.inverse) @ self.penalty / node.n_samples
        common = dressed(coordinates, node, node, bare)
        weighted = self.weights * common
        gain = weighted @ (common - bare) / (weighted @ bare) / (weighted @ common)
        return (np.sqrt(gain / (len(common) * node.n_samples)) * weighted) * coordinates.T


def each(law, *levels):
    """law(*level) at every one of the ``levels``, numbers of any shapes that broadcast: that shape + the law's."""
    levels = np.broadcast_arrays(*levels)
    values = np.stack([law(*(float(value) for value in level)) for level in zip(*map(np.ravel, levels), strict=True)])
    return values.reshape(levels[0].shape + values.shape[1:])

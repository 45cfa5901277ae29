"""Moments of functions of the covariance of real images, and of the linear denoiser, from their ``Population``.

The resolvent identity R - R' = (z' - z) R R' makes E[f^2] as easy as E[f]; everything else with two resolvents solves
the linear equation of ``fixed_point.dressed``. An input x is a row of coordinates about the population mean, with one
more entry where that mean is estimated from the samples: ``Population.design``.
"""

from functools import cached_property

import numpy as np

from rmt_utils.theory.population.fixed_point import dressed
from rmt_utils.theory.population.partial_fractions import (
    partial_fractions,
    shrinking_fractions,
    spacing,
    square_fractions,
    variation_fractions,
)

COARSE = 3  # double sums take every third level of a path, the spacing of which is then 1.5
COARSE_TOLERANCE = 1e-3


class PopulationLaw:
    """f(Sigma_hat) as f(0) plus a sum over levels z_k of real resolvents, and its moments in the eigenbasis.

    estimated: whether the covariance of the n_samples > 0 is that about their own mean, or about the known one.
    """

    def __init__(self, f, population, n_samples, estimated=False):
        self.f, self.population, self.n_samples, self.estimated = f, population, n_samples, estimated
        self.support = population.support(n_samples)
        self.path = population.path(n_samples, estimated, spacing(f, *self.support))
        self.coordinates, self.penalty, self.unit = population.design(n_samples, estimated)
        self.modes = population.dim
        self.z = np.array([node.z for node in self.path])
        self.constant, self.coefficients = partial_fractions(f, self.z, *self.support)
        self.square_constant, self.square_coefficients = square_fractions(f, self.z, *self.support)

    def mean(self):
        """E[f]_jj: (modes,)."""
        return self.constant + self.population.to_modes(np.diag(self._rise)[: self.population.rank])

    def kernel(self):
        """Var[f_jk], about a known mean: (modes, modes), the diagonal too.

        A double sum as in ``from_mean``, for A = e_k e_k^T at every k. Its sum over k is ``variance`` and the second
        pairing, which only the diagonal notices.
        """
        coordinates, rank = self.coordinates, self.population.rank
        z, path = self.z[::COARSE], self.path[::COARSE]
        amplitudes = z * variation_fractions(self.f, z, *self.support)
        kernel, drift = np.zeros((rank, rank)), np.zeros((rank, rank))
        for a, left in enumerate(path):
            drift += amplitudes[a] * (left.inverse - z[a] * left.inverse @ left.inverse)
            half = coordinates @ left.inverse
            for b, right in enumerate(path[: a + 1]):
                weights = 1 / ((1 + left.q) * (1 + right.q)) / len(coordinates)
                bare = half * (coordinates @ right.inverse) / self.n_samples  # (N, rank)
                y = np.stack([dressed(coordinates, left, right, one, COARSE_TOLERANCE) for one in bare.T], axis=1)
                ladder = self.n_samples * bare.T @ (weights[:, None] * y)
                exchanged = left.inverse @ common_fluctuation(coordinates, left, right) @ right.inverse
                pair = ladder + exchanged * exchanged.T
                kernel += amplitudes[a] * amplitudes[b] * (pair if a == b else pair + pair.T)
        kernel -= np.square(drift) / self.n_samples
        return self.population.to_modes(self.population.to_modes((kernel + kernel.T) / 2).T)

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


def common_fluctuation(coordinates, left, right, penalty=1.0):
    """The direction in which all samples fluctuate together, with its strength: (columns, columns).

    C = sqrt(g / (n N)) sum_i w_i u_i x_i x_i^T with w_i = 1/((1 + q_i)(1 + q_i')), u the response to A = P and g what
    all ladders but the bare one add to it: page on the theory for real images, eq. (population-pairing).
    """
    weights = 1 / ((1 + left.q) * (1 + right.q))
    bare = np.sum((coordinates @ (left.inverse * penalty)) * (coordinates @ right.inverse), axis=1) / left.n_samples
    common = dressed(coordinates, left, right, bare)
    weighted = weights * common
    gain = weighted @ (common - bare) / (weighted @ bare) / (weighted @ common)
    return coordinates.T @ ((np.sqrt(gain / (len(common) * left.n_samples)) * weighted)[:, None] * coordinates)


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
        """Covariance over data sets of the output D(x): (rank, rank), at one input x (modes,) or averaged over several.

        The average over inputs (inputs, modes) takes the time of one, since the two-point map is linear in A.
        pairing: whether to go beyond the two-point equivalent of A = x x^T, as the variance of one entry demands: the
        square of the mean fluctuation leaves it, and a second ladder, whose resolvents' ends are exchanged, enters
        along the one direction in which samples fluctuate together. For Gaussian samples that is <v,x>^2.
        """
        node, coordinates, rank = self.node, self.coordinates, self.population.rank
        x = np.atleast_2d(x)[:, :rank]
        x = np.concatenate([x, np.broadcast_to(self.unit, (len(x), self.unit.size))], axis=1) / np.sqrt(len(x))
        shrunk = x @ node.inverse
        along = np.square(coordinates @ shrunk.T).sum(axis=1)  # mean (x_i^T M^-1 x)^2, (N,)
        y = dressed(coordinates, node, node, along / node.n_samples)
        inner = coordinates.T @ (coordinates * (self.weights * y / len(y))[:, None])
        if pairing:
            mean, exchanged = x - self.z * self.penalty * shrunk, shrunk @ self._common
            inner += exchanged.T @ exchanged - mean.T @ mean / node.n_samples
        return self.z**2 * (node.inverse @ inner @ node.inverse)[:rank, :rank]

    @cached_property
    def _common(self):
        return common_fluctuation(self.coordinates, self.node, self.node, self.penalty)


def each(law, *levels):
    """law(*level) at every one of the ``levels``, numbers of any shapes that broadcast: that shape + the law's."""
    levels = np.broadcast_arrays(*levels)
    values = np.stack([law(*(value.item() for value in level)) for level in zip(*map(np.ravel, levels), strict=True)])
    return values.reshape(levels[0].shape + values.shape[1:])

"""Moments of functions of the covariance of real images, from their ``Population``.

The resolvent identity R - R' = (z' - z) R R' makes E[f^2] as easy as E[f]; most else with two resolvents is a sum over
pairs of levels: ``path``. An input x is a row of coordinates about the population mean, behind one more entry where
that mean is estimated from the samples: ``Population.inputs``.
"""

import functools
import operator
from functools import cached_property

import numpy as np

from rmt_utils import checks
from rmt_utils.theory.certificate import certified, difference
from rmt_utils.theory.population.blocks import Blocks
from rmt_utils.theory.population.denoiser import DenoiserLaw
from rmt_utils.theory.population.fixed_point import CONVERGED, ladder
from rmt_utils.theory.population.partial_fractions import (
    partial_fractions,
    shrinking_fractions,
    spacing,
    square_fractions,
    variation_fractions,
)

__all__ = ["DenoiserLaw", "SpectralLaw", "density"]

COARSE_TOLERANCE = 1e-3  # of the ladder of one pair of levels
SOLVED = 1e-9  # relative error of a resolvent's entries
PAIRED = 1e-6  # that of the sums over samples of a pair of levels, of which derivatives are interpolated
WANTED = 1e-3  # accuracy of the double sum over coarse levels, which takes the place of a difference that has less
ALLOWED = 1e-2
EPS = np.finfo(float).eps


class SpectralLaw:
    """f(Sigma_hat) as f(0) plus a sum over levels z_k of real resolvents, and its moments in the eigenbasis.

    estimated: whether the covariance of the n_samples > 0 is that about their own mean, or about the known one.
    """

    def __init__(self, f, population, n_samples, estimated=False):
        self.f, self.population, self.n_samples, self.estimated = f, population, n_samples, estimated
        self.modes, self.rank, self.support = population.dim, population.rank, population.support(n_samples)
        self.path = population.path(n_samples, estimated, spacing(f, *self.support))
        self.unit = population.unit(n_samples, estimated)
        self.inner = slice(self.unit.size, None)  # columns of modes
        self.constant, self.coefficients, self.error = partial_fractions(f, self.path.z, *self.support)

    def mean(self):
        """E[f]_jj: (modes,)."""
        return self.constant + self.population.to_modes(self._rise.diagonal[self.inner])

    def kernel(self, pairing):
        """Var[f_jk], about a known mean, on the diagonal without the second pairing if so asked: (modes, modes).

        A double sum as in ``from_mean``, for A = e_k e_k^T at every k. Its sum over k is ``variance``.
        """
        rows, path, amplitudes = self.path.rows, self.path.coarse, self._amplitudes
        kernel = np.zeros((self.rank, self.rank))
        for a, left in enumerate(path):
            half = left.inverse.applied(rows.values)
            for b, right in enumerate(path[: a + 1]):
                weights = 1 / ((1 + left.q) * (1 + right.q)) / len(rows)
                bare = half * right.inverse.applied(rows.values)  # (N, rank)
                y = np.stack([ladder(rows, left, right, one, COARSE_TOLERANCE) for one in bare.T], axis=1)
                pair = amplitudes[a] * amplitudes[b] / self.n_samples * bare.T @ (weights[:, None] * y)
                kernel += pair if a == b else pair + pair.T
        kernel = (kernel + kernel.T) / 2 - np.square(self._coarse_drift(amplitudes).dense())
        kernel[np.diag_indices_from(kernel)] += self._pairing(pairing)
        return self.population.to_modes(self.population.to_modes(kernel).T)

    def variance(self, pairing):
        """Variance of mode j of f x for isotropic x and a known mean: (modes,)."""
        square = self._square_rise.diagonal
        settled = self._rise.square_sums() + self._drift.square_sums()
        error = self._error(square, square.max() * self.population.positive / self.population.positive[0])
        variance = difference(square, settled, error, WANTED, self._double_sum)
        return self.population.to_modes(variance + self._pairing(pairing))

    def total_variance(self, seeds, pairing):
        """Variance of the output summed over modes, for inputs ``seeds`` (seeds, modes): (seeds,)."""
        z, inner = self.path.z, self.inner
        x = self.population.inputs(seeds, self.unit)
        # The output is f(0) x + (1 - f(0)) m + g (x - m), g = f - f(0), and m = 0 about a known mean.
        square = np.sum(self._square_rise.applied(x) * x, axis=1)
        settled = sum(np.square(part.applied(x)[:, inner]).sum(axis=1) for part in (self._rise, self._drift))
        noise = 0.0
        if self.estimated:
            spread = self.population.positive.sum() / self.n_samples  # E |m|^2
            coefficients, squares, unit = self.coefficients, self._squares[0], self.unit[0]
            square = square + squares.sum() * spread + unit**2 * (squares @ z)
            cross = -coefficients.sum() * spread - unit**2 * (coefficients @ z) - unit * self._rise.applied(x)[:, 0]
            square = square + (1 - self.constant) ** 2 * spread + 2 * (1 - self.constant) * cross
            # of the entries of the mean's coordinate: at the large z, which matter here, an iteration leaves 1/n of it
            noise = (2 * CONVERGED / self.n_samples + EPS) * (np.abs(squares) @ z)
        error = self._error(np.abs(square), 0.0) + noise
        total = difference(square, settled, error, WANTED, lambda: self._double_total(x))
        return total + np.square(x[:, inner]) @ self._pairing(pairing)

    def from_mean(self):
        """Variance of mode j of (I - f) m, m the estimated mean about the true one: (modes,).

        A double sum over pairs of coarse levels, each with a ladder, scaled to its total.
        """
        rows, path, amplitudes = self.path.rows, self.path.coarse, self._shrinking
        moving = np.zeros(self.rank)
        for a, left in enumerate(path):
            half = left.inverse.applied(rows.values)  # (N, columns)
            for b, right in enumerate(path[: a + 1]):
                pairs = half * right.inverse.applied(rows.values)
                y = ladder(rows, left, right, pairs[:, 0], COARSE_TOLERANCE)
                weights = y / ((1 + left.q) * (1 + right.q)) / len(y)
                moving += (1 if a == b else 2) * amplitudes[a] * amplitudes[b] * (weights @ pairs[:, self.inner])
        if not moving.any():
            return np.zeros(self.modes)
        total = float(self.total_variance(np.zeros((1, self.modes)), pairing=True)[0])
        return self.population.to_modes(moving * total / moving.sum())

    def _error(self, square, least):
        """Absolute error of E[f^2] - E[f]^2."""
        return self._squares[1] * np.maximum(square, least) + (2 * self.error + SOLVED) * square

    def _double_sum(self):
        """The variance of every mode before the second pairing's part: (rank,)."""
        diagonals, amplitudes = self.path.pairs[0], self._amplitudes
        products = np.outer(amplitudes, amplitudes)
        ladders = np.tensordot(diagonals, products) / self.n_samples
        drift = self._coarse_drift(amplitudes).square_sums()
        sizes = np.tensordot(np.abs(diagonals), np.abs(products)) / self.n_samples
        return certified(ladders - drift, PAIRED * sizes, ALLOWED)

    def _double_total(self, x):
        """``total_variance`` for x (seeds, columns) before the second pairing's part: (seeds,)."""
        amplitudes = self._shrinking if self.estimated else self._amplitudes
        ladders, sizes = self.path.projected_pairs(amplitudes, x)
        drift = np.square(self._coarse_drift(amplitudes).applied(x)[:, self.inner]).sum(axis=1)
        return certified(ladders / self.n_samples - drift, PAIRED * sizes / self.n_samples, ALLOWED)

    def _pairing(self, pairing):
        """What the second pairing has to add to the ladders for the variance of f_jj, or to take off: (rank,).

        The bare rung of the ladders holds fourth moments, hence its own second pairing: half of what it makes the
        entry vary. The other rungs have theirs along the response to A = P: page on the theory for real images, eq.
        (population-pairing).
        """
        ladders, rungs, squares = self.path.pairs
        products = np.outer(self._amplitudes, self._amplitudes) / self.n_samples
        if pairing:
            weights = products / np.tensordot(self.path.penalty, ladders, 1) - products / squares
            return np.tensordot(np.square(ladders[self.inner]), weights)
        drift = np.square(self._coarse_drift(self._amplitudes).diagonal[self.inner])
        return (drift - np.tensordot(rungs[self.inner], products)) / 2

    @cached_property
    def _squares(self):
        """Coefficients of (f - f(0))^2 and their error."""
        return square_fractions(self.f, self.path.z, *self.support)

    @cached_property
    def _rise(self):
        """E[f - f(0)] as sum_k c_k (P - z_k M_k^-1): ``Blocks``."""
        return self._sum(self.coefficients)

    @cached_property
    def _square_rise(self):
        """The same of (f - f(0))^2."""
        return self._sum(self._squares[0])

    def _sum(self, coefficients):
        constant = coefficients.sum() * Blocks.of_diagonal(self.path.penalty, self.path.rows.coupled)
        nodes = zip(coefficients, self.path.nodes, strict=True)
        return sum(((-c * node.z) * node.inverse for c, node in nodes), constant)

    @cached_property
    def _amplitudes(self):
        """a_k z_k of the resolvents that f varies by, over the coarse levels: (coarse,)."""
        z = np.array([node.z for node in self.path.coarse])
        return z * variation_fractions(self.f, z, *self.support)

    @cached_property
    def _shrinking(self):
        """a_k z_k of the resolvents that 1 - f is, over the coarse levels: (coarse,)."""
        z = np.array([node.z for node in self.path.coarse])
        return z * shrinking_fractions(lambda s: 1 - self.f(s), z, *self.support)

    @cached_property
    def _drift(self):
        """What one sample changes in f on average, times sqrt(n): part of the two-point law, but of no variance."""
        return self._mean_influence(self.coefficients * self.path.z, self.path.nodes)

    def _coarse_drift(self, amplitudes):
        return self._mean_influence(amplitudes, self.path.coarse)

    def _mean_influence(self, amplitudes, nodes):
        amplitudes = amplitudes / np.sqrt(self.n_samples)
        terms = (a * node.influence(self.path.penalty) for a, node in zip(amplitudes, nodes, strict=True))
        return functools.reduce(operator.add, terms)


def density(x, population, n_samples, width):
    """``spectral_density``, about a known mean: one n_samples, and a ``width``."""
    z = -x * (1 + 1j * checks.number("width", width))
    return population.mean_resolvent(z, checks.number("n_samples", n_samples, checks.sample_size)).imag / np.pi

"""Moments of a function of the covariance of Gaussian samples, from the equivalents of resolvents round a contour."""

import numpy as np

from rmt_utils.contour import contour, support
from rmt_utils.kappa import resolved, solve_kappa

CANCELLING = 1e-5  # share of E[f^2] below which the difference of two means keeps fewer than nine digits


class GaussianLaw:
    """f(Sigma_hat) as f(0) plus a sum over contour nodes; its moments at the points of the spectrum's grid, and back.

    estimated: whether the covariance of the n_samples > 0 is that about their own mean, which leaves n - 1 of them and
    a mean independent of it, or about the known one.

    With z_a = -zeta_a, Sigma_hat (zeta_a - Sigma_hat)^-1 is both -Sigma_hat (Sigma_hat + z_a)^-1 and z_a R(z_a) - 1:
    the first form gives the mean, the second the fluctuation.
    """

    def __init__(self, f, spectrum, n_samples, estimated=False):
        self.estimated, self.n_samples = estimated, n_samples - estimated
        self.modes = spectrum.eigenvalues.size
        rule = contour(f, *support(spectrum, self.n_samples))
        self.constant, self.coefficients = rule.constant, rule.coefficients
        self.square_coefficients = rule.square_coefficients
        self.kappa = solve_kappa(-rule.nodes, spectrum, self.n_samples)  # (nodes,)
        self.multiplicities = spectrum.multiplicities
        self.measure = spectrum.compressed if resolved(self.kappa, spectrum.measure).all() else spectrum.measure
        self.grid = spectrum.grid
        self.points = self.grid.points

    def mean(self):
        """E[f]_jj: (modes,)."""
        return self.constant + self.grid.to_modes(self._resolvent_sum(self.coefficients))

    def kernel(self):
        """Var[f_jk] for j != k: (modes, modes)."""
        kernel = self.grid.to_modes(self.grid.to_modes(self._kernel()).T)
        return (kernel + kernel.T) / 2

    def variance(self):
        """E[f^2]_jj - sum_k E[f]_jk^2: (modes,)."""
        mean, square = self._resolvent_sum(np.stack([self.coefficients, self.square_coefficients], axis=1)).T
        variance = square - mean**2
        if (variance < CANCELLING * square).any():
            variance = self._kernel_sum()
        return self.grid.to_modes(variance)

    def from_mean(self):
        """Variance of mode j of (I - f) m, m the estimated mean about the true one: (modes,)."""
        left = 1 - self.constant - self._resolvent_sum(self.coefficients)
        residual = self.points * left**2 + self._kernel_sum(power=1)  # E[(I - f) Sigma (I - f)]_jj
        return self.grid.to_modes(residual) / (self.n_samples + self.estimated)

    def total_variance(self, seeds):
        """Variance of the output summed over modes, for inputs ``seeds`` (seeds, modes): (seeds,)."""
        coupling, _ = self._coupling()
        pairs = np.square(self._inverse(self.points))  # (points, 2 nodes)
        diagonal = np.sum((pairs[:, : len(coupling)] @ coupling) * pairs, axis=1).real * self.points**2
        total = np.square(seeds) @ (self.variance() + self.grid.to_modes(diagonal))
        return total + self.multiplicities @ self.from_mean() if self.estimated else total

    def _resolvent_sum(self, coefficients):
        """E[f(Sigma_hat) - f(0)], or that of its square, from coefficients (nodes, ...): (points, ...)."""
        points = self.points[:, None]
        shrink = points + self.kappa  # (points, nodes)
        np.divide(points, shrink, out=shrink)  # in place: fresh memory of this size costs as much as the division
        return -(shrink @ coefficients).imag

    def _kernel(self):
        """K between every two points: (points, points)."""
        coupling, _ = self._coupling()
        factors = np.sqrt(self.points) * self._inverse(self.points).T  # (2 nodes, points)
        total = np.zeros((self.points.size, self.points.size))
        for row, factor in zip(coupling, factors, strict=False):
            pairs = factor * factors  # (2 nodes, points)
            total += (pairs.T @ (row[:, None] * pairs)).real
        return total

    def _kernel_sum(self, power=0):
        """sum_k lambda_k^power K(lambda, lambda_k): (points,)."""
        coupling, traces = self._coupling(power)
        factors = self._inverse(self.points)  # (points, 2 nodes)
        pairs = factors[:, : len(traces)] @ (coupling * traces)
        return self.points * np.sum(pairs * factors, axis=1).real

    def _coupling(self, power=0):
        """Twice c_a c_b kappa_a kappa_b / (n - df2), and sum_k lambda_k^(1 + power) / ((lambda_k + kappa_a) ...).

        Both (nodes, 2 nodes): a runs over the nodes, b over nodes and conjugates. Twice, because the conjugates of a
        double the real part of what the nodes give.
        """
        weights, nodes, half = self.measure.weights, self.measure.nodes, self.kappa.size
        kappa = np.concatenate([self.kappa, self.kappa.conj()])
        # Im c x = (c x - conj(c x)) / 2i
        amplitude = np.concatenate([self.coefficients, -self.coefficients.conj()]) * kappa / 2j
        inverse = self._inverse(nodes)
        traces = inverse[:, :half].T @ ((weights * nodes)[:, None] * inverse)
        # n - df2 as in ``kappa.spare``: (n - rank) + sum kappa_a/(lambda + kappa_a) + kappa_b traces
        hidden = self.kappa * (weights @ inverse[:, :half])
        spare = self.n_samples - self.measure.rank + hidden[:, None] + traces * kappa
        if power:
            traces = inverse[:, :half].T @ ((weights * nodes ** (1 + power))[:, None] * inverse)
        return 2 * amplitude[:half, None] * amplitude / spare, traces

    def _inverse(self, eigenvalues):
        """1/(lambda + kappa_b) for nodes and conjugates b: (eigenvalues, 2 nodes)."""
        half = 1 / (eigenvalues[:, None] + self.kappa)
        return np.concatenate([half, half.conj()], axis=1)

"""Moments of a function of the covariance of Gaussian samples, from the equivalents of resolvents round a contour."""

import numpy as np

from rmt_utils.theory.gaussian.contour import contour, support
from rmt_utils.theory.kappa import resolved, solve_kappa

CANCELLING = 1e-5  # share of E[f^2] below which the difference of two means keeps fewer than nine digits
DIGITS = 1e-6  # largest relative error of a double sum over nodes; its rounding is that of the sum of its terms' sizes


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
            variance = self._certified(*self._kernel_sum())
        return self.grid.to_modes(variance)

    def from_mean(self):
        """Variance of mode j of (I - f) m, m the estimated mean about the true one: (modes,)."""
        return self.grid.to_modes(self._certified(*self._residual())) / (self.n_samples + self.estimated)

    def total_variance(self, seeds):
        """Variance of the output summed over modes, for inputs ``seeds`` (seeds, modes): (seeds,)."""
        coupling, _ = self._coupling()
        pairs = np.square(self._inverse(self.points))  # (points, 2 nodes)
        diagonal = np.sum((pairs[:, : len(coupling)] @ coupling) * pairs, axis=1).real * self.points**2
        total = np.square(seeds) @ (self.variance() + self.grid.to_modes(diagonal))
        if self.estimated:  # its smallest modes may be lost to rounding: they do not matter to the sum
            residual = self.multiplicities @ self.grid.to_modes(self._residual()[0])
            total += residual / (self.n_samples + 1)
        return total

    def _residual(self):
        """E[(I - f) Sigma (I - f)]_jj, and the sum of its terms' sizes: both (points,)."""
        left = 1 - self.constant - self._resolvent_sum(self.coefficients)
        spread, terms = self._kernel_sum(power=1)
        return self.points * left**2 + spread, terms

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
        half, total = len(coupling), np.zeros((self.points.size, self.points.size))
        # Pairs (a, b) and (b, a) of nodes, or of a node and a conjugate, add the same.
        roots = np.sqrt(coupling * np.tile(2 - np.eye(half), 2))
        for a, root in enumerate(roots):
            later = np.r_[a:half, half + a : 2 * half]
            pairs = (root[later, None] * factors[a]) * factors[later]  # (pairs, points)
            # The real part of pairs^T pairs from contiguous real factors, of which only one triangle is computed.
            real, imaginary = np.ascontiguousarray(pairs.real), np.ascontiguousarray(pairs.imag)
            total += real.T @ real - imaginary.T @ imaginary
        sizes = np.square(np.abs(factors))
        terms = np.sum(sizes[:half] * (np.abs(coupling) @ sizes), axis=0)
        self._certified(np.diag(total), terms)  # off the diagonal less cancels
        return total

    def _kernel_sum(self, power=0):
        """sum_k lambda_k^power K(lambda, lambda_k), and the same sum of its terms' sizes: both (points,)."""
        coupling, traces = self._coupling(power)
        inner, factors = coupling * traces, self._inverse(self.points)  # (nodes, 2 nodes), (points, 2 nodes)
        total = np.sum((factors[:, : len(inner)] @ inner) * factors, axis=1).real
        sizes = np.abs(factors)
        terms = np.sum((sizes[:, : len(inner)] @ np.abs(inner)) * sizes, axis=1)
        return self.points * total, self.points * terms

    def _certified(self, total, terms):
        """``total`` (points,), sums of terms of these sizes; ArithmeticError if they cancel to less than DIGITS."""
        lost = np.finfo(float).eps * terms > DIGITS * total
        if lost.any():
            raise ArithmeticError(
                f"variance lost to rounding at eigenvalues up to {self.points[lost].max():.3g}, where f hardly varies: "
                f"terms of {terms[lost].max():.1e} in all cancel to {total[lost].min():.1e}"
            )
        return total

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

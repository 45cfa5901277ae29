"""Moments of functions of the covariance of Gaussian samples, from the equivalents of resolvents round a contour."""

from functools import cached_property, lru_cache

import numpy as np

from rmt_utils.theory.certificate import certified, difference
from rmt_utils.theory.gaussian.contour import contour, resolvent_sum, support
from rmt_utils.theory.kappa import solve_kappa
from rmt_utils.theory.maps import Map
from rmt_utils.theory.sums import residual_df, resolved

WANTED = 1e-9  # relative accuracy below which a double sum takes the place of the difference of two means
ALLOWED = 1e-6  # largest relative error of a double sum; its rounding is that of the sum of its terms' sizes
EPS = np.finfo(float).eps
ABOVE_CUT = 1e-10  # imaginary part, relative to x, with which the cut is approached


class SpectralLaw:
    """f(Sigma_hat) as f(0) plus a sum over contour nodes; its moments at the points of the spectrum's grid, and back.

    estimated: whether the covariance of the n_samples > 0 is that about their own mean, which leaves n - 1 of them and
    a mean independent of it, or about the known one.

    With z_a = -zeta_a, Sigma_hat (zeta_a - Sigma_hat)^-1 is both -Sigma_hat (Sigma_hat + z_a)^-1 and z_a R(z_a) - 1:
    the first form gives the mean, the second the fluctuation.
    """

    def __init__(self, f, spectrum, n_samples, estimated=False):
        self.estimated, self.n_samples = estimated, n_samples - estimated
        self.modes = spectrum.eigenvalues.size
        # A map is what it says; any other function may be another one next time.
        find = _remembered if isinstance(f, Map) else _equivalents
        self.rule, self.kappa = find(f, spectrum, self.n_samples)  # (nodes,)
        self.multiplicities = spectrum.multiplicities
        self.measure = spectrum.compressed if resolved(self.kappa, spectrum.measure).all() else spectrum.measure
        self.grid = spectrum.grid
        self.points = self.grid.points

    def mean(self):
        """E[f]_jj: (modes,)."""
        return self.rule.constant + self.grid.to_modes(self._rise)

    def kernel(self, pairing):
        """Var[f_jk], on the diagonal half of it without the pairing: (modes, modes)."""
        kernel = self.grid.to_modes(self.grid.to_modes(self._kernel()).T)
        kernel = (kernel + kernel.T) / 2
        kernel[np.diag_indices_from(kernel)] *= 1 + pairing
        return kernel

    def variance(self, pairing):
        """sum_k Var[f_jk], with half of Var[f_jj] without the pairing: (modes,)."""
        return self.grid.to_modes(self._variance(pairing))

    def from_mean(self):
        """Variance of mode j of (I - f) m, m the estimated mean about the true one: (modes,)."""
        residual, error = self._residual()
        return self.grid.to_modes(certified(residual, error, ALLOWED)) / (self.n_samples + self.estimated)

    def total_variance(self, seeds, pairing):
        """Variance of the output summed over modes, for inputs ``seeds`` (seeds, modes): (seeds,)."""
        total = np.square(seeds) @ self.variance(pairing)
        if self.estimated:  # its smallest modes may be lost to rounding: they do not matter to the sum
            parts = self.multiplicities @ self.grid.to_modes(np.stack(self._residual(), axis=1))
            total += certified(*parts, ALLOWED) / (self.n_samples + 1)
        return total

    def _variance(self, pairing):
        """``variance`` at the points: (points,)."""
        coefficients = np.stack([self.rule.coefficients, self.rule.square_coefficients], axis=1)
        rise, square = self._resolvent_sum(coefficients).T
        error = self.rule.square_error * square + EPS * np.abs(self.rule.constant * rise)

        def double_sum():
            return certified(*self._kernel_sum(), ALLOWED)

        variance = difference(square, rise**2, error, WANTED, double_sum)
        if pairing:
            itself, error = self._pairing()
            variance = certified(variance + itself, error, ALLOWED)
        return variance

    def _residual(self):
        """E[(I - f) Sigma (I - f)]_jj and its error: both (points,)."""
        left = 1 - self.rule.constant - self._rise
        spread, error = self._kernel_sum(power=1)
        return self.points * left**2 + spread, error

    @cached_property
    def _rise(self):
        """E[f - f(0)]_jj at the points: (points,)."""
        return self._resolvent_sum(self.rule.coefficients[:, None])[:, 0]

    def _resolvent_sum(self, coefficients):
        """E[g(Sigma_hat)]_jj of the g, 0 at 0, that have these ``coefficients`` (nodes, functions): (points, ...)."""
        return -resolvent_sum(self.points, self.kappa, coefficients)

    def _kernel(self):
        """K between every two points, without the pairing: (points, points)."""
        coupling, _ = self._coupling()
        factors = np.sqrt(self.points) / (self.points + self.kappa[:, None])
        factors = np.concatenate([factors, factors.conj()])  # (2 nodes, points)
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
        error = EPS * np.sum(sizes[:half] * (np.abs(coupling) @ sizes), axis=0)
        certified(np.diag(total), error, ALLOWED)  # off the diagonal less cancels
        return total

    def _kernel_sum(self, power=0):
        """sum_k lambda_k^power K(lambda, lambda_k) and its error: both (points,)."""
        coupling, traces = self._coupling(power)
        return self._quadratic(coupling * traces, 1 / (self.points[:, None] + self.kappa), self.points)

    def _pairing(self):
        """K(lambda, lambda), what the second pairing adds to the variance, and its error: both (points,)."""
        coupling, _ = self._coupling()
        return self._quadratic(coupling, np.square(1 / (self.points[:, None] + self.kappa)), self.points**2)

    def _quadratic(self, matrix, factors, scale):
        """Real part of scale sum_ab factors_a matrix_ab factors_b, and its error: both (points,).

        matrix: (nodes, 2 nodes), symmetric for nodes b and hermitian for their conjugates. factors: (points, nodes).
        """
        same, crossed = np.split(matrix, 2, axis=1)
        real, imaginary = np.ascontiguousarray(factors.real), np.ascontiguousarray(factors.imag)
        total = np.sum((real @ (crossed.real + same.real)) * real, axis=1)
        total += np.sum((imaginary @ (crossed.real - same.real)) * imaginary, axis=1)
        total += 2 * np.sum((real @ (crossed.imag - same.imag)) * imaginary, axis=1)
        sizes = np.abs(real) + np.abs(imaginary)  # bounds that of a complex number
        bound = np.abs(same.real) + np.abs(same.imag) + np.abs(crossed.real) + np.abs(crossed.imag)
        terms = np.sum((sizes @ bound) * sizes, axis=1)
        return scale * total, scale * (EPS * terms + 2 * self.rule.rounding * np.abs(total))

    def _coupling(self, power=0):
        """Twice c_a c_b kappa_a kappa_b / (n - df2), and sum_k lambda_k^(1 + power) / ((lambda_k + kappa_a) ...).

        Both (nodes, 2 nodes): a runs over the nodes, b over nodes and conjugates. Twice, because the conjugates of a
        double the real part of what the nodes give.
        """
        weights, nodes = self.measure.weights, self.measure.nodes
        kappa = np.concatenate([self.kappa, self.kappa.conj()])
        # Im c x = (c x - conj(c x)) / 2i
        amplitude = np.concatenate([self.rule.coefficients, -self.rule.coefficients.conj()]) * kappa / 2j
        inverse = 1 / (nodes[:, None] + self.kappa)
        traces = _products(inverse, weights * nodes)
        # n - df2 as in ``sums.residual_df``: (n - rank) + sum kappa_a/(lambda + kappa_a) + kappa_b traces
        hidden = self.kappa * (weights @ inverse)
        freedom = self.n_samples - self.measure.rank + hidden[:, None] + traces * kappa
        if power:
            traces = _products(inverse, weights * nodes ** (1 + power))
        return 2 * amplitude[: self.kappa.size, None] * amplitude / freedom, traces


def _products(columns, weights):
    """sum_k weights_k columns_ka columns_kb for b and for its conjugate, from products of reals: (nodes, 2 nodes)."""
    scaled = np.sqrt(weights)[:, None] * columns
    real, imaginary = np.ascontiguousarray(scaled.real), np.ascontiguousarray(scaled.imag)
    alone, both, mixed = real.T @ real, imaginary.T @ imaginary, imaginary.T @ real
    products = np.empty((2, *mixed.shape), complex)
    same, crossed = products
    same.real, same.imag = alone - both, mixed + mixed.T
    crossed.real, crossed.imag = alone + both, mixed - mixed.T
    return np.concatenate(products, axis=1)


def _equivalents(f, spectrum, n_samples):
    """Contour of f round the eigenvalues of the covariance of n_samples, and kappa at its nodes."""
    rule = contour(f, *support(spectrum, n_samples))
    return rule, solve_kappa(-rule.nodes, spectrum, n_samples)


_remembered = lru_cache(maxsize=8)(_equivalents)


class DenoiserLaw:
    """The linear denoiser at noise variances z and n_samples, arrays that broadcast to one shape, the levels.

    z: as in ``solve_kappa``. estimated: as in ``SpectralLaw``. Formulas: ``denoiser_variance``.
    """

    def __init__(self, spectrum, z, n_samples, estimated=False):
        self.eigenvalues, self.modes = spectrum.eigenvalues, spectrum.eigenvalues.size
        self.spectrum, self.freedom = spectrum, np.asarray(n_samples) - estimated
        self.kappa = np.asarray(solve_kappa(z, spectrum, self.freedom))  # (levels)
        self.mean_share = np.broadcast_to(1 - 1 / np.asarray(n_samples) if estimated else 0.0, self.kappa.shape)

    def gain(self):
        """lambda/(lambda + kappa), 0 where lambda is 0: levels + (modes,)."""
        total = self.eigenvalues + self.kappa[..., None]
        return np.divide(self.eigenvalues, total, out=np.zeros_like(total), where=self.eigenvalues > 0)

    def variance(self, v, x, pairing):
        """Variance of v^T D(x) for v, x (..., modes) that broadcast to probes: levels + probes."""
        weights = self._weights.reshape(-1, self.modes).T  # (modes, levels): every sum over modes is a matrix product
        total = (np.square(v) @ weights) * (np.square(x) @ weights + self.mean_share.ravel())
        if pairing:
            total = total + np.square((v * x) @ weights)
        total = np.moveaxis(total * self._strength.ravel(), -1, 0)
        return total.reshape(self.kappa.shape + total.shape[1:])[()]

    def mode_variance(self, x, pairing):
        """``variance`` of every output mode: levels + x's shape."""
        lifted = (..., *[None] * (x.ndim - 1), slice(None))
        weights = self._weights[lifted]  # levels + (1.., modes)
        xx = np.moveaxis(np.square(x) @ self._weights.reshape(-1, self.modes).T + self.mean_share.ravel(), -1, 0)
        total = weights * xx.reshape(self.kappa.shape + xx.shape[1:])[..., None]
        if pairing:
            total += np.square(weights * x)
        return self._strength.reshape(self._strength.shape + (1,) * x.ndim) * total

    @cached_property
    def _weights(self):
        """lambda/(lambda + kappa)^2: levels + (modes,)."""
        return self.eigenvalues / (self.eigenvalues + self.kappa[..., None]) ** 2

    @cached_property
    def _strength(self):
        """kappa^2/(n - df2): levels."""
        return self.kappa**2 / residual_df(self.kappa, self.spectrum, self.freedom)


def density(x, spectrum, n_samples, width):
    """``spectral_density``: (n / (pi d)) Im 1/kappa next to the cut, or the mean of resolvents at ``width`` from it."""
    if width is None:
        kappa = solve_kappa(-x * (1 + ABOVE_CUT * 1j), spectrum, n_samples)
        return n_samples / (np.pi * spectrum.dim) * np.maximum((1 / kappa).imag, 0)
    z = -x * (1 + 1j * width)
    share = spectrum.multiplicities / spectrum.dim
    return ((1 - DenoiserLaw(spectrum, z, n_samples).gain()) @ share / z).imag / np.pi

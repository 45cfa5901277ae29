"""Mean and variance over data sets of any function f of a sample covariance, from the population spectrum.

f is a function of an array, real on [0, inf) and analytic off the negative axis: one of ``rmt_utils.maps`` or one's
own. f(Sigma_hat) is a sum of resolvents over a contour, each resolvent has its equivalent. ``n_samples`` counts
samples about a known mean; a covariance centred with the samples' own mean is that of n_samples - 1.

All functions raise ValueError for arguments out of range or an f without finite values, and ArithmeticError if f is not
analytic off the negative axis: ``contour``. Errors are below 1e-11 of the largest value at an eigenvalue as large.
Source: theory page, section on spectral functions.
"""

import numpy as np

from rmt_utils import checks
from rmt_utils.contour import contour, support
from rmt_utils.kappa import resolved, solve_kappa
from rmt_utils.spectrum import as_spectrum

CANCELLING = 1e-5  # share of E[f^2] below which the difference of two means keeps fewer than nine digits


def spectral_mean(f, spectrum, n_samples):
    """E[f(Sigma_hat)]_kk in every population mode: (modes,).

    >>> spectral_mean(lambda s: s, [4.0, 1.0, 0.0], n_samples=10).round(9)
    array([4., 1., 0.])
    """
    law = _Law(f, as_spectrum(spectrum), n_samples)
    return law.constant + law.grid.to_modes(law.resolvent_sum(law.coefficients))


def spectral_kernel(f, spectrum, n_samples):
    """K_jk = Var[f(Sigma_hat)_jk] between every two population modes, symmetric and >= 0: (modes, modes).

    This is the variance of off-diagonal entries; that of a diagonal entry is 2 K_jj, and for one seed xbar the
    variance of mode j is sum_k K_jk xbar_k^2. A ``Spectrum`` with multiplicities has one row for each eigenvalue.

    >>> spectral_kernel(lambda s: s, [4.0, 1.0], n_samples=8).round(9)  # lambda_j lambda_k / n
    array([[2.   , 0.5  ],
           [0.5  , 0.125]])
    """
    law = _Law(f, as_spectrum(spectrum), n_samples)
    kernel = law.grid.to_modes(law.grid.to_modes(law.kernel()).T)
    return (kernel + kernel.T) / 2


def spectral_variance(f, spectrum, n_samples):
    """sum_k K_jk = E[f^2]_jj - E[f]_jj^2 in every population mode: (modes,).

    The variance of mode j for an isotropic seed of unit variance, and half the cross-split squared difference. Taken
    from the difference of the two means, or from the double sum over the contour where that would cancel.

    >>> spectral_variance(lambda s: s, [4.0, 1.0], n_samples=10).round(9)  # lambda_j trace / n
    array([2. , 0.5])
    """
    law = _Law(f, as_spectrum(spectrum), n_samples)
    mean, square = law.resolvent_sum(np.stack([law.coefficients, law.square_coefficients], axis=1)).T
    variance = square - mean**2
    if (variance < CANCELLING * square).any():
        variance = law.kernel_sum()
    return law.grid.to_modes(variance)


def mean_estimate_variance(f, spectrum, n_samples):
    """What estimating the mean from the n_samples >= 2 samples adds to the variance of every mode: (modes,).

    (1/n) E[(I - f) Sigma (I - f)]_jj with f at the covariance of n - 1 samples, for the output
    mean_hat + f(Sigma_hat) (x - mean_hat); it does not depend on x.

    >>> mean_estimate_variance(lambda s: 0 * s, [4.0, 1.0], n_samples=10)
    array([0.4, 0.1])
    """
    n_samples = checks.positive("n_samples", n_samples)
    if (n_samples <= 1).any():
        raise ValueError(f"n_samples must be > 1 to estimate the mean, got {n_samples}")
    law = _Law(f, as_spectrum(spectrum), n_samples - 1)
    left = 1 - law.constant - law.resolvent_sum(law.coefficients)
    return law.grid.to_modes(law.points * left**2 + law.kernel_sum(power=1)) / n_samples


class _Law:
    """f(Sigma_hat) as f(0) plus a sum over contour nodes, and its moments at the points of the spectrum's grid.

    With z_a = -zeta_a, Sigma_hat (zeta_a - Sigma_hat)^-1 is both -Sigma_hat (Sigma_hat + z_a)^-1 and z_a R(z_a) - 1:
    the first form gives the mean, the second the fluctuation.
    """

    def __init__(self, f, spectrum, n_samples):
        n_samples = checks.positive("n_samples", n_samples)
        if n_samples.ndim:
            raise ValueError(f"n_samples must be one number, got shape {n_samples.shape}")
        self.n_samples = float(n_samples)
        rule = contour(f, *support(spectrum, self.n_samples))
        self.constant, self.coefficients = rule.constant, rule.coefficients
        self.square_coefficients = rule.square_coefficients
        self.kappa = solve_kappa(-rule.nodes, spectrum, self.n_samples)  # (nodes,)
        self.measure = spectrum.compressed if resolved(self.kappa, spectrum.measure).all() else spectrum.measure
        self.grid = spectrum.grid
        self.points = self.grid.points

    def resolvent_sum(self, coefficients):
        """E[f(Sigma_hat) - f(0)], or that of its square, from coefficients (nodes, ...): (points, ...)."""
        points = self.points[:, None]
        return -(points / (points + self.kappa) @ coefficients).imag

    def kernel(self):
        """K between every two points: (points, points)."""
        coupling, _ = self._coupling()
        factors = np.sqrt(self.points) * self._inverse(self.points).T  # (2 nodes, points)
        total = np.zeros((self.points.size, self.points.size))
        for row, factor in zip(coupling, factors, strict=False):
            pairs = factor * factors  # (2 nodes, points)
            total += (pairs.T @ (row[:, None] * pairs)).real
        return total

    def kernel_sum(self, power=0):
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

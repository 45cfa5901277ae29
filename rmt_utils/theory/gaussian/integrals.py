"""Mean and variance of the square root of a sample covariance by the paper's real integrals: a check on ``spectral``.

Sigma_hat^(1/2) = (2/pi) int_0^inf Sigma_hat (Sigma_hat + u^2)^-1 du, each resolvent with its equivalent. In log(u) the
integrands are analytic in a strip of half-width pi/2 and fall exponentially at both ends, so the trapezoidal rule
converges geometrically: with steps of STEP to exp(-pi^2 / STEP).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rmt_utils import checks
from rmt_utils.annotations import Eigenvalues, Real
from rmt_utils.theory.kappa import solve_kappa
from rmt_utils.theory.spectrum import as_spectrum
from rmt_utils.theory.sums import residual_df

STEP = 0.25
TAIL = 1e-17  # relative weight left out at either end


def square_root_mean_by_integral(spectrum: Eigenvalues, n_samples: ArrayLike) -> Real:
    """E[Sigma_hat^(1/2)]_kk in every population mode: (modes,). Source: Proposition 5.1 of the paper.

    n_samples: a number > 0 or inf, ValueError otherwise. Agrees with ``spectral_mean(np.sqrt, ...)`` to 1e-12.

    >>> square_root_mean_by_integral([4.0, 0.0], n_samples=1e12).round(9)
    array([2., 0.])
    """
    spectrum = as_spectrum(spectrum)
    u, kappa = _nodes(spectrum, n_samples)
    eigenvalues = spectrum.eigenvalues
    mean = np.zeros_like(eigenvalues)
    for at_u, at_kappa in zip(u, kappa, strict=True):
        mean += at_u * (eigenvalues / (eigenvalues + at_kappa))
    return 2 / np.pi * STEP * mean


def square_root_variance_by_integral(v: ArrayLike, x: ArrayLike, spectrum: Eigenvalues, n_samples: ArrayLike) -> Real:
    """Var[v^T Sigma_hat^(1/2) x] for probes v, x (modes,) in the eigenbasis: a number, without the second pairing.

    n_samples: as above. ValueError for probes that are not finite or of another shape.
    Source: Proposition 5.2 of the paper. For v = e_j, x = e_k it is K_jk of ``spectral_kernel``.

    >>> round(square_root_variance_by_integral([1.0, 0.0], [0.0, 1.0], [1.0, 1.0], n_samples=1e6) * 1e6, 4)
    0.25
    """
    spectrum = as_spectrum(spectrum)
    n_samples = checks.number("n_samples", n_samples, checks.sample_size)
    u, kappa = _nodes(spectrum, n_samples)
    weights = STEP * u * kappa  # (nodes,)
    coupling = np.outer(weights, weights) / residual_df(kappa[:, None], spectrum, n_samples, kappa)
    inverse = 1 / (spectrum.eigenvalues[:, None] + kappa)  # (modes, nodes)
    for name, value in (("v", v), ("x", x)):
        probe = checks.vectors(name, value, spectrum.eigenvalues.size)
        if probe.ndim > 1:
            raise ValueError(f"{name} must be one probe ({probe.shape[-1]},), got shape {probe.shape}")
        coupling = coupling * (inverse.T @ ((np.square(probe) * spectrum.eigenvalues)[:, None] * inverse))
    return float(4 / np.pi**2 * coupling.sum())


def _nodes(spectrum, n_samples):
    """u and kappa(u^2), both (nodes,), from far below the smallest eigenvalue of Sigma_hat to far above the largest."""
    n_samples, nodes = checks.number("n_samples", n_samples, checks.sample_size), spectrum.measure.nodes
    if not nodes.size:
        return np.zeros((2, 0))
    # From n = 2 rank on the smallest eigenvalue keeps near that of the population.
    low = TAIL * np.sqrt(nodes[0] / np.clip(n_samples, 1, max(1, 2 * spectrum.measure.rank)))
    high = np.sqrt(nodes[-1] + spectrum.trace / n_samples) / TAIL
    u = np.exp(np.arange(np.log(low), np.log(high), STEP))
    return u, solve_kappa(u**2, spectrum, n_samples)

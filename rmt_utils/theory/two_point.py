"""Two-point deterministic equivalents: second moments of a resolvent, and the variance of the linear denoiser."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt_utils import checks
from rmt_utils.annotations import Eigenvalues, Mean, Real
from rmt_utils.theory.kappa import solve_kappa
from rmt_utils.theory.law import denoiser_law
from rmt_utils.theory.spectrum import as_spectrum
from rmt_utils.theory.sums import residual_df


def resolvent_two_point(
    v: ArrayLike,
    a: ArrayLike,
    x: ArrayLike,
    z: ArrayLike,
    z_prime: ArrayLike,
    spectrum: Eigenvalues,
    n_samples: ArrayLike,
) -> NDArray:
    """Mean of z z' v^T (Sigma_hat + z)^-1 A (Sigma_hat + z')^-1 x, all in the population eigenbasis.

    v, x: probes (..., modes), broadcast against each other. a: a fixed symmetric A, (modes, modes), or its diagonal
    (modes,). z, z_prime: numbers as in ``solve_kappa``, not 0 where n_samples reaches the rank: kappa is then 0.
    Returns the broadcast shape of the probes without modes. ValueError for anything else.
    Source: theory page, eq. (two-point); Bach (2024), section 2.

    >>> one = [1.0, 0.0]
    >>> float(resolvent_two_point(one, [1.0, 1.0], one, 1.0, 1.0, [1.0, 3.0], n_samples=1e12).round(6))
    0.25
    """
    spectrum = as_spectrum(spectrum)
    eigenvalues, modes = spectrum.eigenvalues, spectrum.eigenvalues.size
    v, x = _probes(modes, v=v, x=x)
    a = checks.finite("a", a)
    if a.shape not in ((modes,), (modes, modes)) or (a.ndim == 2 and not np.array_equal(a, a.T)):
        raise ValueError(f"a must be symmetric ({modes}, {modes}) or its diagonal ({modes},), got shape {a.shape}")
    kappa, prime = (solve_kappa(value, spectrum, n_samples) for value in (z, z_prime))
    if np.ndim(kappa) or np.ndim(prime):
        raise ValueError("z, z_prime and n_samples must be numbers")
    if kappa == 0 or prime == 0:
        raise ValueError(f"z and z_prime must not be 0 for n_samples = {n_samples} >= rank {spectrum.measure.rank:g}")
    left, right = kappa * v / (eigenvalues + kappa), prime * x / (eigenvalues + prime)  # (..., modes)
    diagonal = a if a.ndim == 1 else np.diagonal(a)
    trace = np.sum(spectrum.multiplicities * diagonal * eigenvalues / ((eigenvalues + kappa) * (eigenvalues + prime)))
    feedback = trace / residual_df(kappa, spectrum, n_samples, prime)
    right = (a * right if a.ndim == 1 else right @ a) + feedback * eigenvalues * right
    return np.sum(left * right, axis=-1)


def denoiser_variance(
    v: ArrayLike,
    x: ArrayLike,
    spectrum: Eigenvalues,
    sigma2: ArrayLike,
    n_samples: ArrayLike,
    mean: Mean = "estimated",
    pairing: bool = True,
) -> Real:
    """Variance over data sets of v^T D(x), D the empirical linear denoiser at noise variance sigma2; Gaussian data:

    kappa^2 / (m - df2) ( <v,v> (<x,x> + e) + <v,x>^2 ),  <a,b> = sum_k a_k b_k lambda_k / (lambda_k + kappa)^2.

    v, x: coordinates in the eigenbasis (..., modes), x relative to the population mean, broadcast against each other.
    sigma2: > 0, any shape. n_samples: > 0 or inf, broadcasts against sigma2. Returns their shape + that of the probes.
    mean: "estimated" from the samples, with the centred covariance (m = n - 1, e = m/n), or "known" (m = n, e = 0).
    pairing: whether to keep <v,x>^2, which doubles the variance where v and x are aligned. It is a square and does not
    vanish, but for random probes it is only the share sum w^2 x^2 / (sum w sum w x^2) of <v,v> <x,x>, with the weights
    w = lambda / (lambda + kappa)^2. The published law is mean="known", pairing=False. The law's own error is of order
    1/n. kappa is that of m samples, m > 0. ValueError otherwise.
    Source: Proposition 4.2 of the paper; theory page, eq. (variance), for e and the pairing. For a ``Population`` see
    ``population.law.DenoiserLaw``: the time is proportional to the number of inputs x, and does not depend on v.

    >>> float(denoiser_variance([1.0], [0.0], [1.0], sigma2=1e9, n_samples=10).round(6))  # of the mean: lambda/n
    0.1
    """
    law = _law(spectrum, sigma2, n_samples, mean)
    return law.variance(*_probes(law.modes, v=v, x=x), checks.flag("pairing", pairing))


def denoiser_mode_variance(
    x: ArrayLike,
    spectrum: Eigenvalues,
    sigma2: ArrayLike,
    n_samples: ArrayLike,
    mean: Mean = "estimated",
    pairing: bool = True,
) -> Real:
    """``denoiser_variance`` of every output mode, v = e_1, ..., e_modes, at the cost of one: sigma2's shape + x's.

    Its sum over the last axis is the total variance of the output, half the cross-split squared difference.

    >>> denoiser_mode_variance([0.0, 0.0], [2.0, 1.0], sigma2=1e9, n_samples=10).round(6)
    array([0.2, 0.1])
    """
    law = _law(spectrum, sigma2, n_samples, mean)
    return law.mode_variance(*_probes(law.modes, x=x), checks.flag("pairing", pairing))


def _law(spectrum, sigma2, n_samples, mean):
    """``denoiser_law``; ValueError for what ``denoiser_variance`` does not allow."""
    sigma2, n_samples = checks.positive("sigma2", sigma2), checks.sample_size("n_samples", n_samples)
    checks.broadcast(sigma2=sigma2, n_samples=n_samples)
    return denoiser_law(spectrum, sigma2, n_samples, mean)


def _probes(modes, **probes):
    """The named probes as finite float arrays whose last axis runs over the modes, and that broadcast."""
    probes = {name: checks.vectors(name, value, modes) for name, value in probes.items()}
    checks.broadcast(**probes)
    return probes.values()

"""Deterministic equivalents: what a sample covariance does on average, from the population spectrum alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt_utils import checks
from rmt_utils.annotations import Eigenvalues, Real
from rmt_utils.theory.law import denoiser_law, density


def denoiser_gain(spectrum: Eigenvalues, sigma2: ArrayLike, n_samples: ArrayLike) -> Real:
    """Mean gain of the empirical linear denoiser along each population mode: lambda / (lambda + kappa(sigma2)).

    sigma2: noise variance, >= 0, any shape, unit of the eigenvalues. n_samples: > 0 or inf, broadcasts against sigma2.
    Returns their shape + (modes,); modes with eigenvalue 0 have gain 0. ValueError as in ``solve_kappa``.
    spectrum may be a ``Population``, sigma2 then being > 0: the gain without the assumption of Gaussian samples.
    Source: Proposition 4.1 of the paper; theory page, eq. (gain).

    >>> denoiser_gain([4.0, 1.0, 0.0], sigma2=1.0, n_samples=1e12).round(6)
    array([0.8, 0.5, 0. ])
    """
    sigma2, n_samples = checks.non_negative("sigma2", sigma2), checks.sample_size("n_samples", n_samples)
    checks.broadcast(sigma2=sigma2, n_samples=n_samples)
    return denoiser_law(spectrum, sigma2, n_samples).gain()


def resolvent_mean(z: ArrayLike, spectrum: Eigenvalues, n_samples: ArrayLike) -> NDArray:
    """Mean of z (Sigma_hat + z)^-1 along each population mode: kappa(z) / (lambda + kappa(z)).

    z: real >= 0 or complex off the negative axis, any shape. Returns shape + (modes,), of z's kind. spectrum may be a
    ``Population``, z then being != 0.
    Source: theory page, eq. (one-point).

    >>> resolvent_mean(1.0, [4.0, 1.0], n_samples=1e12).round(6)
    array([0.2, 0.5])
    """
    n_samples = checks.sample_size("n_samples", n_samples)
    checks.broadcast(z=np.asarray(z), n_samples=n_samples)
    return 1 - denoiser_law(spectrum, z, n_samples).gain()


def spectral_density(x: ArrayLike, spectrum: Eigenvalues, n_samples: ArrayLike, width: float | None = None) -> Real:
    """Density at x > 0 of the eigenvalues of a sample covariance; its integral is min(1, n_samples/rank) of the rank.

    x: > 0, any shape, unit of the eigenvalues. n_samples: > 0, or inf with a width, broadcasts against x. Returns their
    shape: (n / (pi d)) Im 1/kappa(-x - i0), with d the dimension. What is missing to 1 are the eigenvalues that are 0.
    width: if given, > 0, every eigenvalue s, 0 too, is smeared: the mean of Im 1/(s - x - i width x) / pi, a Cauchy
    density. A ``Population`` needs it, 0.05 or more, and one n_samples: nearer to the cut its fixed point takes ever
    more iterations.
    Source: Silverstein (1995); Marchenko and Pastur (1967) for equal eigenvalues; theory page, eq. (density).

    >>> round(float(spectral_density(1.0, [1.0] * 4, n_samples=4)), 6)  # sqrt(4 - x) / (2 pi sqrt(x))
    0.275664
    """
    x, n_samples = checks.positive("x", x), checks.sample_size("n_samples", n_samples)
    checks.broadcast(x=x, n_samples=n_samples)
    if width is None and np.isinf(n_samples).any():
        raise ValueError("n_samples must be finite without a width: the eigenvalues are then those of the population")
    return density(x, spectrum, n_samples, None if width is None else checks.number("width", width))

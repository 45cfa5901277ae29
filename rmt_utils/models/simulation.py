"""Draws of the sample covariance, and averages over draws with their standard errors.

A draw is a factor B (rows, dim) with Sigma_hat = B^T B, in the eigenbasis of the population, mean known.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dpotri

from rmt_utils import checks
from rmt_utils.theory.spectrum import Spectrum, as_spectrum


@dataclass(frozen=True, eq=False)
class Estimate:
    """Mean and variance over independent draws with their standard errors, all of the statistic's shape."""

    mean: np.ndarray
    standard_error: np.ndarray
    variance: np.ndarray
    variance_error: np.ndarray
    n_draws: int

    def __post_init__(self):
        checks.own(self)


def draw(statistic, n_draws, seed=0):
    """``statistic(rng)``, an array, for ``n_draws`` >= 2 independent generators spawned from ``seed``: (draws, ...)."""
    n_draws = checks.count("n_draws", n_draws, at_least=2)
    children = np.random.SeedSequence(seed).spawn(n_draws)
    return np.stack([np.asarray(statistic(np.random.default_rng(child)), dtype=np.float64) for child in children])


def estimate(statistic, n_draws, seed=0):
    """Average ``statistic(rng)``, an array, over ``n_draws`` >= 2 independent generators spawned from ``seed``.

    The variance's standard error comes from the draws' own fourth moment. All draws are held in memory.

    >>> float(estimate(lambda rng: rng.standard_normal(), 100).standard_error.round(1))
    0.1
    """
    draws = draw(statistic, n_draws, seed)
    mean, variance = draws.mean(axis=0), draws.var(axis=0, ddof=1)
    draws -= mean
    fourth = np.square(np.square(draws, out=draws), out=draws).mean(axis=0)
    excess = fourth - variance**2 * (n_draws - 3) / (n_draws - 1)
    return Estimate(mean, np.sqrt(variance / n_draws), variance, np.sqrt(np.maximum(excess, 0) / n_draws), n_draws)


def mean_and_error(draws):
    """Mean over ``draws`` (draws, ...) and its standard error, each of their shape without draws.

    >>> mean_and_error(np.array([1.0, 3.0]))
    (np.float64(2.0), np.float64(1.0))
    """
    return draws.mean(axis=0), draws.std(axis=0, ddof=1) / np.sqrt(len(draws))


def variance_and_error(draws, combine):
    """Variance over ``draws`` (draws, ...), combined over entries, and its standard error.

    combine: a linear function of the squared deviations (draws, ...), such as their sum over the last axis. What it
    makes of one draw is one value with a spread of its own, however the entries of a draw depend on each other.
    Returns two arrays of its result's shape without draws.

    >>> float(variance_and_error([[1.0, 2.0], [-1.0, 2.0], [0.0, 2.0]], lambda squares: squares.sum(axis=-1))[0])
    1.0
    """
    deviations = np.asarray(draws, dtype=np.float64)
    deviations = deviations - deviations.mean(axis=0)
    count = len(deviations)
    each = combine(np.square(deviations, out=deviations)) * count / (count - 1)
    return each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(count)


def gaussian_factor(spectrum, n_samples, rng):
    """Factor B (min(n_samples, modes), modes) of the covariance of ``n_samples`` Gaussian samples.

    Below the dimension the samples themselves; from it on Bartlett's triangular factor, so that no draw costs
    more than modes^2 random numbers. ``spectrum`` without multiplicities. Source: Bartlett (1933).
    """
    spectrum = as_spectrum(spectrum)
    n_samples = checks.count("n_samples", n_samples)
    scale = np.sqrt(spectrum.eigenvalues / n_samples)  # (modes,)
    modes = scale.size
    if n_samples < modes:
        return rng.standard_normal((n_samples, modes)) * scale
    factor = np.triu(rng.standard_normal((modes, modes)), 1)
    np.fill_diagonal(factor, np.sqrt(rng.chisquare(n_samples - np.arange(modes))))
    return factor * scale


def image_factor(coordinates, n_samples, rng):
    """Factor B (n_samples, modes) of the covariance of rows drawn without replacement.

    coordinates: (population, modes), population members minus their mean, in the eigenbasis.
    """
    if checks.count("n_samples", n_samples) > len(coordinates):
        raise ValueError(f"n_samples must lie between 1 and {len(coordinates)}, got {n_samples}")
    rows = rng.choice(len(coordinates), n_samples, replace=False)
    return coordinates[rows] / np.sqrt(n_samples)


def leave_one_out(x, z):
    """q_i = x_i^T (S_i + z)^-1 x_i / n of every image x_i of a training set about its known mean: (n,).

    x: (n, modes). z > 0. S_i is the covariance without image i, the sum over all others over n. From the covariance S
    of all, h = x_i^T (S + z)^-1 x_i / n = q / (1 + q), the formula of Sherman and Morrison.

    >>> leave_one_out(np.array([[2.0, 0.0], [0.0, 1.0]]), 0.5).round(9)
    array([4., 1.])
    """
    x, z = checks.matrix("x", x), checks.positive("z", z)
    inner = x @ x.T / len(x)
    h = np.diag(np.linalg.solve(inner + z * np.eye(len(x)), inner))
    return h / (1 - h)


def factor_gain(factor, sigma2):
    """Diagonal of Sigma_hat (Sigma_hat + sigma2)^-1 for Sigma_hat = B^T B.

    factor: B (rows, modes). sigma2: > 0, (levels,). Returns (levels, modes). One Cholesky factorisation of the
    smaller Gram matrix a level.
    """
    sigma2 = np.atleast_1d(checks.positive("sigma2", sigma2))
    wide, gram = _smaller_gram(factor)
    gains = np.empty((sigma2.size, factor.shape[1]))
    for level, noise in enumerate(sigma2):
        lower = _lower_triangle(gram, noise)
        if wide:
            half = solve_triangular(lower, factor, lower=True, check_finite=False)  # (rows, modes)
            gains[level] = np.einsum("ij,ij->j", half, half)
        else:
            inverse, _ = dpotri(lower, lower=True)
            gains[level] = 1 - noise * np.diag(inverse)
    return gains


def factor_denoiser(factor, x, sigma2):
    """Sigma_hat (Sigma_hat + sigma2)^-1 x for Sigma_hat = B^T B, at the price of ``factor_gain``.

    factor: B (rows, modes). x: (inputs, modes), or others at every level, (levels, inputs, modes). sigma2: > 0, a
    number or (levels,). Returns (levels, inputs, modes), of a number without levels.

    >>> factor_denoiser(np.array([[2.0, 0.0]]), np.array([[1.0, 1.0]]), [1.0, 4.0])[:, 0]
    array([[0.8, 0. ],
           [0.5, 0. ]])
    """
    sigma2 = checks.positive("sigma2", sigma2)
    x = np.broadcast_to(x, (sigma2.size, *np.shape(x)[-2:]))
    wide, gram = _smaller_gram(factor)
    outputs = np.empty(x.shape)
    for level, noise in enumerate(sigma2.flat):
        right = factor @ x[level].T if wide else noise * x[level].T
        solved = cho_solve((_lower_triangle(gram, noise), True), right, check_finite=False)
        outputs[level] = solved.T @ factor if wide else x[level] - solved.T
    return outputs.reshape(sigma2.shape + x.shape[-2:])


def _smaller_gram(factor):
    """Whether B has fewer rows than modes, and B B^T, else B^T B."""
    wide = factor.shape[0] < factor.shape[1]
    return wide, factor @ factor.T if wide else factor.T @ factor


def _lower_triangle(gram, noise):
    """Cholesky factor of a Gram matrix plus ``noise``."""
    shifted = gram.copy()
    shifted[np.diag_indices(len(gram))] += noise
    return cholesky(shifted, lower=True, overwrite_a=True, check_finite=False)


def gaussian_set(spectrum, n_samples, rng, mean="estimated"):
    """Factor of the covariance and the mean (modes,) of ``n_samples`` Gaussian samples, in the eigenbasis.

    mean: "estimated" centres the samples (n - 1 of them remain for the covariance), "known" leaves the mean at 0.
    ValueError for anything else. Neither draws a single sample: the mean of Gaussian samples is independent of their
    covariance.
    """
    spectrum = as_spectrum(spectrum)
    estimated = checks.choice("mean", mean, ("known", "estimated")) == "estimated"
    n_samples = checks.count("n_samples", n_samples, at_least=1 + estimated)
    factor = gaussian_factor(spectrum, n_samples - estimated, rng)
    scale = np.sqrt(spectrum.eigenvalues / n_samples)
    return factor, rng.standard_normal(scale.size) * scale if estimated else np.zeros(scale.size)


def gaussian_model(spectrum, n_samples, rng, mean="estimated"):
    """The linear model of a ``gaussian_set``, in the eigenbasis of ``spectrum``: a Spectrum."""
    return Spectrum.from_factor(*gaussian_set(spectrum, n_samples, rng, mean))

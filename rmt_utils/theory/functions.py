"""Mean and variance over data sets of any function f of a sample covariance, from the population.

``spectrum`` is the population's spectrum, for Gaussian samples, or a ``Population``, for real images: ``theory.law``.

f is a function of an array, real on [0, inf) and analytic off the negative axis: one of ``rmt_utils.theory.samplers``
or one's own. f(Sigma_hat) is a sum of resolvents over a contour, each resolvent has its equivalent. ``n_samples`` is a
number > 0, not necessarily whole, or inf.

All functions raise ValueError for arguments out of range or an f without finite values, and ArithmeticError if f is not
analytic off the negative axis, or grows or oscillates too fast for its quadrature: ``contour``. The error of a mean at
eigenvalue lambda is below 1e-11 of the largest abs(f) up to lambda. Variances keep nine digits unless f hardly varies
where samples move the eigenvalues; where that leaves fewer than six, ArithmeticError says so. For a ``Population``
errors of means are below 1e-6 of the largest abs(f - f(0)) up to lambda, those of variances below 1e-3 of them, beside
n = rank below 1e-2, and f must not grow faster than s (``partial_fractions``), about an estimated mean not much
faster than its square root.
Source: theory page, section on spectral functions.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from rmt_utils import checks
from rmt_utils.annotations import Eigenvalues, Function, Mean, Real
from rmt_utils.theory.law import spectral_law


def spectral_mean(f: Function, spectrum: Eigenvalues, n_samples: ArrayLike) -> Real:
    """E[f(Sigma_hat)]_kk in every population mode: (modes,).

    n_samples: those of a covariance about the known mean; one less than there are for a covariance centred with the
    samples' own mean.

    >>> spectral_mean(lambda s: s, [4.0, 1.0, 0.0], n_samples=10).round(9)
    array([4., 1., 0.])
    """
    return spectral_law(f, spectrum, n_samples).mean()


def spectral_kernel(f: Function, spectrum: Eigenvalues, n_samples: ArrayLike, pairing: bool = True) -> Real:
    """Var[f(Sigma_hat)_jk], the variance of every entry between two population modes, symmetric: (modes, modes).

    pairing: whether to count what only the diagonal has, where j and k are the same: for Gaussian samples half of its
    variance. Without it this is the published K_jk. A ``Spectrum`` with multiplicities has one row for each eigenvalue.
    Of the pairing of a ``Population`` the law has the larger part only: diagonal entries are 10 to 40 % too low at
    n = 50. Time then goes as N rank^3: ten seconds of one core for N = 4,000, rank 36. n_samples: as in
    ``spectral_mean``.

    The error of an entry is 1e-11 of it and, from rounding, about 1e-15 max(f^2)/n: ArithmeticError where that is more
    than 1e-6 of K_jj, as for f = s/(s + sigma2) at n > modes and eigenvalues above 1e5 sigma2. The kernel of that f
    in closed form is ``denoiser_variance`` with the mean known.

    >>> spectral_kernel(lambda s: s, [4.0, 1.0], n_samples=8).round(9)  # lambda_j lambda_k / n, twice if j = k
    array([[4.  , 0.5 ],
           [0.5 , 0.25]])
    """
    return spectral_law(f, spectrum, n_samples).kernel(checks.flag("pairing", pairing))


def spectral_variance(f: Function, spectrum: Eigenvalues, n_samples: ArrayLike, pairing: bool = True) -> Real:
    """Variance of every mode's output for an isotropic seed of unit variance: (modes,).

    sum_k Var[f(Sigma_hat)_jk] = E[f^2]_jj - sum_k E[f_jk]^2, half the cross-split squared difference. pairing: as in
    ``spectral_kernel``; without it this is the published law. Taken from the difference of the two means, or from the
    double sum over the contour where that would cancel; ArithmeticError where that would, too. n_samples: as in
    ``spectral_mean``.

    >>> spectral_variance(lambda s: s, [4.0, 1.0], n_samples=10).round(9)  # lambda_j (trace + lambda_j) / n
    array([3.6, 0.6])
    >>> spectral_variance(lambda s: s, [4.0, 1.0], n_samples=10, pairing=False).round(9)  # lambda_j trace / n
    array([2. , 0.5])
    """
    return spectral_law(f, spectrum, n_samples).variance(checks.flag("pairing", pairing))


def mean_estimate_variance(f: Function, spectrum: Eigenvalues, n_samples: ArrayLike) -> Real:
    """What estimating the mean from the samples adds to the variance of every mode: (modes,).

    n_samples: all samples, > 1. Unlike in ``spectral_mean`` the one that the mean costs is not to be taken off.
    (1/n) E[(I - f) Sigma (I - f)]_jj with f at the covariance of n - 1 samples, for the output
    mean_hat + f(Sigma_hat) (x - mean_hat); it does not depend on x, and has no second pairing.

    >>> mean_estimate_variance(lambda s: 0 * s, [4.0, 1.0], n_samples=10)
    array([0.4, 0.1])
    """
    return spectral_law(f, spectrum, n_samples, "estimated").from_mean()


def seed_variance(
    f: Function,
    spectrum: Eigenvalues,
    n_samples: ArrayLike,
    seeds: ArrayLike,
    mean: Mean = "estimated",
    pairing: bool = True,
) -> Real:
    """Variance of f(Sigma_hat) x, summed over all output modes, seed by seed: half the cross-split difference.

    seeds: x relative to the population mean, in the eigenbasis, (seeds, modes). Returns (seeds,). mean: "estimated"
    for the output mean_hat + f(Sigma_hat) (x - mean_hat) with the covariance centred, "known" for Sigma_hat about the
    known mean. n_samples: all samples in both cases, > 1 if they give the mean. pairing: as in ``spectral_kernel``; the
    published law is mean="known", pairing=False.
    Averages of it over isotropic seeds are the sum of ``spectral_variance``, with the mean's own variance.

    >>> seed_variance(lambda s: s, [4.0, 1.0], 10, [[1.0, 0.0], [0.0, 1.0]], mean="known").round(9)
    array([3.6, 0.6])
    """
    law = spectral_law(f, spectrum, n_samples, mean)
    return law.total_variance(checks.matrix("seeds", seeds, columns=law.modes), checks.flag("pairing", pairing))

"""Degrees of freedom that renormalised noise leaves visible."""

from __future__ import annotations

from numpy.typing import ArrayLike

from rmt_utils.annotations import Eigenvalues, Real
from rmt_utils.theory.law import spectrum_of
from rmt_utils.theory.sums import second_df, spectral_sum


def df1(kappa: ArrayLike, spectrum: Eigenvalues) -> Real:
    """Effective number of modes that noise kappa leaves visible: sum_k lambda_k / (lambda_k + kappa).

    kappa: renormalised noise, unit of the eigenvalues, real >= 0 or complex, any shape. Returns that shape.
    spectrum may be a ``Population``, whose spectrum is then taken.
    Raises ValueError for a kappa outside this range. Source: theory page, eq. (df1); Bach (2024), section 2.

    >>> float(df1(1.0, [1.0, 1.0]))
    1.0
    """
    return spectral_sum(lambda nodes, kappa: nodes / (nodes + kappa), spectrum_of(spectrum), kappa)


def df2(kappa: ArrayLike, spectrum: Eigenvalues, kappa_prime: ArrayLike | None = None) -> Real:
    """Second degrees of freedom: sum_k lambda_k^2 / ((lambda_k + kappa) (lambda_k + kappa')).

    kappa, kappa_prime: as in ``df1``, broadcast against each other; kappa_prime is kappa if not given.
    Source: theory page, eq. (df2); Bach (2024), section 2.

    >>> float(df2(1.0, [1.0, 1.0]))
    0.5
    """
    return second_df(spectrum_of(spectrum), kappa, kappa if kappa_prime is None else kappa_prime)

"""Two ways to write a square root as a sum of denoisers, which chapter 4 sets beside each other.

sqrt(s) is 2/pi times the integral of s/(s + u^2) over noise levels u > 0. A rule gives noise variances u^2 (nodes,) and
weights (nodes,), so that sqrt(s) is about the sum of weight s/(s + u^2).
"""

import numpy as np

from rmt_utils import checks


def log_rule(spectrum, n_nodes):
    """The trapezoidal rule in log u: noise variances (nodes,) and weights (nodes,). It has no scale of its own.

    spectrum: a ``Spectrum`` of positive eigenvalues, whose range the nodes cover. With N nodes the error falls like
    exp(-c sqrt(N)): what is cut off at both ends is as large as what the step leaves. ValueError for eigenvalues that
    are not positive.

    >>> from rmt_utils import Spectrum
    >>> u2, weights = log_rule(Spectrum([4.0]), 60)
    >>> round(float(weights @ (4 / (4 + u2))), 4)
    2.0
    """
    eigenvalues = checks.positive("eigenvalues", spectrum.eigenvalues)
    low, high = np.log([eigenvalues.min(), eigenvalues.max()]) / 2
    tail = (np.sqrt((high - low) ** 2 + 8 * np.pi**2 * n_nodes) - (high - low)) / 4
    log_u, step = np.linspace(low - tail, high + tail, n_nodes, retstep=True)
    return np.exp(2 * log_u), 2 / np.pi * step * np.exp(log_u)


def tan_rule(n_nodes):
    """Gauss and Legendre's rule in the angle whose tangent is u: noise variances (nodes,) and weights (nodes,).

    It has a scale of its own, u = 1, whatever the eigenvalues are.

    >>> u2, weights = tan_rule(10)
    >>> round(float(weights @ (1 / (1 + u2))), 4)
    1.0
    """
    nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
    angle = np.pi / 4 * (nodes + 1)
    return np.tan(angle) ** 2, weights / (2 * np.cos(angle) ** 2)

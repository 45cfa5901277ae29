"""Any spectral function as a sum of resolvents on the real line.

f(s) = f(0) + sum_k c_k s/(s + z_k) with z_k > 0 evenly spaced in log(z): c_k by least squares. For f that is analytic
off the negative axis the error falls like exp(-pi^2 / spacing), as that of a trapezoidal rule in log(z) would: in
log(s) every term is one logistic curve, and f has nothing finer than the logistic curve and its derivatives. Entire
functions such as exp(-s) are bounded on the right half plane only, and are twice as fine: they take closer levels.
"""

import numpy as np
from scipy.ndimage import maximum_filter1d

from rmt_utils import checks
from rmt_utils.theory.certificate import certified

STEPS = 0.5, 0.35  # in log(z)
BELOW, ABOVE = 1e-3, 1e2  # last and first z_k, relative to the ends of the spectrum
DENSITY = 8  # points of the least-squares problem for every level
CUT = 1e-12  # singular values of the least-squares problem left out
DOUBLE_CUT = 1e-8  # the same for double sums, whose terms must not cancel
TOLERANCE = 1e-6  # of the largest abs(f - f(0)) up to s
VARYING = 1e-3  # largest share of the rounding of f in its variation
EPS = np.finfo(float).eps


def levels(low, high, step=STEPS[0]):
    """z_k for a spectrum in {0} and [low, high], falling, ``step`` apart in log(z): (levels,)."""
    return np.exp(np.arange(np.log(ABOVE * high), np.log(BELOW * low), -step))


def spacing(f, low, high):
    """The widest of STEPS whose ``levels`` serve f, or the closest, with ``partial_fractions`` to say why it does not.

    >>> spacing(np.sqrt, 1e-3, 1e2), spacing(lambda s: np.exp(-s), 1e-3, 1e2)
    (0.5, 0.35)
    """
    for step in STEPS[:-1]:
        z = levels(low, high, step)
        try:
            error = max(partial_fractions(f, z, low, high)[-1], square_fractions(f, z, low, high)[-1])
        except ArithmeticError:
            continue
        if error <= TOLERANCE:
            return step
    return STEPS[-1]


def partial_fractions(f, z, low, high):
    """f(0), the coefficients c_k (levels,) of f on {0} and [low, high] over the poles -z_k of ``levels``, their error.

    f: as in ``contour``. The error is relative to the largest abs(f - f(0)) up to s. ValueError if f does not return
    finite numbers, ArithmeticError if it is not such a sum to 1e-6: it has a singularity off the negative axis,
    oscillates too fast or grows faster than s.

    >>> z = levels(0.1, 10.0)
    >>> constant, coefficients, error = partial_fractions(np.sqrt, z, 0.1, 10.0)
    >>> round(float(coefficients @ (2.0 / (2.0 + z))), 7)
    1.4142136
    """
    points, constant, rise = _rise(f, z, low, high)
    scale = np.maximum(_largest(rise, points, low), EPS * abs(constant) / TOLERANCE)
    coefficients, error = _shares(rise, scale, points, z)
    if error > TOLERANCE:
        raise ArithmeticError(f"f is not a sum of {z.size} resolvents: relative error {error:.1e}")
    return constant, coefficients, error


def square_fractions(f, z, low, high):
    """c_k and error of (f - f(0))^2, relative to the largest of it up to s or the share s/high of its largest.

    Samples mix the modes in proportion to their eigenvalues: no mode's variance is smaller than such a share. The error
    may be large, as for f = s.
    """
    points, constant, rise = _rise(f, z, low, high)
    square = np.square(rise)
    scale = _largest(square, points, low)
    noise = EPS * abs(constant) * np.abs(rise).max() / TOLERANCE
    return _shares(square, np.maximum(np.maximum(scale, scale[-1] * points / high), noise), points, z)


def shrinking_fractions(h, z, low, high):
    """a_k (levels,) of h(s) = sum_k a_k z_k/(s + z_k) on [low, high], for h that may be small where s is large.

    Errors are relative to the largest abs(h) within one level: exp(-pi^2 / spacing of z).
    """
    points = _points(z, low, high)
    target = checks.function_values(h, points, "iuf")
    scale = maximum_filter1d(np.abs(target), 2 * DENSITY + 1)
    if not scale.any():
        return np.zeros(z.size)
    scale = np.maximum(scale, EPS * scale.max())
    return _least_squares(z / (points[:, None] + z), target, scale, points, z, DOUBLE_CUT)[0]


def variation_fractions(f, z, low, high):
    """a_k (levels,) of f(s) = a + sum_k a_k z_k/(s + z_k) on [low, high], for f whose variation may be small anywhere.

    Errors are relative to the largest abs(s f'(s)) within one level: exp(-pi^2 / spacing of z). ArithmeticError where
    the rounding of f is not far below its variation; a constant has none.
    """
    points = _points(z, low, high)
    target = checks.function_values(f, points, "iuf")
    target = target - target[0]
    if not target.any():
        return np.zeros(z.size)
    scale = maximum_filter1d(np.abs(np.gradient(target, np.log(points))), 2 * DENSITY + 1)
    noise = EPS * np.abs(checks.function_values(f, points, "iuf")).max()
    certified(scale.max(), noise, VARYING)
    terms = np.column_stack([np.ones(points.size), z / (points[:, None] + z)])
    places = np.append(points[-1], z)
    return _least_squares(terms, target, np.maximum(scale, noise), points, places, DOUBLE_CUT)[0][1:]


def _points(z, low, high):
    return np.geomspace(low / 100, high, DENSITY * z.size)


def _rise(f, z, low, high):
    """Points of the least-squares problem, f(0), and f - f(0) at the points."""
    points = _points(z, low, high)
    values = checks.function_values(f, np.append(0.0, points), "iuf")
    return points, float(values[0]), values[1:] - values[0]


def _largest(target, points, low):
    """Largest abs(target) up to each point, or in and below the smallest mode."""
    largest = np.maximum.accumulate(np.abs(target))
    return np.maximum(largest, largest[points <= low].max())


def _shares(target, scale, points, z):
    """Coefficients of s/(s + z), and their error in units of ``scale``."""
    if not target.any():  # constant on an interval, and analytic
        return np.zeros(z.size), 0.0
    return _least_squares(points[:, None] / (points[:, None] + z), target, scale, points, z)


def _least_squares(terms, target, scale, points, z, cut=CUT):
    """Coefficients of the terms (points, levels) and their largest error relative to ``scale``."""
    # Poles far above the spectrum are nearly equal there. In units of the function at z_k, where the integral over z
    # that the sum stands for has its weight, the smallest coefficients are the right ones.
    size = np.interp(np.log(z), np.log(points), scale)
    matrix, aim = terms * size / scale[:, None], target / scale
    found = np.linalg.lstsq(matrix, aim, rcond=cut)[0]
    return found * size, np.abs(matrix @ found - aim).max()

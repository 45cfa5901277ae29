"""Variances that are small differences of large numbers: kept with enough digits, taken by another way, or refused."""

import numpy as np


def difference(first, second, error, wanted, double_sum):
    """first - second where its absolute ``error`` leaves it the relative accuracy ``wanted``, else ``double_sum()``.

    Every difference of moments goes this way. All are arrays of one shape; double_sum() is the same quantity as one
    sum, certified by its own error: ``certified``.

    >>> float(difference(2.0, 1.0, 1e-16, 1e-9, lambda: 0.0))
    1.0
    """
    found = np.asarray(first - second)
    return found if (error <= wanted * np.abs(found)).all() else double_sum()


def certified(value, error, allowed):
    """``value``, whose absolute ``error`` may be the share ``allowed`` of it; ArithmeticError where it is more.

    >>> float(certified(1.0, 1e-9, 1e-6))
    1.0
    """
    value, error = np.asarray(value), np.asarray(error)
    lost = ~(error <= allowed * np.abs(value))
    if lost.any():
        worst = np.argmax(np.where(lost, error, 0.0))
        raise ArithmeticError(
            f"variance lost to rounding in {np.count_nonzero(lost)} of {lost.size} modes or points, where f hardly "
            f"varies or grows too fast: {value.flat[worst]:.1e} with an error of {error.flat[worst]:.1e}"
        )
    return value

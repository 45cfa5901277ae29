"""Arguments that are wrong are named, with what is allowed; objects own their arrays."""

from dataclasses import fields

import numpy as np

# What any quantity may measure, in whatever unit: products of five of them are still numbers of double precision.
SMALLEST, LARGEST = 1e-60, 1e60
# What data may vary by: their variances, down to the smallest that rounding leaves, keep to the range above.
LEAST_SPREAD, MOST_SPREAD = 1e-15, 1e25
LARGEST_VALUE = 1e150  # of a function, and of an argument z: their squares are numbers, too


def positive(name, value):
    """float array of ``value``; ValueError unless every entry is > 0, from SMALLEST to LARGEST."""
    array = _real(name, value)
    return _demand(name, f"> 0, from {SMALLEST:g} to {LARGEST:g}", array, (array >= SMALLEST) & (array <= LARGEST))


def non_negative(name, value):
    """float array of ``value``; ValueError unless every entry is 0 or from SMALLEST to LARGEST."""
    array = _real(name, value) + 0.0  # -0 becomes 0
    fine = (array == 0) | (array >= SMALLEST) & (array <= LARGEST)
    return _demand(name, f">= 0, either 0 or from {SMALLEST:g} to {LARGEST:g}", array, fine)


def sample_size(name, value):
    """float array of ``value``, numbers of samples; ValueError unless these are as for ``positive``, or inf."""
    array = _real(name, value)
    fine = (array >= SMALLEST) & ((array <= LARGEST) | np.isposinf(array))
    return _demand(name, f"> 0, from {SMALLEST:g} to {LARGEST:g}, or inf", array, fine)


def number(name, value, allowed=positive):
    """float of ``value``; ValueError unless it is one number that the check ``allowed`` lets through."""
    array = allowed(name, value)
    if array.ndim:
        raise ValueError(f"{name} must be one number, got shape {array.shape}")
    return float(array)


def count(name, value, at_least=1):
    """int of ``value``; ValueError unless it is a whole number >= ``at_least``."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < at_least:
        raise ValueError(f"{name} must be a whole number >= {at_least}, got {value!r}")
    return int(value)


def matrix(name, value, columns=None):
    """Finite float array of shape (rows, columns); ValueError otherwise."""
    array = _real(name, value)
    if array.ndim != 2 or array.size == 0 or (columns is not None and array.shape[1] != columns):
        wanted = "(rows, columns)" if columns is None else f"(rows, {columns})"
        raise ValueError(f"{name} must have shape {wanted} and hold something, got shape {array.shape}")
    return finite(name, array)


def vectors(name, value, size):
    """Finite float array of shape (..., size); ValueError otherwise."""
    array = finite(name, value)
    if array.ndim == 0 or array.shape[-1] != size:
        raise ValueError(f"{name} must have shape (..., {size}), got {array.shape}")
    return array


def finite(name, value):
    """float array of ``value``; ValueError unless every entry is finite and at most LARGEST in size."""
    array = _real(name, value)
    return _demand(name, f"finite, at most {LARGEST:g} in size", array, np.abs(array) <= LARGEST)


def spread(name, deviations):
    """``deviations`` of data from their mean; ValueError unless their largest is from LEAST_SPREAD to MOST_SPREAD."""
    largest = np.abs(deviations).max()
    if largest == 0:
        raise ValueError(f"{name} must vary, got {len(deviations)} rows without a difference")
    if not LEAST_SPREAD <= largest <= MOST_SPREAD:
        raise ValueError(f"{name} must vary by {LEAST_SPREAD:g} to {MOST_SPREAD:g}, got {largest:.3g}: change the unit")
    return deviations


def numbers(name, value):
    """float64 or complex128 array of ``value``, a scalar for a scalar; ValueError for what are no numbers."""
    array = np.asarray(value, dtype=np.complex128) if np.iscomplexobj(value) else _real(name, value)
    return array[()]


def choice(name, value, allowed):
    """``value``; ValueError unless it is one of the words ``allowed``."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be {' or '.join(map(repr, allowed))}, got {value!r}")
    return value


def flag(name, value):
    """bool of ``value``; ValueError unless it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def broadcast(**arrays):
    """The named arrays, broadcast against each other; ValueError where their shapes do not allow it."""
    try:
        return np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = " and ".join(str(array.shape) for array in arrays.values())
        raise ValueError(f"{' and '.join(arrays)} must broadcast against each other, got {shapes}") from None


def function_values(f, points, kinds="iuf"):
    """f(points); ValueError unless these are finite numbers, of dtype ``kinds``, of the shape of ``points``.

    Every function that a caller gives is called here and nowhere else: it may write into its argument, which is a copy,
    and return an array that it will write into again.
    """
    if not callable(f):
        raise ValueError(f"f must be a function of an array, got {f!r}")
    values = np.array(f(np.array(points)))
    if values.shape != points.shape or values.dtype.kind not in kinds or not (np.abs(values) <= LARGEST_VALUE).all():
        wanted = "finite numbers" if "c" in kinds else "finite real numbers"
        raise ValueError(
            f"f must return {wanted} of its argument's shape {points.shape}, got {values.dtype} {values.shape} "
            f"with entries such as {values.ravel()[:3]}"
        )
    return values


def own(instance):
    """Replace every array among the fields of a frozen dataclass by a copy that nobody can write into."""
    for field in fields(instance):
        value = getattr(instance, field.name)
        if isinstance(value, np.ndarray):
            value = value.copy(order="K")
            value.setflags(write=False)
            object.__setattr__(instance, field.name, value)


def _real(name, value):
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be an array, got rows of different lengths") from None
    if array.dtype == object:
        raise ValueError(f"{name} must be real numbers, got {type(value).__name__}")
    if array.dtype.kind not in "fiu":  # True is no number of samples
        raise ValueError(f"{name} must be real numbers, got {array.dtype} {_shown(array)}")
    return array.astype(np.float64, copy=False)


def _demand(name, wanted, array, fine):
    """``array``, if all of it is ``fine``; ValueError, with a few entries that are not, otherwise."""
    if not np.all(fine):
        raise ValueError(f"{name} must be {wanted}, got {_shown(array, ~fine)}")
    return array


def _shown(array, wrong=...):
    if array.size > 6:
        return f"an array of shape {array.shape} with entries such as {array[wrong].ravel()[:3]}"
    return str(array)

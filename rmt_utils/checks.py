"""Arguments that are wrong are named, with what is allowed."""

import numpy as np


def positive(name, value):
    """float array of ``value``; ValueError unless every entry is finite and > 0."""
    array = _real(name, value)
    if not (np.isfinite(array).all() and (array > 0).all()):
        raise ValueError(f"{name} must be finite and > 0, got {_shown(array)}")
    return array


def non_negative(name, value):
    """float array of ``value``; ValueError unless every entry is finite and >= 0."""
    array = _real(name, value)
    if not (np.isfinite(array).all() and (array >= 0).all()):
        raise ValueError(f"{name} must be finite and >= 0, got {_shown(array)}")
    return array


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
    """float array of ``value``; ValueError unless every entry is finite."""
    array = _real(name, value)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {_shown(array)}")
    return array


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


def function_values(f, points, kinds):
    """f(points); ValueError unless these are finite numbers, of dtype ``kinds``, of the shape of ``points``."""
    if not callable(f):
        raise ValueError(f"f must be a function of an array, got {f!r}")
    values = np.asarray(f(points))
    if values.shape != points.shape or values.dtype.kind not in kinds or not np.isfinite(values).all():
        wanted = "finite numbers" if "c" in kinds else "finite real numbers"
        raise ValueError(
            f"f must return {wanted} of its argument's shape {points.shape}, got {values.dtype} {values.shape} "
            f"with entries such as {values.ravel()[:3]}"
        )
    return values


def _real(name, value):
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be an array, got rows of different lengths") from None
    if array.dtype.kind not in "fiu":  # True is no number of samples
        raise ValueError(f"{name} must be real numbers, got {array.dtype} {_shown(array)}")
    return array.astype(np.float64, copy=False)


def _shown(array):
    if array.size > 6:
        bad = array[~(np.isfinite(array) & (array > 0))] if array.dtype.kind == "f" else array.ravel()
        return f"an array of shape {array.shape} with entries such as {(bad if bad.size else array.ravel())[:3]}"
    return str(array)

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


def finite(name, value):
    """float array of ``value``; ValueError unless every entry is finite."""
    array = _real(name, value)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {_shown(array)}")
    return array


def function_values(f, points, kinds):
    """f(points); ValueError unless these are finite numbers, of dtype ``kinds``, of the shape of ``points``."""
    values = np.asarray(f(points))
    if values.shape != points.shape or values.dtype.kind not in kinds or not np.isfinite(values).all():
        wanted = "finite numbers" if "c" in kinds else "finite real numbers"
        raise ValueError(
            f"f must return {wanted} of its argument's shape {points.shape}, got {values.dtype} {values.shape} "
            f"with entries such as {values.ravel()[:3]}"
        )
    return values


def _real(name, value):
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be real numbers, got {array.dtype} {_shown(array)}")
    return array.astype(np.float64, copy=False)


def _shown(array):
    if array.size > 6:
        bad = array[~(np.isfinite(array) & (array > 0))] if array.dtype.kind == "f" else array.ravel()
        return f"an array of shape {array.shape} with entries such as {(bad if bad.size else array.ravel())[:3]}"
    return str(array)

"""Images that are numbers already: what an array of them must look like, files of arrays, handwritten digits."""

from pathlib import Path

import numpy as np

from rmt_utils.extras import extra

SUFFIXES = (".npy", ".npz")
NAMES = ("images", "samples", "x", "arr_0")  # of the array in a file of several, the first that is there
ROUNDING = 1e-6  # beyond [-1, 1]


def gate(images, name="source"):
    """The array of images (n_images, height, width, channels), uint8 or float, as it is; ValueError for any other.

    uint8 values are from 0 to 255, floats from -1 to 1; there may be 1 or 3 channels, and one may be left out. name:
    what the error calls the array.

    >>> gate(np.zeros((5, 8, 8), np.uint8)).shape
    (5, 8, 8, 1)
    """
    try:
        images = np.asarray(images)
    except ValueError:
        raise ValueError(f"{name} must be an array of images of one shape, got images of different shapes") from None
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not images.size:
        first = ": channels come last" if images.ndim == 4 and images.shape[1] in (1, 3) else ""
        raise ValueError(
            f"{name} must have shape (n_images, height, width, channels) with 1 or 3 channels, "
            f"got shape {images.shape}{first}"
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f":
        raise ValueError(f"{name} must hold uint8 from 0 to 255 or floats from -1 to 1, got {images.dtype}")
    low, high = images.min(), images.max()
    if not (np.isfinite(low) and np.isfinite(high)):  # nan is its own minimum
        raise ValueError(f"{name} must hold finite numbers, got nan or infinity among its {images.dtype}")
    if low < -1 - ROUNDING or high > 1 + ROUNDING:
        raise ValueError(
            f"{name} must hold uint8 from 0 to 255 or floats from -1 to 1, got {images.dtype} from {low:g} to {high:g}"
        )
    return images


def unit(images):
    """Images that passed the ``gate`` as float32 in [-1, 1].

    >>> unit(np.array([0, 255], np.uint8))
    array([-1.,  1.], dtype=float32)
    """
    if images.dtype == np.uint8:
        return images / np.float32(127.5) - 1
    return np.clip(images.astype(np.float32), -1, 1)


def from_file(path):
    """The images in a file .npy or .npz, through the ``gate``. Errors of both."""
    return gate(stored(path), str(path))


def stored(path):
    """The array in a file .npy or .npz; nothing is unpickled. ValueError for a damaged file.

    Of several arrays in a .npz the one called images, samples, x or arr_0 is taken.
    """
    path = Path(path)
    try:
        if path.suffix.lower() == ".npy":
            return np.load(path, mmap_mode="r", allow_pickle=False)
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return arrays[_one_of(arrays.files)]
    except Exception as error:  # whatever a damaged file makes numpy, zipfile or zlib raise
        raise ValueError(f"source must be a file of one array of images, got {path} ({error})") from error


def _one_of(names):
    """The name of the array to take; ValueError if none is meant."""
    found = [name for name in NAMES if name in names] or list(names)
    if not found or (found[0] not in NAMES and len(names) > 1):
        raise ValueError(f"its arrays are {', '.join(names) or 'none'}, not one of {', '.join(NAMES)}")
    return found[0]


def digits():
    """The 1797 handwritten digits that scikit-learn brings, float32 (1797, 8, 8, 1) in [-1, 1]."""
    with extra("data"):
        from sklearn.datasets import load_digits

    return (load_digits().images[..., None] / 8 - 1).astype(np.float32)  # from 0 to 16

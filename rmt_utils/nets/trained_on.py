"""The images that a run trains on, of which source and which half, and the noise of its edited seeds."""

import hashlib
from functools import lru_cache

import numpy as np

from rmt_utils.data.photographs import crops
from rmt_utils.data.sources import flatten, load_images
from rmt_utils.data.splits import component_splits, disjoint_pair, region_splits
from rmt_utils.theory.spectrum import Spectrum

EDITED = 64  # seeds


def training_images(run):
    """The images that ``run`` trains on: float32 (n_samples, height, width, channels)."""
    images = source_images(run.source, run.size)
    if run.split == "regions":
        return crops(rows(run), run.size)
    if run.split == "surrogate":
        population = source_spectrum(run.source, run.size)
        rng = np.random.default_rng([run.half - 1, run.n_samples])
        normal = rng.standard_normal((run.n_samples, population.eigenvectors.shape[1]))
        scale = np.sqrt(population.eigenvalues[: normal.shape[1]])
        pixels = population.mean + (normal * scale) @ population.eigenvectors.T
        return pixels.reshape(run.n_samples, *images.shape[1:]).astype(np.float32)
    return images[rows(run)]


def rows(run):
    """Indices, among the source's images or crops, of those that ``run`` trains on; none for a surrogate."""
    images = source_images(run.source, run.size)
    half, n = run.half - 1, run.n_samples
    if run.split == "iid":
        return disjoint_pair(len(images), n, run.pair)[half]
    if run.split == "regions":
        return region_splits(run.size, n, seed=n)[half]  # by n, so that sizes are not nested
    if run.split == "surrogate":
        return None
    population = source_spectrum(run.source, run.size)
    kind, component = run.split.split("-")
    direction = population.eigenvectors[:, int(component) - 1]
    # An eigenvector's sign is arbitrary: fixed, so that the halves have fixed names.
    direction = direction * np.sign(direction[np.argmax(np.abs(direction))])
    return component_splits(flatten(images) @ direction, n, kind)[half]


def edited_noise(run, noise, edit):
    """Noise (EDITED, dim) of the first seeds with one of the run's edits."""
    first, last, factor, *keep_norm = edit
    modes = source_spectrum(run.source, run.size).eigenvectors[:, first:last]
    noise = noise[:EDITED]
    edited = noise + (factor - 1) * (noise @ modes) @ modes.T
    if any(keep_norm):
        edited *= np.linalg.norm(noise, axis=1, keepdims=True) / np.linalg.norm(edited, axis=1, keepdims=True)
    return edited


@lru_cache(maxsize=1)
def source_images(source, size):
    """All images of a source at one size, kept for the runs that follow."""
    return load_images(source, size)


@lru_cache(maxsize=1)
def source_spectrum(source, size):
    """Spectrum of all images of a source."""
    return Spectrum.from_samples(flatten(source_images(source, size)))


@lru_cache
def fingerprint(source, size):
    """Hex digest of a source's images, to a tenth of a grey level: rounding on another machine does not change it."""
    levels = np.round((source_images(source, size) + 1) * 1280).astype(np.uint16)
    return hashlib.sha256(levels.tobytes()).hexdigest()

"""Samples of two models from the same seeds: how far they differ, where, on which seeds, and how far from one another
unrelated samples would be.

Every difference is a mean squared difference a pixel. Two samples of different seeds are unrelated; their difference is
the unit in which data sets, sizes and networks can be compared.
"""

from dataclasses import dataclass

import numpy as np

from rmt_utils import checks
from rmt_utils.models import anova
from rmt_utils.models.agreement import mean_and_error, mse_per_seed, nearest
from rmt_utils.models.bands import bands, rings
from rmt_utils.models.baselines import has_mixture, linear_difference, mixture_difference, mixture_fragility
from rmt_utils.models.fragile import rank_correlation
from rmt_utils.theory.spectrum import Spectrum

FEWEST = 4  # seeds
EFFECTS = ("data", "seed", "interaction")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models' samples, seed by seed; a difference is a squared difference a pixel.

    shape: of a sample. seeds: their names, (seeds,). mse, (seeds,): the difference of the two samples. mean, error:
    over seeds, with the standard error. unrelated: the difference of samples of different seeds. variance: of a pixel,
    of both models' samples.
    bands: (first mode, last mode, share of the unrelated difference, difference over the unrelated one in the band),
    modes being the principal components of the training images if there are any, of the samples otherwise.
    frequencies: (lowest, highest, share, difference over unrelated), in cycles a side; none for samples without pixels.
    effects: {"data", "seed", "interaction"}: (variance a pixel, standard error) if there were second trainings.
    memory: for each model (distance to the nearest of its own images, of the other's), means over seeds. linear: the
    mean difference of two linear models of these images, sampled in 35 Heun steps, over all seeds. mixture: that of
    two mixtures of Gaussians for 256 seeds of their own, (256,); None for few images or many dimensions. gamma:
    dimensions over images of a model. All four None if the images of both models were not given. expected, retrained:
    (rank correlation over seeds, standard error) of the difference with how fragile a mixture of all images finds the
    seeds' noise, and with the difference of the second trainings; None where one is missing.
    """

    shape: tuple
    seeds: list
    mse: np.ndarray
    mean: float
    error: float
    unrelated: float
    variance: float
    bands: list
    frequencies: list
    effects: dict | None
    memory: list | None
    linear: float | None
    mixture: np.ndarray | None
    gamma: float | None
    expected: tuple | None
    retrained: tuple | None

    def __post_init__(self):
        checks.own(self)


def compare(samples_a, samples_b, again=None, images=None, seeds=None, noise=None):
    """``Comparison`` of two models by their samples of the same seeds.

    samples_a, samples_b: (seeds >= 4, dim) or (seeds, height, width, channels), in the same order of seeds.
    again: two more arrays like these, second trainings of the two models that share nothing but the images with the
    first ones; the first of each pair of trainings, and the second, may share a training seed. images: the two sets of
    training images, (n, ...) each, in the samples' range of values. seeds: names of the seeds, numbers from 0 if None.
    noise: that the samples began with, standard normal, (seeds, ...) like these, for ``expected``.
    ValueError for arrays that do not fit.

    >>> rng = np.random.default_rng(0)
    >>> a = rng.standard_normal((50, 8))
    >>> found = compare(a, a + 0.1)
    >>> round(found.mean, 6), bool(found.unrelated > 1)
    (0.01, True)
    """
    a = _samples("samples_a", samples_a)
    b = _samples("samples_b", samples_b, a.shape)
    shape, flat_a, flat_b = a.shape[1:], a.reshape(len(a), -1), b.reshape(len(b), -1)
    seeds = [str(number) for number in range(len(a))] if seeds is None else [str(name) for name in seeds]
    if len(seeds) != len(a):
        raise ValueError(f"seeds must name the {len(a)} samples, got {len(seeds)} names")
    mse = mse_per_seed(flat_a, flat_b)
    mean, error = mean_and_error(mse)
    unrelated = _unrelated(flat_a, flat_b).mean()
    if not unrelated > 0:
        raise ValueError("samples_a and samples_b must differ from seed to seed, got equal samples")
    effects, retrained = None, None
    if again is not None:
        more = [_samples("again", one, a.shape).reshape(len(a), -1) for one in again]
        if len(more) != 2:
            raise ValueError(f"again must be two arrays, one for each model, got {len(more)}")
        effects, retrained = variance_components(flat_a, flat_b, *more), rank_correlation(mse, mse_per_seed(*more))
    basis, memory, baseline, mixture, gamma, expected = None, None, None, None, None, None
    if images is not None:
        sets = [_images(one, shape) for one in images]
        if len(sets) != 2:
            raise ValueError(f"images must be two sets, one for each model, got {len(sets)}")
        together = np.concatenate(sets)
        spectrum = Spectrum.from_samples(together)
        basis = spectrum.eigenvectors
        memory = [
            tuple(float(nearest(samples, training)[1].mean()) for training in order)
            for samples, order in ((flat_a, sets), (flat_b, sets[::-1]))
        ]
        baseline, gamma = linear_difference(*sets), len(basis) / min(map(len, sets))
        if has_mixture(min(map(len, sets)), len(basis)):
            mixture = mixture_difference(*sets)
        if noise is not None:
            start = _samples("noise", noise, a.shape).reshape(len(a), -1)
            ranking = mixture_fragility(together, start, spectrum)
            expected = rank_correlation(mse, ranking) if ranking.size else None
    if basis is None:
        basis = Spectrum.from_samples(np.concatenate([flat_a, flat_b])).eigenvectors
    return Comparison(
        shape=shape,
        seeds=seeds,
        mse=mse,
        mean=mean,
        error=error,
        unrelated=float(unrelated),
        variance=float((flat_a.var(axis=0).mean() + flat_b.var(axis=0).mean()) / 2),
        bands=[
            (low + 1, high, *_share(flat_a @ basis[:, low:high], flat_b @ basis[:, low:high], unrelated * len(basis)))
            for low, high in bands(basis.shape[1])
        ],
        frequencies=_by_frequency(a, b, unrelated),
        effects=effects,
        memory=memory,
        linear=baseline,
        mixture=mixture,
        gamma=gamma,
        expected=expected,
        retrained=retrained,
    )


def variance_components(a, b, a_again, b_again):
    """{"data", "seed", "interaction"}: variance a pixel that each causes, and its standard error over noise seeds.

    a, b: samples of two models, (seeds, dim). a_again, b_again: those of second trainings on the same images, which
    share their training seed with each other as the first two do. Source: ``models.anova``.

    >>> zero = np.zeros((4, 2))
    >>> variance_components(zero + 1, zero, zero + 1, zero)["data"][0]
    0.5
    """
    found = anova.effects(np.array([[a, a_again], [b, b_again]]))  # (3, seeds)
    return {name: mean_and_error(values) for name, values in zip(EFFECTS, found, strict=True)}


def _samples(name, value, shape=None):
    array = checks.finite(name, value)
    if array.ndim not in (2, 4) or len(array) < FEWEST or not array.size:
        raise ValueError(
            f"{name} must have shape (seeds >= {FEWEST}, dim) or (seeds, height, width, channels), got {array.shape}"
        )
    if shape is not None and array.shape != shape:
        raise ValueError(f"{name} must have the shape of samples_a, {shape}, got {array.shape}")
    return array


def _images(value, shape):
    array = checks.finite("images", value)
    if array.ndim < 2 or len(array) < 2 or array[0].size != np.prod(shape):
        raise ValueError(f"images must have shape (n >= 2, {', '.join(map(str, shape))}), got {array.shape}")
    return array.reshape(len(array), -1)


def _unrelated(a, b):
    """Squared difference of a_i and b_j in every coordinate, averaged over i != j: (dim,)."""
    count = len(a)
    crossed = (a.sum(axis=0) * b.sum(axis=0) - (a * b).sum(axis=0)) / (count * (count - 1))
    return (np.square(a) + np.square(b)).mean(axis=0) - 2 * crossed


def _share(a, b, total):
    """Share of the unrelated difference ``total`` that lies in these coordinates, and difference over unrelated."""
    unrelated = float(_unrelated(a, b).sum())
    different = float(np.square(a - b).sum(axis=1).mean())
    return unrelated / total, different / unrelated if unrelated > 0 else np.nan


def _by_frequency(a, b, unrelated):
    if a.ndim == 2:
        return []
    # Real and imaginary part are coordinates of their own; the transform keeps lengths.
    waves_a, waves_b = (np.fft.fft2(x, axes=(1, 2), norm="ortho") for x in (a, b))
    found = []
    for low, high, mask in rings(*a.shape[1:3]):
        parts = [
            np.concatenate([part[:, mask].reshape(len(a), -1) for part in (waves.real, waves.imag)], axis=1)
            for waves in (waves_a, waves_b)
        ]
        found.append((low, high, *_share(*parts, unrelated * a[0].size)))
    return found

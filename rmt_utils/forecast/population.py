"""The law without the Gaussian assumption in a forecast: a column, where it holds, and which seeds are reproducible.

A part of the images stands for the population, in its largest modes: the law keeps a matrix of these for every noise
level it needs.
"""

import numpy as np

from rmt_utils import checks
from rmt_utils.forecast.calibration import Law
from rmt_utils.theory.population.samples import Population

FEW = 20  # images in the population for each in a training set, below which the law comes out over 5% low
MODES = 500  # in which the law is computed, at most: sixty matrices for one n are 120 MB


def population_size(population, dim):
    """How many images stand for the population: ``population``, or what there is time for."""
    if population is None:
        return int(np.clip(3000 * 200 / dim, 1000, 3000))
    return checks.count("population", population, at_least=0)


def by_population(law, sample, sizes, largest, noise, progress):
    """The population law over the Gaussian law of the same sample at ``sizes`` (sizes,), and ``Law.seeds``

    of the former at n = ``largest``. law: a Gaussian ``Law`` of the map. sample: (images, modes). noise: (seeds,
    modes) in the same coordinates.
    """
    population = Population(sample)
    better, gaussian = (Law(law.f, law.scale, spectrum) for spectrum in (population, population.spectrum))
    # the mean's part is nearly the same in both and slow in the better one
    ratio = [
        1 + (better.sampled(n) - gaussian.sampled(n)).sum() / gaussian.modes(n).sum()
        for n in progress(sizes, "population law")
    ]
    return np.array(ratio), better.seeds(largest, coordinates(noise, noise @ population.eigenvectors))


def coordinates(noise, inside):
    """Noise (seeds, dim) in modes: ``inside`` (seeds, rank) in the first, the rest spread evenly over the others."""
    others = noise.shape[1] - inside.shape[1]
    outside = np.square(noise).sum(axis=1, keepdims=True) - np.square(inside).sum(axis=1, keepdims=True)
    return np.hstack([inside, np.repeat(np.sqrt(np.maximum(outside, 0) / max(others, 1)), others, axis=1)])

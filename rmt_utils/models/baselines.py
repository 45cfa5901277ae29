"""What two models of two sets of images would differ by if they were as simple as can be: linear, or mixtures.

Linear models have no seeds that show another picture; mixtures of Gaussians are the simplest that do, and their
differences are spread over seeds as those of networks are.
"""

import numpy as np

from rmt_utils import checks
from rmt_utils.models import linear
from rmt_utils.models.agreement import mse_per_seed
from rmt_utils.models.fragile import fragility
from rmt_utils.models.mixture import Mixture
from rmt_utils.theory.samplers import edm_sigmas, heun_map
from rmt_utils.theory.spectrum import Spectrum

STEPS = 35
COMPONENTS, FEWEST = 8, 50  # of a mixture, at most, and images for each
MOST_DIM = 800  # above, a mixture takes minutes
COARSE = 0.95  # share of the variance in the modes whose mixture ranks seeds


def linear_difference(images_a, images_b, steps=STEPS):
    """Mean squared difference a pixel, over all seeds, of linear models of two sets of images: (n, dim) each.

    Samples of ``steps`` Heun steps of EDM's grid from the same noise. Exact: no seed is drawn.

    >>> images = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    >>> linear_difference(images, images)
    0.0
    """
    sigmas = edm_sigmas(steps)
    f, eye = heun_map(sigmas), np.eye(np.shape(images_a)[1])
    maps, centres = [], []
    for images in (images_a, images_b):
        model = Spectrum.from_samples(images)
        centres.append(linear.apply(f, model, np.zeros((1, len(eye))))[0])
        maps.append(linear.apply(f, model, sigmas[0] * eye) - centres[-1])
    squared = np.square(maps[0] - maps[1]).sum() + np.square(centres[0] - centres[1]).sum()
    return float(squared / len(eye))


def has_mixture(n_images, dim):
    """Whether ``mixture_difference`` has images enough, in either set, and few enough dimensions."""
    return n_images >= 2 * FEWEST and dim <= MOST_DIM


def mixture_difference(images_a, images_b, seeds=range(256), n_components=None):
    """Squared difference a pixel, seed by seed, of mixtures of Gaussians of two sets of images (n, dim): (seeds,).

    n_components: 8 by default, fewer if there are not 50 images for each. Both are fitted from the same start, a
    mixture of all the images, so that their components correspond. Samples of 35 Heun steps; seeds as in
    ``linear.seed_noise``. ValueError for sets that do not fit, and for fewer images than two components need.
    """
    images_a, images_b = checks.matrix("images_a", images_a), checks.matrix("images_b", images_b)
    checks.matrix("images_b", images_b, columns=images_a.shape[1])
    fewest = min(len(images_a), len(images_b))
    if n_components is None:
        if fewest < 2 * FEWEST:
            raise ValueError(f"images_a and images_b must have at least {2 * FEWEST} rows, got {fewest}")
        n_components = _components(fewest)
    start = Mixture.fit(np.concatenate([images_a, images_b]), n_components)
    noise = linear.seed_noise(seeds, images_a.shape[1])
    samples = [
        Mixture.fit(images, n_components, responsibilities=start.responsibilities(images)).sample(noise)
        for images in (images_a, images_b)
    ]
    return mse_per_seed(*samples)


def mixture_fragility(images, noise, spectrum):
    """``models.fragile.fragility`` of seeds by a mixture of Gaussians of images (n, dim): (seeds,).

    noise: (seeds, dim), standard normal. spectrum: of the images; the mixture is of their leading modes, which hold 95%
    of the variance: in more of them mixtures of colour patches ranked the seeds of networks no longer (chapter 5). As
    many components as in ``mixture_difference``; empty where that is one, which ranks nothing.
    """
    if not len(noise) or _components(len(images)) < 2:
        return np.empty(0)
    modes = spectrum.eigenvectors[:, : n_coarse(spectrum)]
    return fragility(Mixture.fit(images @ modes, _components(len(images))), noise @ modes)


def n_coarse(spectrum):
    """How many leading modes hold 95% of the variance.

    >>> n_coarse(Spectrum([8.0, 1.0, 1.0]))
    3
    """
    return int(np.searchsorted(np.cumsum(spectrum.eigenvalues), COARSE * spectrum.trace)) + 1


def _components(n_images):
    return max(1, min(COMPONENTS, n_images // FEWEST))

"""What a forecast holds."""

from dataclasses import dataclass

import numpy as np

from rmt_utils import checks


@dataclass(frozen=True, eq=False)
class Forecast:
    """Everything forecast for one set of images; an MSE is the squared difference a pixel of two models' samples.

    source: what was read, as in ``ImageStream.summary``. sampler: the map forecast for, in words. eigenvalues: of the
    population, falling, (modes,). sizes, gamma: n and dim/n, (sizes,). sigmas: (levels,). kappa:
    kappa(sigma^2)/sigma^2, (sizes, levels). gaussian, population, expected: MSE, (sizes,), by the Gaussian law, by the
    law without that assumption, for which population_size of the images stand (nan where it is left out), and the
    forecast.
    mean_share: of the expected MSE, from estimating the mean, (sizes,). measured_sizes, measured: MSE of pairs of
    linear models of disjoint parts of the images, to which the forecast is calibrated, with what the law says of modes
    in which none were fitted. relative_error: standard error
    of measured and expected, over themselves, as other images would show it; nan for too few images. agreeing: modes
    whose expected squared difference is below ``tolerance`` of their variance, (sizes,). bands: (first mode, last mode,
    n from which the band is below tolerance). seeds, seed_mse: (seeds,), expected MSE at the largest n. needed: (MSE, n
    at which it is expected, low and high end of an interval that holds the right n in nine cases of ten; nan for too
    few images, and where the variance of some modes is not known one by one). modes_error: part of that interval, the
    relative standard error of the MSE at these n from fitting models in the modes kept, (targets,); 0 where these hold
    everything, nan where it is not known. unrelated: MSE of two samples of different seeds. kept: modes in which models
    were fitted, fewer than all for few images and for images of over 1000 numbers; resolved: modes whose variance is
    known one by one, fewer than all for few images and for images of over 6000 numbers; outside: variance a pixel in
    other modes than those kept; halved_modes: the expected MSE from half of these modes over that from all, (sizes,).
    frequencies: (lowest, highest, share of the variance, MSE over that of unrelated samples) of rings of spatial
    frequency, in cycles a side, at the largest n; none for vectors. by_side: (side in pixels, n at which the first MSE
    of ``needed`` is expected), for these images and reduced ones; none for vectors. side_error: as relative_error, the
    largest of the reduced ones.
    without_population: why there is no population law, or "". pictures: of the images as read, their mean and modes,
    and of samples of linear models of either half of them, from ``seeds``: {name: (pictures, height, width,
    channels)}; none for vectors. sha256: of the pixels as read. mixture: squared difference,
    seed by seed, of two mixtures of Gaussians of mixture_size of the images each, (256,); empty for few images or many
    dimensions. fragility: sensitivity of each of the seeds' samples of a mixture of as many images, (seeds,), larger
    for those that differ more; empty for few images. seed: of all random choices. finished: when, in UTC.
    """

    source: dict
    sampler: str
    eigenvalues: np.ndarray
    sizes: np.ndarray
    gamma: np.ndarray
    sigmas: np.ndarray
    kappa: np.ndarray
    gaussian: np.ndarray
    population: np.ndarray
    population_size: int
    expected: np.ndarray
    mean_share: np.ndarray
    measured_sizes: np.ndarray
    measured: np.ndarray
    relative_error: float
    tolerance: float
    agreeing: np.ndarray
    bands: list
    seeds: np.ndarray
    seed_mse: np.ndarray
    needed: list
    modes_error: np.ndarray
    unrelated: float
    kept: int
    resolved: int
    outside: float
    halved_modes: np.ndarray
    frequencies: list
    by_side: list
    side_error: float
    without_population: str
    pictures: dict
    sha256: str
    mixture: np.ndarray
    mixture_size: int
    fragility: np.ndarray
    seed: int
    finished: str

    def __post_init__(self):
        checks.own(self)

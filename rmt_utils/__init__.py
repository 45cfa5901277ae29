"""Random matrix theory of linear diffusion models: why models trained on different data agree.

A linear model trained on n images knows their covariance with the error of n samples. To a denoiser at noise sigma^2
that error looks like more noise, kappa(sigma^2) > sigma^2; what it does to anything computed from the covariance, a
gain, a sample, the difference of two models, follows from the eigenvalues of the images alone.

>>> import rmt_utils as rmt
>>> spectrum = rmt.Spectrum([4.0, 1.0, 0.25])  # variances of three modes; Spectrum.from_samples(rows) of real ones
>>> round(float(rmt.solve_kappa(1.0, spectrum, n_samples=10)), 2)  # ten images make noise 1 look like
1.16
>>> rmt.denoiser_gain(spectrum, 1.0, n_samples=10).round(2).tolist()  # of each mode the denoiser keeps, on average
[0.77, 0.46, 0.18]
>>> sampler = rmt.exact_map(sigma_max=80.0)  # what sampling makes of a covariance, about its square root over 80
>>> variance = rmt.spectral_variance(sampler, spectrum, n_samples=10)  # over sets of ten images, by mode
>>> (2 * 80.0**2 * variance).round(2).tolist()  # squared difference of two models' samples from one seed
[0.53, 0.21, 0.08]

Without the assumption that images are Gaussian, ``Population(images)`` stands wherever a spectrum does.
``load_images`` reads what there is: a folder, an archive, an array, a data set by name. Networks are in
``rmt_utils.nets``, forecasts for images of yours in ``rmt_utils.forecast``, comparisons of two models in
``rmt_utils.comparison``; the command is ``rmt``. Every formula is derived in the book that this package belongs to.
"""

from rmt_utils.data.photographs import patch_spectrum
from rmt_utils.data.sources import flatten, load_images
from rmt_utils.data.splits import component_splits, iid_splits, region_splits
from rmt_utils.models.fragile import flip_law, fragility
from rmt_utils.models.mixture import Mixture
from rmt_utils.theory.degrees import df1, df2
from rmt_utils.theory.functions import (
    mean_estimate_variance,
    seed_variance,
    spectral_kernel,
    spectral_mean,
    spectral_variance,
)
from rmt_utils.theory.gaussian.integrals import square_root_mean_by_integral, square_root_variance_by_integral
from rmt_utils.theory.kappa import solve_kappa
from rmt_utils.theory.one_point import denoiser_gain, resolvent_mean, spectral_density
from rmt_utils.theory.population.samples import Population
from rmt_utils.theory.samplers import (
    denoiser,
    early_stopped_map,
    edm_sigmas,
    euler_map,
    exact_map,
    flow_map,
    heun_map,
    matrix_power,
)
from rmt_utils.theory.spectrum import Spectrum
from rmt_utils.theory.two_point import denoiser_mode_variance, denoiser_variance, resolvent_two_point

__version__ = "0.2.0"

__all__ = [
    "Mixture",
    "Population",
    "Spectrum",
    "__version__",
    "component_splits",
    "denoiser",
    "denoiser_gain",
    "denoiser_mode_variance",
    "denoiser_variance",
    "df1",
    "df2",
    "early_stopped_map",
    "edm_sigmas",
    "euler_map",
    "exact_map",
    "flatten",
    "flip_law",
    "flow_map",
    "fragility",
    "heun_map",
    "iid_splits",
    "load_images",
    "matrix_power",
    "mean_estimate_variance",
    "patch_spectrum",
    "region_splits",
    "resolvent_mean",
    "resolvent_two_point",
    "seed_variance",
    "solve_kappa",
    "spectral_density",
    "spectral_kernel",
    "spectral_mean",
    "spectral_variance",
    "square_root_mean_by_integral",
    "square_root_variance_by_integral",
]

"""Random matrix theory of linear diffusion models: why models trained on different data agree."""

from rmt_utils.data.photographs import patch_spectrum
from rmt_utils.data.sources import flatten, load_images
from rmt_utils.data.splits import component_splits, iid_splits, region_splits
from rmt_utils.models.fragile import flip_law, fragility
from rmt_utils.models.mixture import Mixture
from rmt_utils.theory.functions import (
    mean_estimate_variance,
    seed_variance,
    spectral_kernel,
    spectral_mean,
    spectral_variance,
)
from rmt_utils.theory.gaussian.integrals import square_root_mean_by_integral, square_root_variance_by_integral
from rmt_utils.theory.kappa import df1, df2, solve_kappa
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

__all__ = [
    "Mixture",
    "Population",
    "Spectrum",
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

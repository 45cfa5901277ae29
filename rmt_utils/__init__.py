"""Random matrix theory of linear diffusion models: why models trained on different data agree."""

from rmt_utils.data import flatten, load_images
from rmt_utils.equivalents import denoiser_gain, resolvent_mean, spectral_density
from rmt_utils.kappa import df1, df2, solve_kappa
from rmt_utils.maps import denoiser, edm_sigmas, exact_map, heun_map
from rmt_utils.photographs import patch_spectrum
from rmt_utils.spectrum import Spectrum
from rmt_utils.splits import component_splits, iid_splits

__all__ = [
    "Spectrum",
    "component_splits",
    "denoiser",
    "denoiser_gain",
    "df1",
    "df2",
    "edm_sigmas",
    "exact_map",
    "flatten",
    "heun_map",
    "iid_splits",
    "load_images",
    "patch_spectrum",
    "resolvent_mean",
    "solve_kappa",
    "spectral_density",
]

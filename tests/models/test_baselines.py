"""Baselines against samples, and against what must be so for one Gaussian."""

import numpy as np
import pytest

from rmt_utils import Spectrum, edm_sigmas, flatten, iid_splits, load_images
from rmt_utils.models import linear
from rmt_utils.models.agreement import mse_per_seed
from rmt_utils.models.baselines import linear_difference, mixture_difference, mixture_fragility


@pytest.fixture(scope="module")
def halves():
    images = flatten(load_images("digits")).astype(float)
    return [images[half] for half in iid_splits(len(images), 800, n_splits=2)]


def test_linear_difference_is_the_mean_over_seeds(halves):
    noise = linear.seed_noise(range(4000), 64)
    a, b = (linear.sample_heun(Spectrum.from_samples(one), noise, edm_sigmas(35)) for one in halves)
    found = mse_per_seed(a, b)
    assert abs(linear_difference(*halves) - found.mean()) < 4 * found.std() / np.sqrt(found.size)


def test_one_component_is_the_linear_model(halves):
    """But for 1e-4 that a component's covariance is given, a small part of the digits' variance."""
    noise = linear.seed_noise(range(64), 64)
    a, b = (linear.sample_heun(Spectrum.from_samples(one), noise, edm_sigmas(35)) for one in halves)
    found = mixture_difference(*halves, seeds=range(64), n_components=1)
    np.testing.assert_allclose(found, mse_per_seed(a, b), rtol=0.05)


def test_mixtures_have_seeds_that_show_something_else(halves):
    found = mixture_difference(*halves)
    assert found.shape == (256,)
    one = mixture_difference(*halves, n_components=1)
    assert np.median(found) < found.mean()
    assert found.max() / np.median(found) > 4 * one.max() / np.median(one)
    np.testing.assert_allclose(mixture_difference(*halves, seeds=[5]), found[[5]], rtol=1e-6)


def test_seeds_are_ranked_in_the_modes_that_hold_the_variance(halves):
    """Noise in all other modes, and what images have there, says nothing; a single Gaussian ranks nothing."""
    images, noise = halves[0], linear.seed_noise(range(40), 64)
    spectrum = Spectrum.from_samples(images)
    kept = int(np.sum(np.cumsum(spectrum.eigenvalues) < 0.95 * spectrum.trace)) + 1
    small = spectrum.eigenvectors[:, kept:]
    assert 20 < kept < 50
    found = mixture_fragility(images, noise, spectrum)
    np.testing.assert_allclose(mixture_fragility(images, noise - noise @ small @ small.T, spectrum), found, rtol=1e-9)
    large = spectrum.eigenvectors[:, : kept - 1]
    other = mixture_fragility(images, noise @ large @ large.T, spectrum)
    assert np.max(np.abs(other / found - 1)) > 1e-3
    assert mixture_fragility(images[:99], noise, spectrum).size == 0


def test_bad_input_is_named(halves):
    with pytest.raises(ValueError, match="at least 100 rows, got 60"):
        mixture_difference(halves[0], halves[1][:60])
    with pytest.raises(ValueError, match="images_b must have shape"):
        mixture_difference(halves[0], halves[1][:, :9])

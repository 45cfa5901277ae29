"""The mixture against what it abbreviates: a loop over components with solves, the linear model, quantiles."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from rmt_utils import Mixture, Spectrum, edm_sigmas
from rmt_utils.models import linear

SIGMAS = (80.0, 3.0, 0.5, 0.05)


def some_mixture(n_components=3, dim=5, seed=0):
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((n_components, dim, dim)) / np.sqrt(dim)
    weights = rng.uniform(0.2, 1.0, n_components)
    return Mixture(weights / weights.sum(), 2 * rng.standard_normal((n_components, dim)), factors @ factors.mT)


def looped(mixture, x, sigma):
    """The denoiser component by component, with solves."""
    dim = x.shape[1]
    logs, means = [], []
    for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.covariances, strict=True):
        noisy = covariance + sigma**2 * np.eye(dim)
        solved = np.linalg.solve(noisy, (x - mean).T).T
        logs.append(np.log(weight) - (np.linalg.slogdet(noisy)[1] + ((x - mean) * solved).sum(axis=1)) / 2)
        means.append(mean + solved @ covariance)
    shares = np.exp(logs - np.max(logs, axis=0))
    return np.einsum("kn,knd->nd", shares / shares.sum(axis=0), means)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_denoiser_is_the_loop_over_components(sigma):
    mixture = some_mixture()
    x = mixture.means[[0, 1, 2, 0]] + np.random.default_rng(1).standard_normal((4, 5)) * (1 + sigma)
    np.testing.assert_allclose(mixture.denoise(x, sigma), looped(mixture, x, sigma), atol=1e-10)
    grouped = mixture.denoise(x.reshape(2, 2, 5), sigma)
    np.testing.assert_array_equal(grouped.reshape(4, 5), mixture.denoise(x, sigma))


def test_sample_is_heuns_method_with_that_denoiser():
    mixture, noise, sigmas = some_mixture(), linear.seed_noise(range(6), 5), edm_sigmas(35)
    x = sigmas[0] * noise
    for sigma, following in pairwise(sigmas):
        slope = (x - looped(mixture, x, sigma)) / sigma
        ahead = x + (following - sigma) * slope
        if following > 0:
            slope = (slope + (ahead - looped(mixture, ahead, following)) / following) / 2
        x = x + (following - sigma) * slope
    np.testing.assert_allclose(mixture.sample(noise), x, atol=1e-10)
    path = mixture.path(noise)
    assert path.shape == (36, 6, 5)
    np.testing.assert_array_equal(path[0], sigmas[0] * noise)
    np.testing.assert_array_equal(path[-1], mixture.sample(noise))


def test_one_component_is_the_linear_model():
    samples = np.random.default_rng(0).standard_normal((40, 6)) * np.arange(1, 7) + 3
    model, noise = Spectrum.from_samples(samples), linear.seed_noise(range(5), 6)
    mixture = Mixture([1.0], [samples.mean(axis=0)], [np.cov(samples.T)])
    for sigma in SIGMAS:
        expected = linear.denoise(model, sigma * noise, sigma**2)
        np.testing.assert_allclose(mixture.denoise(sigma * noise, sigma), expected, atol=1e-10)
    np.testing.assert_allclose(mixture.sample(noise), linear.sample_heun(model, noise), atol=1e-9)


def test_in_one_dimension_a_sample_is_the_quantile_of_its_seed():
    mixture = Mixture([0.3, 0.7], [[-1.0], [1.0]], [[[0.04]], [[0.09]]])
    seeds = np.array([[-1.5], [-0.7], [-0.45], [0.1], [1.3]])

    def distribution(x, sigma):
        spreads = np.sqrt(mixture.covariances.ravel() + sigma**2)
        return ndtr((x - mixture.means.ravel()) / spreads) @ mixture.weights

    # Heun's error falls with the square of the step: 2000 steps leave less than 1e-4
    found = mixture.sample(seeds, edm_sigmas(2000))
    np.testing.assert_allclose(distribution(found, 0.0), distribution(80.0 * seeds, 80.0), atol=1e-4)


def test_responsibilities_are_bayes_rule():
    mixture = some_mixture()
    x = np.random.default_rng(1).standard_normal((7, 5))
    for sigma in (0.0, 0.7):
        noise = sigma**2 * np.eye(5)
        densities = [
            weight * multivariate_normal.pdf(x, mean, covariance + noise)
            for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
        ]
        expected = (densities / np.sum(densities, axis=0)).T
        np.testing.assert_allclose(mixture.responsibilities(x, sigma), expected, atol=1e-10)
    assert mixture.responsibilities(np.empty((0, 5))).shape == (0, 3)
    found = mixture.along(x.reshape(7, 1, 5)[[2, 3]], [0.0, 0.7])
    np.testing.assert_allclose(found[1, 0], expected[3], atol=1e-10)
    with pytest.raises(ValueError, match="zip"):
        mixture.along(x, [0.7])


def test_memory_is_bounded_by_blocks_that_change_nothing(monkeypatch):
    mixture = some_mixture()
    x = np.random.default_rng(1).standard_normal((50, 5))
    whole = mixture.denoise(x, 0.5), mixture.responsibilities(x, 0.5)
    monkeypatch.setattr("rmt_utils.models.mixture.BLOCK", 60)  # 4 rows at a time
    np.testing.assert_allclose(mixture.denoise(x, 0.5), whole[0], atol=1e-14)
    np.testing.assert_allclose(mixture.responsibilities(x, 0.5), whole[1], atol=1e-14)


def test_fit_finds_the_mixture_that_made_the_samples():
    rng = np.random.default_rng(0)
    truth = Mixture(
        [0.2, 0.3, 0.5],
        [[-4.0, 0.0], [0.0, 4.0], [4.0, 0.0]],
        [np.diag([1.0, 0.25]), np.eye(2) * 0.5, [[1.0, 0.6], [0.6, 1.0]]],
    )
    n = 40_000
    labels = rng.choice(3, n, p=truth.weights)
    factors = np.linalg.cholesky(truth.covariances)
    samples = truth.means[labels] + np.einsum("nij,nj->ni", factors[labels], rng.standard_normal((n, 2)))
    fitted = Mixture.fit(samples, 3)
    order = fitted.means[:, 0].argsort()
    # 4 standard errors of a weight and of a mean, and the 2.4% (8000 images) that shrinkage moves a covariance
    np.testing.assert_allclose(fitted.weights[order], truth.weights, atol=4 * 0.5 / np.sqrt(n))
    np.testing.assert_allclose(fitted.means[order], truth.means, atol=4 / np.sqrt(0.2 * n))
    np.testing.assert_allclose(fitted.covariances[order], truth.covariances, atol=0.024 * 0.75 + 4 * np.sqrt(2 / 8000))


def test_covariances_are_shrunk_towards_the_pooled_one():
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((400, 3)) * [1.0, 2.0, 3.0]
    samples[300:] *= 0.1
    names = np.eye(2)[np.r_[np.zeros(300, int), np.ones(100, int)]]
    fitted = Mixture.fit(samples, 2, n_iterations=0, responsibilities=names)
    own = [np.cov(part.T, bias=True) for part in (samples[:300], samples[300:])]
    pooled = 0.75 * own[0] + 0.25 * own[1]
    expected = [0.6 * own[0] + 0.4 * pooled, own[1] / 3 + pooled * 2 / 3]
    np.testing.assert_allclose(fitted.covariances, expected + 1e-4 * np.eye(3), atol=1e-12)
    np.testing.assert_allclose(fitted.weights, [0.75, 0.25])


def test_fit_from_responsibilities_keeps_the_components_names():
    samples = np.concatenate([np.random.default_rng(0).normal(place, 0.3, (200, 2)) for place in (-3, 0, 3)])
    first = Mixture.fit(samples, 3)
    again = Mixture.fit(samples[::2], 3, n_iterations=3, responsibilities=first.responsibilities(samples[::2]))
    np.testing.assert_allclose(again.means, first.means, atol=4 * 0.3 / np.sqrt(100))


def test_fit_is_the_same_for_the_same_seed_and_not_for_another():
    samples = np.random.default_rng(0).standard_normal((300, 4))
    np.testing.assert_array_equal(Mixture.fit(samples, 5, seed=1).means, Mixture.fit(samples, 5, seed=1).means)
    assert np.abs(Mixture.fit(samples, 5, seed=1).means - Mixture.fit(samples, 5, seed=2).means).max() > 0.01


def test_a_component_of_one_image_is_no_trouble():
    samples = np.vstack([np.random.default_rng(0).standard_normal((50, 3)), [[100.0, 0.0, 0.0]]])
    fitted = Mixture.fit(samples, 2)
    assert np.isclose(fitted.weights.min(), 1 / 51)
    assert np.isfinite(fitted.sample(linear.seed_noise(range(3), 3))).all()


def test_a_mixture_keeps_its_own_copy():
    means = np.zeros((1, 2))
    mixture = Mixture([1.0], means, np.eye(2)[None])
    means += 1
    assert not mixture.means.any()
    with pytest.raises(ValueError, match="read-only"):
        mixture.means += 1


ONE = ([1.0], [[0.0, 0.0]], [np.eye(2)])
SAMPLES = np.random.default_rng(0).standard_normal((10, 2))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: Mixture([0.5], *ONE[1:]), "weights"),
        (lambda: Mixture([1.0, 0.0], [[0.0], [1.0]], [[[1.0]], [[1.0]]]), "weights"),
        (lambda: Mixture([0.5, 0.5], *ONE[1:]), "weights"),
        (lambda: Mixture([1.0], [[0.0, np.nan]], [np.eye(2)]), "means"),
        (lambda: Mixture([1.0], [[0.0, 0.0]], [np.eye(3)]), "covariances"),
        (lambda: Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.0, 1.0]]]), "covariances"),
        (lambda: Mixture([1.0], [[0.0, 0.0]], [np.diag([1.0, -1.0])]), "covariances"),
        (lambda: Mixture(*ONE).denoise([[0.0, 0.0, 0.0]], 1.0), "x"),
        (lambda: Mixture(*ONE).denoise([[0.0, 0.0]], 0.0), "sigma"),
        (lambda: Mixture(*ONE).denoise([[0.0, 0.0]], [1.0, 2.0]), "sigma"),
        (lambda: Mixture([1.0], [[0.0]], [[[0.0]]]).responsibilities([[0.0]]), "sigma"),
        (lambda: Mixture(*ONE).sample([0.0, 0.0]), "noise"),
        (lambda: Mixture(*ONE).sample([[0.0, 0.0]], [1.0, 2.0, 0.0]), "sigmas"),
        (lambda: Mixture.fit(SAMPLES, 0), "n_components"),
        (lambda: Mixture.fit(SAMPLES, 11), "n_components"),
        (lambda: Mixture.fit(np.zeros((10, 2)), 2), "n_components"),
        (lambda: Mixture.fit(SAMPLES[0], 1), "samples"),
        (lambda: Mixture.fit(SAMPLES, 2, n_iterations=-1), "n_iterations"),
        (lambda: Mixture.fit(SAMPLES, 2, responsibilities=np.ones((10, 2))), "responsibilities"),
    ],
)
def test_bad_input_is_named(call, named):
    with pytest.raises(ValueError, match=rf"^{named}\b"):
        call()

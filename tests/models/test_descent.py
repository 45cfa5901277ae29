"""Gradient descent against its loop, its flow and the laws of early stopping; the initialisation's part."""

import numpy as np
import pytest

from rmt_utils import (
    Population,
    Spectrum,
    early_stopped_map,
    edm_sigmas,
    flatten,
    heun_map,
    iid_splits,
    load_images,
    patch_spectrum,
    spectral_mean,
    spectral_variance,
)
from rmt_utils.models.descent import gradient_descent, initial_response, over_times, sampler, trained
from rmt_utils.models.simulation import gaussian_factor

SIGMAS = edm_sigmas(10)
COVARIANCE = np.cov(np.random.default_rng(0).standard_normal((6, 30)) * np.arange(1.0, 7.0)[:, None])


def test_doublings_are_the_steps_of_a_loop_over_gradients():
    start, rate, pixel = np.random.default_rng(1).standard_normal((6, 6)), 0.05, 1.5
    for index, sigma in enumerate(SIGMAS[:-1]):
        total = sigma**2 + pixel**2
        skip, out, inner = pixel**2 / total, sigma * pixel / np.sqrt(total), 1 / np.sqrt(total)
        noisy, weights = COVARIANCE + sigma**2 * np.eye(6), start
        for _ in range(64):
            # the gradient of half E |W c_in x - (x_0 - c_skip x) / c_out|^2
            weights = weights - rate * (inner**2 * weights @ noisy - inner * (COVARIANCE - skip * noisy) / out)
        *_, (steps, denoisers) = gradient_descent(COVARIANCE, SIGMAS, pixel, rate, 6, start)
        assert steps == 64
        np.testing.assert_allclose(denoisers[index], skip * np.eye(6) + out * inner * weights, atol=1e-10)


def test_trained_models_are_those_of_the_steps_that_their_times_ask_for():
    values, vectors = np.linalg.eigh(COVARIANCE)
    model, start = Spectrum(values[::-1], eigenvectors=vectors[:, ::-1]), 0.1 * np.eye(6)
    samples = trained(model, SIGMAS, 2.0, [0.4, 1.6], start, doublings=3)
    by_steps = dict(gradient_descent(COVARIANCE, SIGMAS, 2.0, 0.05, 5, start))
    for found, steps in zip(samples, (8, 32), strict=True):
        np.testing.assert_allclose(found, SIGMAS[0] * sampler(by_steps[steps], SIGMAS).T, atol=1e-8)
    with pytest.raises(ValueError, match=r"^times must be powers of two of the first"):
        trained(model, SIGMAS, 2.0, [0.4, 1.0])


def test_small_steps_are_the_flow_and_many_the_end():
    values, vectors = np.linalg.eigh(COVARIANCE)
    for steps, denoisers in gradient_descent(COVARIANCE, SIGMAS, 2.0, 1e-5, 30):
        found = np.diag(vectors.T @ sampler(denoisers, SIGMAS) @ vectors)
        # the largest curvature is 10: a step of the flow is 1e-4 of its time, its square 1e-8
        np.testing.assert_allclose(found, early_stopped_map(SIGMAS, steps * 1e-5, 2.0)(values), rtol=2e-3)
    np.testing.assert_allclose(found, heun_map(SIGMAS)(values), rtol=1e-6)


def test_response_is_the_derivative_by_the_initial_weights():
    values, rate, size = np.array([9.0, 1.0, 0.1, 0.0]), 1e-4, 1e-6
    start = np.random.default_rng(2).standard_normal((4, 4))
    runs = zip(
        *(gradient_descent(np.diag(values), SIGMAS, 1.0, rate, 14, sign * size * start) for sign in (1, -1)),
        strict=True,
    )
    for (steps, plus), (_, minus) in runs:
        found = (sampler(plus, SIGMAS) - sampler(minus, SIGMAS)) / (2 * size)
        expected = start * initial_response(values, SIGMAS, steps * rate, 1.0)
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-8 * np.abs(expected).max())


LAWS = {"power law": Spectrum.power_law(120, 1.2), "natural patches": patch_spectrum(11, color=False)}
N, N_DRAWS, TAUS = 100, 400, (0.1, 0.8, 12.8, 102.4, 819.2)


def drawn(law, rng):
    """Eigenvalues and vectors of the covariance of N Gaussian samples: (modes,) and (modes, modes)."""
    factor = gaussian_factor(law, N, rng)
    values, vectors = np.linalg.eigh(factor.T @ factor)
    return np.maximum(values, 0), vectors


@pytest.mark.parametrize("name", LAWS)
def test_descent_samples_what_the_closed_form_says_for_the_same_images(name):
    law, sigmas = LAWS[name], edm_sigmas(18)
    pixel = np.sqrt(law.trace / law.dim)
    values, vectors = drawn(law, np.random.default_rng(0))
    # 128 steps to the first tau; the top curvature is 40, so that a step is 3% of the flow's time there
    runs = gradient_descent((vectors * values) @ vectors.T, sigmas, pixel, TAUS[0] / 128, 20)
    wanted = {round(tau / TAUS[0] * 128): tau for tau in TAUS}
    for tau, denoisers in ((wanted[steps], denoisers) for steps, denoisers in runs if steps in wanted):
        expected = (vectors * early_stopped_map(sigmas, tau, pixel)(values)) @ vectors.T
        assert np.abs(sampler(denoisers, sigmas) - expected).max() < 2e-3 * np.abs(expected).max()


def test_a_law_over_times_is_that_of_the_map_at_each():
    law, sigmas = next(iter(LAWS.values())), edm_sigmas(6)
    found = over_times(spectral_variance, law, N, sigmas, TAUS)
    for tau, at in zip(TAUS, found, strict=True):
        f = early_stopped_map(sigmas, tau, np.sqrt(law.trace / law.dim))
        np.testing.assert_allclose(at, spectral_variance(f, law, N), rtol=1e-12)


@pytest.mark.parametrize("name", LAWS)
def test_laws_of_early_stopping_match_simulation(name):
    law, sigmas, rng = LAWS[name], edm_sigmas(18), np.random.default_rng(1)
    maps = [early_stopped_map(sigmas, tau, np.sqrt(law.trace / law.dim)) for tau in TAUS]
    outputs = np.empty((len(maps), N_DRAWS, law.dim, law.dim), dtype=np.float32)
    for draw in range(N_DRAWS):
        values, vectors = drawn(law, rng)
        for place, f in enumerate(maps):
            outputs[place, draw] = 80 * (vectors * f(values)) @ vectors.T
    for f, found in zip(maps, outputs, strict=True):
        gains = np.diagonal(found, axis1=1, axis2=2)
        error = gains.std(axis=0) / np.sqrt(N_DRAWS)
        expected = 80 * spectral_mean(f, law, N)
        assert (np.abs(gains.mean(axis=0) - expected) < 0.015 * expected + 3 * error).all()
        squares = np.square(found - found.mean(axis=0)).sum(axis=2)  # (draws, modes)
        for first in (0, 10):  # the top mode of patches has most of the variance, and of the simulation's error
            each, total = squares[:, first:].sum(axis=1), 6400 * spectral_variance(f, law, N)[first:].sum()
            assert abs(each.mean() - total) < 0.03 * total + 3 * each.std() / np.sqrt(N_DRAWS)
    naive = 80 * f(law.eigenvalues)  # kappa = sigma^2: fails late, when small modes are learned
    assert (np.abs(gains.mean(axis=0) - naive) > 0.05 * naive).any()


def test_laws_of_early_stopping_match_simulation_of_images():
    # Chapter 6 has the same at 14 x 14 pixels; here the images are small for speed
    law = Population(flatten(load_images("natural-patches", 6, 4000, color=False, seed=1)).astype(float))
    n, f = 60, early_stopped_map(edm_sigmas(18), 3.0, np.sqrt(law.spectrum.trace / law.dim))
    rows = [law.coordinates[part] for seed in range(4) for part in iid_splits(4000, n, 60, seed)]
    values, vectors = np.linalg.eigh(np.stack([part.T @ part / n for part in rows]))
    outputs = (vectors * f(np.maximum(values, 0))[:, None]) @ vectors.swapaxes(1, 2)
    gains = np.diagonal(outputs, axis1=1, axis2=2)
    np.testing.assert_allclose(gains.mean(axis=0), spectral_mean(f, law, n), rtol=0.02)
    each = np.square(outputs - outputs.mean(axis=0)).sum(axis=(1, 2))
    total, gaussian = (spectral_variance(f, one, n).sum() for one in (law, law.spectrum))
    # sets of n out of N share a part n/N of their images, and vary less by as much
    assert abs(each.mean() / (1 - n / 4000) / total - 1) < 0.05 + 3 * each.std() / each.mean() / np.sqrt(240)
    assert each.mean() > 1.1 * gaussian


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, 100.0])
def test_a_learning_rate_that_cannot_learn_is_named(rate):
    with pytest.raises(ValueError, match="learning_rate"):
        next(gradient_descent(COVARIANCE, SIGMAS, 1.0, rate, 3))

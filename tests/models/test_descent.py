"""Gradient descent against its loop, its flow and the laws of early stopping; the initialisation's part."""

import numpy as np
import pytest

from rmt_utils import (
    Population,
    Spectrum,
    early_stopped_map,
    edm_sigmas,
    heun_map,
    patch_spectrum,
    spectral_mean,
    spectral_variance,
)
from rmt_utils.models.descent import gradient_descent, initial_response, sampler
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
    runs = zip(*(gradient_descent(np.diag(values), SIGMAS, 1.0, rate, 14, sign * size * start) for sign in (1, -1)))
    for (steps, plus), (_, minus) in runs:
        found = (sampler(plus, SIGMAS) - sampler(minus, SIGMAS)) / (2 * size)
        expected = start * initial_response(values, SIGMAS, steps * rate, 1.0)
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, 100.0])
def test_a_learning_rate_that_cannot_learn_is_named(rate):
    with pytest.raises(ValueError, match="learning_rate"):
        next(gradient_descent(COVARIANCE, SIGMAS, 1.0, rate, 3))

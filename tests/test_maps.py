"""Sampling maps against loops over denoiser calls."""

from itertools import pairwise

import numpy as np
import pytest

from rmt_utils import Spectrum, edm_sigmas, euler_map, exact_map, flow_map, linear, matrix_power


@pytest.fixture(params=[6, 40], ids=["n < d", "n > d"])
def model(request):
    rng = np.random.default_rng(1)
    return Spectrum.from_samples(rng.standard_normal((request.param, 10)) * np.arange(1, 11) + 3)


@pytest.mark.parametrize("n_steps", [2, 5, 35])
def test_euler_is_a_loop_over_denoiser_calls(model, n_steps):
    sigmas = edm_sigmas(n_steps)
    x = start = sigmas[0] * np.random.default_rng(0).standard_normal((2, 10))
    for sigma, following in pairwise(sigmas):
        x = x + (following - sigma) * (x - linear.denoise(model, x, sigma**2)) / sigma
    np.testing.assert_allclose(linear.apply(euler_map(sigmas), model, start), x, atol=1e-9)


@pytest.mark.parametrize("times", [np.linspace(1, 0, 9), [1.0, 0.9, 0.2, 0.01, 0.0], [1.0, 0.0]])
def test_flow_is_a_loop_over_velocities(model, times):
    x = noise = np.random.default_rng(0).standard_normal((2, 10))
    for time, following in pairwise(times):
        if time == 1:
            clean = np.broadcast_to(model.mean, x.shape)
        else:  # x_t / (1 - t) is the data plus noise of variance (t / (1 - t))^2
            clean = linear.denoise(model, x / (1 - time), (time / (1 - time)) ** 2)
        x = x + (following - time) * ((x - (1 - time) * clean) / time - clean)
    np.testing.assert_allclose(linear.apply(flow_map(times), model, model.mean + noise), x, atol=1e-9)


def test_first_order_maps_converge_to_the_exact_ones():
    s = np.logspace(0, 2, 9)
    for exact, at in (
        (exact_map(80.0), lambda n: euler_map(edm_sigmas(n))),
        (np.sqrt, lambda n: flow_map(np.linspace(1, 0, n + 1))),
    ):
        errors = [np.abs(at(n)(s) / exact(s) - 1).max() for n in (100, 200, 400)]
        assert errors[0] / errors[1] == pytest.approx(2, rel=0.15)
        assert errors[1] / errors[2] == pytest.approx(2, rel=0.15)


def test_maps_accept_complex_arguments_of_any_shape():
    s = np.array([[1.0, 2.0], [0.0, 4.0]])
    for f in (euler_map(edm_sigmas(5)), flow_map([1.0, 0.5, 0.0]), matrix_power(0.3)):
        np.testing.assert_allclose(f(s + 0j), f(s))
        np.testing.assert_allclose(f(s.conj() + 1j), f(s - 1j).conj())


def test_powers_multiply():
    np.testing.assert_allclose(matrix_power(0.3)(7.0) * matrix_power(0.7)(7.0), matrix_power(1)(7.0))


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("sigmas", lambda: euler_map([1.0, 2.0, 0.0])),
        ("sigmas", lambda: euler_map([1.0, 0.5])),
        ("times", lambda: flow_map([1.0, 1.0, 0.0])),
        ("times", lambda: flow_map([0.9, 0.0])),
        ("times", lambda: flow_map([1.0])),
        ("alpha", lambda: matrix_power(0.0)),
        ("alpha", lambda: matrix_power(1.5)),
    ],
)
def test_bad_arguments_are_named(argument, call):
    with pytest.raises(ValueError, match=argument):
        call()

"""The linear model against what it abbreviates: a matrix solve, an ODE solver, a loop over denoiser calls."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from rmt_utils import Spectrum, edm_sigmas, euler_map, exact_map, flow_map, heun_map, matrix_power
from rmt_utils.models import linear


@pytest.fixture(params=[6, 40], ids=["n < d", "n > d"])
def model(request):
    rng = np.random.default_rng(1)
    return Spectrum.from_samples(rng.standard_normal((request.param, 10)) * np.arange(1, 11) + 3)


def covariance(model):
    rank = model.eigenvectors.shape[1]
    return (model.eigenvectors * model.eigenvalues[:rank]) @ model.eigenvectors.T


def test_denoiser_is_the_matrix_formula(model):
    x = np.random.default_rng(0).standard_normal((3, 4, 10))
    matrix = covariance(model) @ np.linalg.inv(covariance(model) + 0.7 * np.eye(10))
    np.testing.assert_allclose(linear.denoise(model, x, 0.7), model.mean + (x - model.mean) @ matrix.T, atol=1e-12)


def test_a_function_of_the_covariance_is_a_matrix(model):
    x, f = np.random.default_rng(0).standard_normal((3, 10)), exact_map(80.0)
    expected = linear.apply(f, model, x)
    np.testing.assert_allclose(model.mean + (x - model.mean) @ linear.as_matrix(f, model), expected, atol=1e-12)


def test_exact_sample_solves_the_probability_flow_equation(model):
    noise = np.random.default_rng(0).standard_normal(10)

    def velocity(log_sigma, x):  # in log(sigma) the equation is smooth down to small noise
        sigma = np.exp(log_sigma)
        return x - linear.denoise(model, x, sigma**2)

    ends = np.log(80.0), np.log(1e-5)
    path = solve_ivp(velocity, ends, 80.0 * noise, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(path.y[:, -1], linear.sample(model, noise), atol=1e-3)
    held = linear.apply(exact_map(80.0, 1e-5), model, 80.0 * noise)
    np.testing.assert_allclose(path.y[:, -1], held, atol=1e-7)


@pytest.mark.parametrize("n_steps", [2, 5, 35])
def test_heun_sample_is_a_loop_over_denoiser_calls(model, n_steps):
    sigmas = edm_sigmas(n_steps)
    noise = np.random.default_rng(0).standard_normal((2, 10))
    x = sigmas[0] * noise
    for sigma, following in pairwise(sigmas):
        slope = (x - linear.denoise(model, x, sigma**2)) / sigma
        moved = x + (following - sigma) * slope
        if following > 0:
            slope = (slope + (moved - linear.denoise(model, moved, following**2)) / following) / 2
            moved = x + (following - sigma) * slope
        x = moved
    np.testing.assert_allclose(linear.sample_heun(model, noise, sigmas), x, atol=1e-9)


def test_any_sampler_starts_where_its_map_does(model):
    noise, sigmas = np.random.default_rng(0).standard_normal((2, 3, 10)), edm_sigmas(7)
    for f, expected in {
        exact_map(80.0): linear.sample(model, noise),
        heun_map(sigmas): linear.sample_heun(model, noise, sigmas),
        euler_map([3.0, 1.0]): linear.apply(euler_map([3.0, 1.0]), model, 3 * noise),
    }.items():
        np.testing.assert_array_equal(linear.sample_by(f, model, noise), expected)
    assert exact_map(80.0, 0.1).start == heun_map(sigmas).start == 80.0


def test_a_flow_adds_the_mean_at_the_end(model):
    noise = np.random.default_rng(0).standard_normal((3, 10))
    for f in (flow_map([1.0, 0.5, 0.0]), matrix_power(0.25)):
        assert f.start is None
        matrix = linear.apply(f, Spectrum(model.eigenvalues, eigenvectors=model.eigenvectors), np.eye(10))
        np.testing.assert_allclose(linear.sample_by(f, model, noise), model.mean + noise @ matrix, atol=1e-10)


def test_unrelated_samples_differ_by_twice_the_variance():
    model = Spectrum.from_samples(np.random.default_rng(0).standard_normal((20, 10)) * np.arange(1, 11) + 3)
    one, two = (linear.sample(model, linear.seed_noise(range(k, k + 4000), 10), 1e6) for k in (0, 4000))
    assert np.square(one - two).mean() == pytest.approx(linear.unrelated(model), rel=0.05)


def test_heun_takes_35_steps_unless_told(model):
    noise = np.random.default_rng(0).standard_normal((2, 10))
    np.testing.assert_array_equal(linear.sample_heun(model, noise), linear.sample_heun(model, noise, edm_sigmas(35)))


def test_heun_converges_to_the_exact_map():
    s = np.logspace(0, 2, 9)  # far above sigma_min^2, where the last step's own error would show
    errors = [np.abs(heun_map(edm_sigmas(n))(s) / exact_map(80.0)(s) - 1).max() for n in (40, 80, 160)]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.2)  # second order
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.2)


def test_maps_accept_complex_arguments():
    s = np.array([1.0, 2.0])
    for f in (heun_map(edm_sigmas(5)), exact_map(80.0, 0.01)):
        np.testing.assert_allclose(f(s + 0j), f(s))


def test_edm_grid_has_the_published_ends():
    sigmas = edm_sigmas(18)
    assert sigmas.shape == (19,)
    np.testing.assert_allclose(sigmas[[0, -2, -1]], [80.0, 0.002, 0.0])


@pytest.mark.parametrize("rho", [1.0, 3.0, 7.0, 20.0])
def test_edm_grid_is_even_in_a_power(rho):
    sigmas = edm_sigmas(9, sigma_max=50.0, sigma_min=0.1, rho=rho)
    assert (sigmas[0], sigmas[-1]) == (pytest.approx(50.0), 0.0)
    even = np.diff(sigmas[:-1] ** (1 / rho))
    np.testing.assert_allclose(even, (0.1 ** (1 / rho) - 50 ** (1 / rho)) / 8, rtol=1e-12)


def test_edm_grid_has_the_published_power():
    np.testing.assert_array_equal(edm_sigmas(18), edm_sigmas(18, rho=7.0))
    # Karras et al. (2022), eq. (5), i = 9 of N = 18
    middle = (80 ** (1 / 7) + 9 / 17 * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7
    assert edm_sigmas(18)[9] == pytest.approx(middle)


def test_seed_noise_depends_on_the_seed_alone():
    both = linear.seed_noise([4, 9], 6)
    np.testing.assert_array_equal(both[1], linear.seed_noise([9], 6)[0])
    assert not np.array_equal(both[0], both[1])
    assert linear.seed_noise([], 6).shape == (0, 6)


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("model", lambda: linear.denoise(Spectrum([1.0]), [1.0], 1.0)),
        ("x", lambda: linear.denoise(Spectrum([1.0], eigenvectors=[[1.0]]), [1.0, 2.0], 1.0)),
        ("sigma2", lambda: linear.denoise(Spectrum([1.0], eigenvectors=[[1.0]]), [1.0], 0.0)),
        ("sigmas", lambda: linear.sample_heun(Spectrum([1.0], eigenvectors=[[1.0]]), [1.0], "fine")),
        ("sigmas", lambda: linear.sample_heun(Spectrum([1.0], eigenvectors=[[1.0]]), [1.0], [])),
        ("seeds", lambda: linear.seed_noise([-1], 3)),
        ("seeds", lambda: linear.seed_noise([0.5], 3)),
        ("sigma_min", lambda: exact_map(1.0, 2.0)),
        ("sigma_max", lambda: exact_map(0.0)),
        ("sigmas", lambda: heun_map([1.0, 2.0, 0.0])),
        ("sigmas", lambda: heun_map([1.0, -0.5])),
        ("n_steps", lambda: edm_sigmas(1)),
        ("sigma_max", lambda: edm_sigmas(5, sigma_max=0.001)),
    ],
)
def test_bad_arguments_are_named(argument, call):
    with pytest.raises(ValueError, match=argument):
        call()

"""Sampling maps against loops over denoiser calls."""

import pickle
import re
from dataclasses import FrozenInstanceError, astuple, fields
from itertools import pairwise

import numpy as np
import pytest

from rmt_utils import (
    Spectrum,
    denoiser,
    early_stopped_map,
    edm_sigmas,
    euler_map,
    exact_map,
    flow_map,
    heun_map,
    matrix_power,
    spectral_variance,
)
from rmt_utils.models import linear
from rmt_utils.theory import maps


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


@pytest.mark.parametrize("sigmas", [[5.0, 2.0, 1.0], [5.0, 2.0, 1.0, 0.0], [0.3, 0.2], [2.0, 0.0]])
def test_parts_of_a_trajectory_are_single_steps_of_one_eigenvalue(sigmas):
    s = np.array([0.0, 0.3, 7.0])

    def slope(x, sigma):
        return (x - s / (s + sigma**2) * x) / sigma

    euler = heun = np.ones(3)
    for sigma, following in pairwise(sigmas):
        euler = euler + (following - sigma) * slope(euler, sigma)
        trial = heun + (following - sigma) * slope(heun, sigma)
        if following:
            trial = heun + (following - sigma) * (slope(heun, sigma) + slope(trial, following)) / 2
        heun = trial
    np.testing.assert_allclose(euler_map(sigmas)(s), euler, atol=1e-14)
    np.testing.assert_allclose(heun_map(sigmas)(s), heun, atol=1e-14)


@pytest.mark.parametrize("tau", [0.0, 0.3, 20.0, 1e4])
@pytest.mark.parametrize("sigmas", [[5.0, 2.0, 1.0], [5.0, 2.0, 0.01, 0.0]])
def test_early_stopped_map_is_a_loop_over_denoisers_that_solve_the_gradient_flow(sigmas, tau):
    s, pixel = np.array([0.0, 0.3, 7.0]), 1.4

    def slope(x, sigma):
        total = pixel**2 + sigma**2
        skip, out, inner = pixel**2 / total, sigma * pixel / np.sqrt(total), 1 / np.sqrt(total)
        rate = inner**2 * (s + sigma**2)  # dW/dtau = target - rate W, from zero
        target = inner * (s - skip * (s + sigma**2)) / out
        weight = target / rate * -np.expm1(-tau * rate)
        return (x - (skip + out * weight * inner) * x) / sigma

    x = np.ones(3)
    for sigma, following in pairwise(sigmas):
        trial = x + (following - sigma) * slope(x, sigma)
        x = x + (following - sigma) * (slope(x, sigma) + slope(trial, following)) / 2 if following else trial
    np.testing.assert_allclose(early_stopped_map(sigmas, tau, pixel)(s), x, rtol=1e-11)


def test_early_stopped_map_ends_as_heun_and_begins_as_white_noise():
    s, sigmas = np.array([0.0, 1e-6, 0.3, 7.0, 1e4]), edm_sigmas(60)
    np.testing.assert_allclose(early_stopped_map(sigmas, np.inf, 0.5)(s), heun_map(sigmas)(s), rtol=1e-13)
    start = sigmas[0] * early_stopped_map(sigmas, 0.0, 0.5)(s)
    assert np.ptp(start) < 1e-12
    assert start[0] == pytest.approx(0.5, rel=0.01)  # 60 steps of Heun


@pytest.mark.parametrize("times", [[1.0, 0.7, 0.4], [0.9, 0.3, 0.0], [0.5, 0.2]])
def test_parts_of_a_flow_are_single_steps_of_one_eigenvalue(times):
    s, mean = np.array([0.0, 0.3, 7.0]), 2.0
    x = 0.5 + (1 - times[0]) * mean
    for time, following in pairwise(times):
        data, centred = 1 - time, x - (1 - time) * mean
        clean = mean + data * s / (data**2 * s + time**2) * centred  # posterior means of x_0 and of the noise
        noise = time / (data**2 * s + time**2) * centred
        x = x + (following - time) * (noise - clean)
    np.testing.assert_allclose(flow_map(times)(s) * 0.5, x - (1 - times[-1]) * mean, atol=1e-14)


def test_trajectories_are_products_of_their_parts():
    s, sigmas, times = np.logspace(-3, 2, 6), edm_sigmas(10), np.linspace(1, 0, 11)
    for at, grid in ((heun_map, sigmas), (euler_map, sigmas), (flow_map, times)):
        np.testing.assert_allclose(at(grid[:5])(s) * at(grid[4:])(s), at(grid)(s), rtol=1e-13)


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


MAPS = {
    "denoiser": lambda: denoiser(0.5),
    "exact": lambda: exact_map(80.0, 0.002),
    "heun": lambda: heun_map(np.array([5.0, 1.0, 0.0])),
    "early": lambda: early_stopped_map([5, 1, 0], 3, 0.5),
    "euler": lambda: euler_map([5, 1, 0]),
    "flow": lambda: flow_map(np.linspace(1, 0, 5)),
    "power": lambda: matrix_power(0.5),
}


@pytest.mark.parametrize("name", MAPS)
def test_maps_are_values(name):
    f, same = MAPS[name](), MAPS[name]()
    assert f == same
    assert len({f: 1, same: 2}) == 1
    assert len({make() for make in MAPS.values()}) == len(MAPS)
    again = pickle.loads(pickle.dumps(f))
    assert again == f
    assert again(3.0) == f(3.0)
    assert re.fullmatch(r"\w+\((\w+=[\d., ()]+)+\)", repr(f))
    assert eval(repr(f), vars(maps)) == f  # what is printed makes it again
    with pytest.raises(FrozenInstanceError):
        setattr(f, fields(f)[0].name, 1.0)


def test_the_grid_of_a_map_is_its_own():
    sigmas = np.array([5.0, 1.0, 0.0])
    f = heun_map(sigmas)
    before = f(2.0)
    sigmas *= 3
    assert f(2.0) == before
    assert f.sigmas == (5.0, 1.0, 0.0)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize(
    ("given", "kept"), [(np.float32, np.float64), (np.complex64, np.complex128), (np.int32, np.float64)]
)
def test_maps_compute_in_double_precision(name, given, kept):
    f, s = MAPS[name](), np.array([1, 3], dtype=given)
    assert f(s).dtype == kept
    np.testing.assert_array_equal(f(s), f(s.astype(kept)))
    assert isinstance(f(s[0]), kept)
    assert isinstance(f(3), np.float64)


@pytest.mark.parametrize("name", ["heun", "early", "euler", "flow"])
def test_steps_are_the_maps_of_the_grids_up_to_them(name):
    f, s = MAPS[name](), np.array([[0.0, 1.0], [30.0, 0.1]])
    grid, *rest = astuple(f)
    along = list(f.steps(s))
    assert len(along) == len(grid) - 1
    for end, at in enumerate(along, start=2):
        np.testing.assert_array_equal(at, type(f)(grid[:end], *rest)(s))
    np.testing.assert_array_equal(along[-1], f(s))


@pytest.mark.parametrize("s", ["noise", None, [True, False]])
def test_what_are_no_eigenvalues_is_named(s):
    for make in MAPS.values():
        with pytest.raises(ValueError, match="s must be real numbers"):
            make()(s)


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("sigmas", lambda: euler_map([1.0, 2.0, 0.0])),
        ("sigmas", lambda: euler_map([1.0, -0.5])),
        ("sigmas", lambda: heun_map([1.0, 1.0, 0.5])),
        ("sigmas", lambda: heun_map([[1.0, 0.0]])),
        ("sigmas", lambda: heun_map("fine")),
        ("sigmas", lambda: euler_map([np.nan, 0.0])),
        ("sigmas", lambda: early_stopped_map([1.0, 1.0], 1.0, 1.0)),
        ("tau", lambda: early_stopped_map([1.0, 0.0], -1.0, 1.0)),
        ("tau", lambda: early_stopped_map([1.0, 0.0], -np.inf, 1.0)),
        ("tau", lambda: early_stopped_map([1.0, 0.0], np.nan, 1.0)),
        ("tau", lambda: early_stopped_map([1.0, 0.0], [1.0], 1.0)),
        ("tau", lambda: early_stopped_map([1.0, 0.0], "long", 1.0)),
        ("sigma_data", lambda: early_stopped_map([1.0, 0.0], 1.0, 0.0)),
        ("sigma_data", lambda: early_stopped_map([1.0, 0.0], 1.0, np.inf)),
        ("times", lambda: flow_map([1.0, 1.0, 0.0])),
        ("times", lambda: flow_map([1.1, 0.0])),
        ("times", lambda: flow_map([0.0, 1.0])),
        ("times", lambda: flow_map([1.0])),
        ("times", lambda: flow_map([1.0, np.nan])),
        ("sigma2", lambda: denoiser([1.0, 2.0])),
        ("sigma2", lambda: denoiser(True)),
        ("sigma_max", lambda: exact_map(np.ones(2))),
        ("sigma_min", lambda: exact_map(1.0, "x")),
        ("sigma_min", lambda: exact_map(1.0, np.nan)),
        ("sigma_min", lambda: exact_map(1.0, [0.1, 0.2])),
        ("alpha", lambda: matrix_power([0.5])),
        ("n_steps", lambda: edm_sigmas(5.0)),
        ("sigma_min", lambda: edm_sigmas(5, sigma_min=0.0)),
        ("sigma_max", lambda: edm_sigmas(5, sigma_max=np.inf)),
        ("rho", lambda: edm_sigmas(5, rho=0.0)),
        ("rho", lambda: edm_sigmas(5, rho=np.nan)),
        ("alpha", lambda: matrix_power(0.0)),
        ("alpha", lambda: matrix_power(1.5)),
    ],
)
def test_bad_arguments_are_named(argument, call):
    with pytest.raises(ValueError, match=argument):
        call()


def test_a_model_that_is_hardly_trained_has_a_law():
    """Its map is nearly constant: what its steps round away is then much of what varies."""
    f, spectrum = early_stopped_map(edm_sigmas(5), 0.001, 0.5), Spectrum.power_law(100, 1.0)
    for n in (50, 300, 3000):
        assert (spectral_variance(f, spectrum, n) > 0).all()

"""What every law says of infinitely many samples, of no arguments at all, and of single numbers."""

import numpy as np
import pytest

from rmt_utils import (
    Population,
    Spectrum,
    denoiser_gain,
    denoiser_mode_variance,
    denoiser_variance,
    df1,
    df2,
    exact_map,
    mean_estimate_variance,
    resolvent_mean,
    resolvent_two_point,
    seed_variance,
    solve_kappa,
    spectral_density,
    spectral_kernel,
    spectral_mean,
    spectral_variance,
    square_root_mean_by_integral,
    square_root_variance_by_integral,
)

ROWS = np.random.default_rng(0).standard_normal((400, 3)) * [2.0, 1.0, 0.5]
SPECTRA = {"spectrum": Spectrum([4.0, 1.0, 0.25]), "population": Population(ROWS)}
F = exact_map(3.0, 0.1)
X = np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 1.0]])


@pytest.fixture(params=SPECTRA)
def spectrum(request):
    return SPECTRA[request.param]


def test_infinitely_many_samples_know_the_population(spectrum):
    values, sigma2, z = spectrum.eigenvalues, np.array([0.1, 2.0]), np.array([0.3, 1.0 + 2.0j])
    shrunk = values / (values + sigma2[:, None])
    np.testing.assert_allclose(denoiser_gain(spectrum, sigma2, np.inf), shrunk, rtol=1e-9)
    resolvent = z[:, None] / (values + z[:, None])
    np.testing.assert_allclose(resolvent_mean(z, spectrum, np.inf), resolvent, rtol=1e-9)
    np.testing.assert_allclose(spectral_mean(F, spectrum, np.inf), F(values), rtol=2e-6)
    smeared = np.mean((1 / (values - 1.5 * (1 + 0.2j))).imag) / np.pi
    assert spectral_density(1.5, spectrum, np.inf, width=0.2) == pytest.approx(smeared, rel=1e-9)


def test_infinitely_many_samples_do_not_vary(spectrum):
    for found in (
        spectral_variance(F, spectrum, np.inf),
        spectral_kernel(F, spectrum, np.inf),
        mean_estimate_variance(F, spectrum, np.inf),
        seed_variance(F, spectrum, np.inf, X),
        seed_variance(F, spectrum, np.inf, X, mean="known"),
        denoiser_variance(X, X, spectrum, [0.1, 1.0], np.inf),
        denoiser_mode_variance(X, spectrum, [0.1, 1.0], np.inf, mean="known"),
    ):
        np.testing.assert_array_equal(found, 0)


def test_many_samples_approach_the_limit(spectrum):
    many = 1e9
    np.testing.assert_allclose(spectral_mean(F, spectrum, many), spectral_mean(F, spectrum, np.inf), rtol=2e-6)
    np.testing.assert_allclose(denoiser_gain(spectrum, 0.1, many), denoiser_gain(spectrum, 0.1, np.inf), rtol=1e-7)
    sizes = np.array([100.0, many, np.inf])
    variance = denoiser_variance(X[0], X[1], spectrum, 0.1, sizes)
    assert 0 == variance[2] < variance[1] < 1e-6 * variance[0]


def test_the_papers_integrals_have_the_limit():
    spectrum = SPECTRA["spectrum"]
    np.testing.assert_allclose(square_root_mean_by_integral(spectrum, np.inf), [2, 1, 0.5], rtol=1e-12)
    assert square_root_variance_by_integral(X[0], X[1], spectrum, np.inf) == 0
    shrunk = X[0] / (spectrum.eigenvalues + 1)
    found = resolvent_two_point(X[0], np.eye(3), X[0], 1.0, 1.0, spectrum, np.inf)
    assert found == pytest.approx(shrunk @ shrunk)


def test_a_density_without_width_is_no_function_in_the_limit():
    with pytest.raises(ValueError, match=r"n_samples.*width"):
        spectral_density(1.0, SPECTRA["spectrum"], np.inf)


def test_no_noise_levels_give_no_rows(spectrum):
    assert denoiser_gain(spectrum, [], 10).shape == (0, 3)
    assert denoiser_gain(spectrum, np.ones((2, 0)), 10).shape == (2, 0, 3)
    assert denoiser_variance(X, X, spectrum, [], 10).shape == (0, 2)
    assert denoiser_mode_variance(X, spectrum, [], 10).shape == (0, 2, 3)
    assert resolvent_mean([], spectrum, 10).shape == (0, 3)
    assert spectral_density([], spectrum, 10, width=0.2).shape == (0,)


def test_numbers_give_numbers(spectrum):
    for found in (
        spectral_density(1.0, spectrum, 10, width=0.2),
        denoiser_variance(X[0], X[1], spectrum, 1.0, 10),
        denoiser_gain(spectrum, 1.0, 10)[0],
        df1(1.0, spectrum),
        df2(1.0, spectrum),
    ):
        assert isinstance(found, float)
    assert isinstance(solve_kappa(1.0, [1.0], 2), float)
    assert isinstance(solve_kappa(1j, [1.0], 2), complex)
    assert isinstance(spectral_density(1.0, [1.0], 2), float)
    assert isinstance(square_root_variance_by_integral([1.0], [1.0], [1.0], 2), float)
    assert isinstance(resolvent_two_point([1.0], [1.0], [1.0], 1.0, 1.0, [1.0], 2), float)


@pytest.mark.parametrize("kind", [np.float32, np.complex64])
def test_arguments_in_single_precision_give_double_precision(spectrum, kind):
    z = kind(0.3)
    found = resolvent_mean(z, spectrum, 10)
    np.testing.assert_array_equal(found, resolvent_mean(np.asarray(z, np.result_type(kind, np.float64)), spectrum, 10))
    assert found.dtype == np.result_type(kind, np.float64)

"""Equivalents against simulation: gain, resolvent, spectral density."""

import numpy as np
import pytest

from rmt_utils import Spectrum, denoiser_gain, resolvent_mean, solve_kappa, spectral_density
from rmt_utils.models.simulation import estimate, factor_gain, gaussian_factor


def test_gain_of_every_mode_within_the_simulation_error():
    # 4 standard errors for the largest of 768 deviations, 0.003 for the theory's error of order 1/d at d = 256.
    law, n, sigma2 = Spectrum.power_law(256, 1.0), 85, np.array([0.01, 0.1, 1.0])
    simulated = estimate(lambda rng: factor_gain(gaussian_factor(law, n, rng), sigma2), 400)
    deviation = np.abs(simulated.mean - denoiser_gain(law, sigma2, n))
    naive = law.eigenvalues / (law.eigenvalues + sigma2[:, None])
    assert (deviation <= 4 * simulated.standard_error + 0.003).all()
    assert np.abs(simulated.mean - naive).max() > 0.5


def test_zero_modes_have_no_gain_and_all_of_the_resolvent():
    np.testing.assert_array_equal(denoiser_gain([1.0, 0.0], 0.0, 10), [1.0, 0.0])
    np.testing.assert_array_equal(resolvent_mean(0.0, [1.0, 0.0], 10), [0.0, 1.0])


def test_resolvent_of_complex_noise_matches_simulation():
    law, n, z = Spectrum.power_law(120, 0.7), 90, 0.2 + 0.5j

    def resolvent(rng):
        factor = gaussian_factor(law, n, rng)
        found = np.diag(z * np.linalg.inv(factor.T @ factor + z * np.eye(120)))
        return np.stack([found.real, found.imag])

    simulated = estimate(resolvent, 300)
    theory = resolvent_mean(z, law, n)
    deviation = np.abs(simulated.mean - np.stack([theory.real, theory.imag]))
    # as above; at d = 120 the theory's own error may reach twice that at d = 256
    assert (deviation <= 4 * simulated.standard_error + 0.006).all()


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_density_of_equal_eigenvalues_is_marchenko_pastur(gamma):
    edges = (1 - np.sqrt(gamma)) ** 2, (1 + np.sqrt(gamma)) ** 2
    x = np.linspace(edges[0] + 0.01, edges[1] - 0.01, 50)
    law = np.sqrt((edges[1] - x) * (x - edges[0])) / (2 * np.pi * gamma * x)
    found = spectral_density(x, Spectrum([1.0], multiplicities=[1000]), 1000 / gamma)
    np.testing.assert_allclose(found, law, rtol=1e-6)
    assert spectral_density(edges[1] + 0.1, [1.0] * 10, 10 / gamma) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("n", [100, 1000])
def test_density_integrates_to_the_share_of_nonzero_eigenvalues(n):
    law = Spectrum.power_law(300, 1.0)
    x = np.logspace(-3, 3, 20_000)
    assert np.trapezoid(spectral_density(x, law, n) * x, np.log(x)) == pytest.approx(min(1, n / 300), rel=2e-3)


def test_density_broadcasts_over_samples():
    found = spectral_density([0.5, 1.0, 2.0], [1.0, 2.0], [[2], [5]])
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found[1], spectral_density([0.5, 1.0, 2.0], [1.0, 2.0], 5))


def test_density_and_resolvent_have_the_same_trace():
    law, n, z = Spectrum.power_law(200, 1.0), 500, 0.3
    x = np.logspace(-4, 3, 40_000)
    from_density = np.trapezoid(spectral_density(x, law, n) * x / (x + z), np.log(x))
    assert from_density == pytest.approx(resolvent_mean(z, law, n).mean() / z, rel=1e-4)
    assert solve_kappa(z, law, n) > z


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("sigma2", lambda: denoiser_gain([1.0], -1.0, 3)),
        ("sigma2", lambda: denoiser_gain([1.0], 1j, 3)),
        ("n_samples", lambda: denoiser_gain([1.0], 1.0, 0)),
        ("z", lambda: resolvent_mean(-1.0, [1.0], 3)),
        ("x", lambda: spectral_density(0.0, [1.0], 3)),
        ("n_samples", lambda: spectral_density(1.0, [1.0], 0)),
        ("n_samples", lambda: spectral_density(1.0, [1.0], True)),
        ("x", lambda: spectral_density([np.nan], [1.0], 3)),
        ("n_samples", lambda: denoiser_gain([1.0], [1.0, 2.0], [1, 2, 3])),
    ],
)
def test_bad_arguments_are_named(argument, call):
    with pytest.raises(ValueError, match=argument):
        call()

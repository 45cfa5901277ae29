"""Sums of real resolvents against the functions themselves and against the contour."""

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
    solve_kappa,
    spectral_mean,
    spectral_variance,
)
from rmt_utils.theory.population.partial_fractions import (
    STEPS,
    TOLERANCE,
    levels,
    partial_fractions,
    spacing,
    square_fractions,
)

LOW, HIGH = 1e-5, 1e2
MAPS = {
    "square root": np.sqrt,
    "small power": matrix_power(0.1),
    "exact": exact_map(80.0),
    "stopped": exact_map(80.0, 0.002),
    "heun 5": heun_map(edm_sigmas(5)),
    "heun 18": heun_map(edm_sigmas(18)),
    "heun 35": heun_map(edm_sigmas(35)),
    "euler": euler_map(edm_sigmas(18)),
    "flow": flow_map(np.linspace(1, 0, 21)),
    "denoiser": denoiser(0.01),
    "denoiser at low noise": denoiser(1e-3),
    "denoiser at high noise": denoiser(1e4),
    "own": lambda s: np.cbrt(s) / (1 + s),
}
WIDE = (9e-9, 160)  # of 20 by 20 images, whose corners hardly vary
RANGES = [(LOW, HIGH, name) for name in MAPS] + [
    (*WIDE, name) for name in ("exact", "heun 18", "denoiser", "denoiser at low noise")
]


def largest(values):
    return np.maximum.accumulate(np.abs(values))


@pytest.mark.parametrize(("low", "high", "name"), RANGES)
def test_every_map_and_its_square_are_sums_of_real_resolvents(low, high, name):
    f, z = MAPS[name], levels(low, high)
    s = np.geomspace(low, high, 1000)
    terms = s[:, None] / (s[:, None] + z)
    rise = f(s) - f(np.zeros(1))
    constant, coefficients, error = partial_fractions(f, z, low, high)
    assert constant == f(np.zeros(1))
    np.testing.assert_allclose(terms @ coefficients / largest(rise), rise / largest(rise), atol=2 * error)
    coefficients, square_error = square_fractions(f, z, low, high)
    scale = np.maximum(largest(rise**2), s / high * largest(rise**2)[-1])
    np.testing.assert_allclose(terms @ coefficients / scale, rise**2 / scale, atol=2 * square_error)
    assert max(error, square_error) <= TOLERANCE


@pytest.mark.parametrize("n", [30, 100, 1000])
@pytest.mark.parametrize("name", ["square root", "exact", "heun 18"])
def test_real_levels_give_the_moments_of_the_contour(name, n):
    # kappa on the real line alone says what kappa all round the spectrum says. At n = 100, the rank, a share of the
    # smallest modes lies below the last level z = BELOW * low: of the order of sqrt(BELOW * f(BELOW)), 2e-3.
    law, f = Spectrum(np.logspace(1, -5, 100)), MAPS[name]
    low, high = law.eigenvalues[-1], 4 * (law.eigenvalues[0] + law.trace / n)
    z = levels(low, high)
    constant, mean_rule, _ = partial_fractions(f, z, low, high)
    square_rule, _ = square_fractions(f, z, low, high)
    kappa = solve_kappa(z, law, n)
    visible = law.eigenvalues[:, None] / (law.eigenvalues[:, None] + kappa)
    mean, square = constant + visible @ mean_rule, visible @ square_rule
    tolerance = 2e-3 if n == 100 else 1e-7
    np.testing.assert_allclose(mean, spectral_mean(f, law, n), rtol=tolerance)
    published = spectral_variance(f, law, n, pairing=False)
    np.testing.assert_allclose(square - (mean - constant) ** 2, published, rtol=max(tolerance, 1e-4))


@pytest.mark.parametrize("tau", [0.1, 1.0, 10.0, 1000.0])
@pytest.mark.parametrize("n", [30, 1000])
def test_entire_functions_are_sums_over_closer_levels(n, tau):
    law, f = Spectrum(np.logspace(1, -5, 100)), early_stopped_map(edm_sigmas(18), tau, 0.5)
    low, high = law.eigenvalues[-1], 4 * (law.eigenvalues[0] + law.trace / n)
    assert spacing(np.sqrt, low, high) == STEPS[0]
    z = levels(low, high, spacing(f, low, high))
    constant, mean_rule, _ = partial_fractions(f, z, low, high)
    square_rule, _ = square_fractions(f, z, low, high)
    visible = law.eigenvalues[:, None] / (law.eigenvalues[:, None] + solve_kappa(z, law, n))
    rise, square = visible @ mean_rule, visible @ square_rule
    np.testing.assert_allclose(constant + rise, spectral_mean(f, law, n), rtol=TOLERANCE)
    # the variance is a difference of two terms, each off by TOLERANCE of the largest f^2
    published = spectral_variance(f, law, n, pairing=False)
    np.testing.assert_allclose(square - rise**2, published, atol=2 * TOLERANCE * square.max())


def test_a_constant_needs_no_resolvent():
    constant, coefficients, error = partial_fractions(lambda s: 0 * s + 3.0, levels(LOW, HIGH), LOW, HIGH)
    assert (constant, error) == (3.0, 0.0)
    assert not coefficients.any()


@pytest.mark.parametrize("f", [np.cos, lambda s: 1 / (1 + (s - 1) ** 2), lambda s: s**2])
def test_what_is_no_such_sum_is_an_error(f):
    with pytest.raises(ArithmeticError, match="sum of"):
        partial_fractions(f, levels(LOW, HIGH), LOW, HIGH)


def test_an_f_without_numbers_is_named():
    with pytest.raises(ValueError, match="f must"):
        partial_fractions(lambda s: s + np.inf, levels(LOW, HIGH), LOW, HIGH)

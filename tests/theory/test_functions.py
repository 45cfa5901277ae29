"""Spectral functions against the paper's integrals, the Marchenko-Pastur law, exact moments and simulation."""

import mpmath
import numpy as np
import pytest
from scipy.integrate import tanhsinh
from scipy.optimize import brentq
from scipy.optimize.elementwise import find_root

from rmt_utils import (
    Population,
    Spectrum,
    denoiser,
    denoiser_gain,
    denoiser_mode_variance,
    denoiser_variance,
    early_stopped_map,
    edm_sigmas,
    euler_map,
    exact_map,
    flow_map,
    heun_map,
    matrix_power,
    mean_estimate_variance,
    seed_variance,
    solve_kappa,
    spectral_kernel,
    spectral_mean,
    spectral_variance,
    square_root_mean_by_integral,
    square_root_variance_by_integral,
)
from rmt_utils.models.simulation import estimate
from rmt_utils.theory.gaussian.contour import contour, support

WIDE = Spectrum(np.logspace(0, -9, 3072))
SPARSER = Spectrum(np.logspace(0, -9, 1000))  # three times the points of its grid
MAPS = {
    "square root": np.sqrt,
    "small power": matrix_power(0.1),
    "exact": exact_map(80.0, 0.002),
    "heun": heun_map(edm_sigmas(18)),
    "euler": euler_map(edm_sigmas(18)),
    "flow": flow_map(np.linspace(1, 0, 21)),
    "power one": matrix_power(1.0),
    "own": lambda s: np.log1p(s) / (1 + s),
}


@pytest.mark.parametrize("gamma", [0.1, 1.0, 10.0])
def test_every_mode_of_a_wide_spectrum_matches_the_integrals(gamma):
    n = 3072 / gamma
    mean = spectral_mean(np.sqrt, WIDE, n)
    np.testing.assert_allclose(mean, square_root_mean_by_integral(WIDE, n), rtol=1e-12)
    variance = spectral_variance(np.sqrt, WIDE, n, pairing=False)
    np.testing.assert_allclose(variance, WIDE.eigenvalues - mean**2, rtol=1e-9)
    kernel = spectral_kernel(np.sqrt, WIDE, n, pairing=False)
    np.testing.assert_array_equal(kernel, kernel.T)
    assert kernel.min() >= 0
    np.testing.assert_allclose(kernel.sum(axis=1), variance, rtol=1e-9)  # two routes; CANCELLING leaves nine digits
    j, k = np.eye(3072)[[200, 2500]]
    assert kernel[200, 2500] == pytest.approx(square_root_variance_by_integral(j, k, WIDE, n), rel=1e-10)


def independent_kappa(z, eigenvalues, n):
    """kappa (points,) of real z (points,) > 0, by scipy's bracketing of log(kappa) in n = df1(kappa) + n z/kappa."""

    def excess(log, z):
        kappa = np.exp(log)
        return np.sum(eigenvalues / (eigenvalues + kappa[:, None]), axis=1) + n * z / kappa - n

    low = np.log(np.maximum(z, eigenvalues.min() * (eigenvalues.size / n - 1)))
    high = np.log(z + eigenvalues.sum() / n)
    found = find_root(excess, (low - 1e-6, high + 1e-6), args=(z,))  # to rounding the root may be at an end
    assert found.success.all()
    return np.exp(found.x)


@pytest.mark.parametrize("gamma", [0.1, 1.0, 10.0])
def test_mean_of_every_mode_matches_an_independent_quadrature(gamma):
    # Proposition 5.1 in t = log(u), mode by mode, by the double exponential rule, whose points all modes share.
    values, n = WIDE.eigenvalues, 3072 / gamma

    def integrand(t, value):
        assert (t == t[0]).all()
        return np.exp(t) * value / (value + independent_kappa(np.exp(2 * np.atleast_1d(t[0])), values, n))

    # From coarser levels two in a hundred modes take an agreement by accident for convergence.
    found = tanhsinh(integrand, np.full(3072, -40.0), np.full(3072, 30.0), args=(values,), rtol=1e-10, minlevel=7)
    assert found.success.all()
    np.testing.assert_allclose(spectral_mean(np.sqrt, WIDE, n), 2 / np.pi * found.integral, rtol=1e-9)


@pytest.mark.parametrize("gamma", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("name", ["small power", "exact", "heun", "euler", "flow", "power one"])
def test_kernel_of_every_map_over_nine_decades(name, gamma):
    f, n = MAPS[name], 1000 / gamma
    kernel = spectral_kernel(f, SPARSER, n, pairing=False)
    np.testing.assert_array_equal(kernel, kernel.T)
    assert kernel.min() >= 0
    variance = spectral_variance(f, SPARSER, n, pairing=False)
    np.testing.assert_allclose(kernel.sum(axis=1), variance, rtol=1e-7)
    second, mean = spectral_mean(lambda s: f(s) ** 2, SPARSER, n), spectral_mean(f, SPARSER, n)
    np.testing.assert_allclose(variance, second - mean**2, atol=1e-11 * second.max(), rtol=1e-7)


@pytest.mark.parametrize("gamma", [0.1, 0.9])
def test_kernels_that_rounding_would_spoil_are_refused(gamma):
    n = 3072 / gamma
    at_low_noise = denoiser_mode_variance(np.eye(3072)[0], WIDE, 1e-4, n, mean="known", pairing=False)
    kernel = spectral_kernel(denoiser(1e-4), WIDE, n, pairing=False)
    np.testing.assert_allclose(kernel[:, 0], at_low_noise, rtol=1e-6)
    for law in (spectral_kernel, mean_estimate_variance):  # f is 1 to eight digits in most modes
        with pytest.raises(ArithmeticError, match="rounding"):
            law(denoiser(1e-8), WIDE, n)
    with pytest.raises(ArithmeticError, match="rounding"):
        spectral_variance(denoiser(1e-12), WIDE, n)
    # The sum over modes loses nothing.
    seed = np.random.default_rng(0).standard_normal((1, 3072))
    expected = denoiser_mode_variance(seed, WIDE, 1e-8, n, mean="known").sum(axis=1)
    np.testing.assert_allclose(seed_variance(denoiser(1e-8), WIDE, n, seed, mean="known"), expected, rtol=1e-9)


def test_variance_does_not_cancel_at_many_samples():
    values, n = np.array([5.0, 1.0, 0.2]), 1e9
    for pairing in (False, True):
        expected = values * (values.sum() + pairing * values) / n
        np.testing.assert_allclose(spectral_variance(lambda s: s, values, n, pairing), expected, rtol=1e-9)


def test_integral_route_matches_adaptive_quadrature():
    law, n = Spectrum.power_law(40, 1.5), 25

    def integrand(u, value):
        return value / (value + float(solve_kappa(float(u) ** 2, law, n)))

    found = square_root_mean_by_integral(law, n)
    for mode in (0, 20, 39):
        points = [0, 0.01, 0.1, 0.5, 1, 3, 10, 100, mpmath.inf]
        with mpmath.workdps(20):
            exact = mpmath.quad(lambda u, mode=mode: integrand(u, law.eigenvalues[mode]), points, maxdegree=7)
        assert found[mode] == pytest.approx(float(exact * 2 / mpmath.pi), rel=1e-9)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("gamma", [0.3, 3.0])
def test_equal_eigenvalues_give_the_marchenko_pastur_law(name, gamma):
    f, s = MAPS[name], 2.0
    low, high = s * (1 - np.sqrt(gamma)) ** 2, s * (1 + np.sqrt(gamma)) ** 2
    # x = low + (high - low) sin(t)^2 takes the square roots at both edges away: the rule converges geometrically
    t = (np.arange(400) + 0.5) * np.pi / 800
    x = low + (high - low) * np.sin(t) ** 2
    weight = (high - low) ** 2 * (np.sin(t) * np.cos(t)) ** 2 / (np.pi * gamma * s * x) * (np.pi / 800)
    at_zero = max(0.0, 1 - 1 / gamma)
    first, second = (np.sum(weight * f(x) ** power) + at_zero * f(0.0) ** power for power in (1, 2))
    law = Spectrum([s], multiplicities=[300])
    assert np.sum(weight) + at_zero == pytest.approx(1, rel=1e-12)
    assert spectral_mean(f, law, 300 / gamma) == pytest.approx([first], rel=1e-11)
    assert spectral_variance(f, law, 300 / gamma, pairing=False) == pytest.approx([second - first**2], rel=1e-9)


@pytest.mark.parametrize("n", [30, 300, 330, 5000])
@pytest.mark.parametrize("name", MAPS)
def test_sum_rule_holds_with_zeros_and_repeats(name, n):
    values = np.concatenate([np.logspace(-4, 1, 250), np.full(50, 0.3), np.zeros(30)])
    f, law = MAPS[name], Spectrum(values)
    mean, second = spectral_mean(f, law, n), spectral_mean(lambda s: f(s) ** 2, law, n)
    variance = spectral_variance(f, law, n, pairing=False)
    np.testing.assert_allclose(variance, second - mean**2, atol=1e-13 * second.max())
    for pairing in (False, True):
        kernel = spectral_kernel(f, law, n, pairing)
        np.testing.assert_allclose(kernel.sum(axis=1), spectral_variance(f, law, n, pairing), rtol=1e-9)
    np.testing.assert_array_equal(variance[-30:], 0)
    np.testing.assert_allclose(mean[-30:], f(0.0))


@pytest.mark.parametrize("n", [1, 40, 60, 1e4])
def test_polynomials_have_their_exact_moments(n):
    values = np.arange(1, 61.0) ** -1
    np.testing.assert_allclose(spectral_mean(lambda s: s, values, n), values, rtol=1e-12)
    published = spectral_kernel(lambda s: s, values, n, pairing=False)
    np.testing.assert_allclose(published, np.outer(values, values) / n, rtol=1e-11)
    np.testing.assert_allclose(spectral_mean(np.square, values, n), values * (values + values.sum() / n), rtol=1e-9)


@pytest.mark.parametrize("sigma2", [0.01, 1.0])
def test_denoiser_has_the_laws_of_its_own(sigma2):
    law, f, one = Spectrum.power_law(50, 1.0), denoiser(sigma2), np.eye(50)
    np.testing.assert_allclose(spectral_mean(f, law, 40), denoiser_gain(law, sigma2, 40), rtol=1e-10)
    for pairing in (False, True):
        expected = denoiser_variance(one, one[:, None], law, sigma2, 40, mean="known", pairing=pairing)
        np.testing.assert_allclose(spectral_kernel(f, law, 40, pairing), expected, rtol=1e-9)
    added = denoiser_variance(one, np.zeros(50), law, sigma2, 40)
    np.testing.assert_allclose(mean_estimate_variance(f, law, 40), added, rtol=1e-10)


def test_multiplicities_count_as_repeats():
    counted, repeated = Spectrum([2.0, 0.5], multiplicities=[30, 100]), np.repeat([2.0, 0.5], [30, 100])
    for law in (spectral_mean, spectral_variance, mean_estimate_variance):
        np.testing.assert_allclose(law(np.sqrt, counted, 60), law(np.sqrt, repeated, 60)[[0, -1]], rtol=1e-12)


def test_many_samples_leave_f_of_the_population():
    values = np.logspace(-3, 1, 30)
    np.testing.assert_allclose(spectral_mean(np.sqrt, values, 1e12), np.sqrt(values), rtol=1e-9)
    # off-diagonal entries to first order: lambda_j lambda_k / n times the squared divided difference of f
    expected = np.outer(values, values) / np.add.outer(np.sqrt(values), np.sqrt(values)) ** 2 / 1e12
    np.testing.assert_allclose(spectral_kernel(np.sqrt, values, 1e12, pairing=False), expected, rtol=1e-9)


def test_no_signal_leaves_f_of_zero():
    np.testing.assert_array_equal(spectral_mean(np.cos, [0.0, 0.0], 3), [1.0, 1.0])
    np.testing.assert_array_equal(spectral_kernel(np.sqrt, [0.0, 0.0], 3), np.zeros((2, 2)))
    np.testing.assert_array_equal(mean_estimate_variance(np.sqrt, [0.0], 3), [0.0])


def test_support_holds_the_eigenvalues_of_a_draw():
    law, rng = Spectrum.power_law(400, 0.5), np.random.default_rng(0)
    for n in (100, 2000):
        rows = rng.standard_normal((n, 400)) * np.sqrt(law.eigenvalues / n)
        drawn = np.linalg.svd(rows, compute_uv=False) ** 2
        low, high = support(law, n)
        assert low < drawn.min() < 100 * low
        assert high / 10 < drawn.max() < high


@pytest.mark.parametrize("n", [150, 195, 205, 1000])
def test_support_begins_a_quarter_of_the_way_to_the_edge(n):
    values = np.logspace(0, -3, 200)
    edge = brentq(lambda k: np.sum((values / (values + k)) ** 2) - n, -values[-1] * (1 - 1e-9), 10.0, xtol=1e-18)
    kappa = 0.75 * float(solve_kappa(0.0, values, n)) + 0.25 * edge
    z = kappa * (1 - np.sum(values / (values + kappa)) / n)
    # the compressed spectrum is good to 1e-4 so close to its end
    assert support(Spectrum(values), n)[0] == pytest.approx(-z, rel=1e-3)


def test_seed_variance_is_the_sum_of_the_kernel():
    law = Spectrum(np.logspace(-3, 1, 300))
    seeds = np.random.default_rng(0).standard_normal((4, 300))
    kernel = spectral_kernel(np.sqrt, law, 80)
    expected = np.square(seeds) @ kernel.sum(axis=0)
    np.testing.assert_allclose(seed_variance(np.sqrt, law, 80, seeds, mean="known"), expected, rtol=1e-9)
    with_mean = expected + mean_estimate_variance(np.sqrt, law, 81).sum()
    np.testing.assert_allclose(seed_variance(np.sqrt, law, 81, seeds), with_mean, rtol=1e-9)


@pytest.mark.parametrize("mean", ["known", "estimated"])
def test_seed_variance_matches_simulation(mean):
    law = Spectrum(np.linspace(0.2, 3.0, 40))
    f, seeds = np.sqrt, np.concatenate([np.random.default_rng(1).standard_normal((3, 40)), 5 * np.eye(40)[[0, 20]]])

    def outputs(rng):
        rows, estimated = rng.standard_normal((60, 40)) * np.sqrt(law.eigenvalues), mean == "estimated"
        centre = rows.mean(axis=0) if estimated else np.zeros(40)
        values, vectors = np.linalg.eigh((rows - centre).T @ (rows - centre) / (60 - estimated))
        return centre + (seeds - centre) @ (vectors * f(values)) @ vectors.T

    found = estimate(outputs, 3000).variance.sum(axis=1)
    # 3000 draws leave 0.6 % and less of a sum over 40 modes; the law's own error is of order 1/n, here up to 2/60.
    np.testing.assert_allclose(found / seed_variance(f, law, 60, seeds, mean), 1, atol=0.05)


SIMULATED = Spectrum(np.linspace(0.2, 3.0, 140))
N, N_DRAWS = 110, 1500
STEPS = [5, 10, 18, 35]


@pytest.fixture(scope="module")
def moments():
    """Mean (140, 140) and variance (140, 140) over draws of the entries of f(Sigma_hat) for the root and Heun maps."""
    maps = [np.sqrt, *(heun_map(edm_sigmas(n)) for n in STEPS)]
    first, second = np.zeros((2, len(maps), 140, 140))
    rng = np.random.default_rng(0)
    for _ in range(N_DRAWS):
        rows = rng.standard_normal((N, 140)) * np.sqrt(SIMULATED.eigenvalues / N)
        eigenvalues, vectors = np.linalg.eigh(rows @ rows.T)
        factor = rows.T @ vectors  # (140, N), columns of length sqrt(eigenvalues)
        for index, f in enumerate(maps):
            matrix = (factor * (f(eigenvalues) / eigenvalues)) @ factor.T  # f(0) = 0
            first[index] += matrix
            second[index] += matrix**2
    mean = first / N_DRAWS
    return dict(zip(["root", *STEPS], zip(mean, second / N_DRAWS - mean**2, strict=True), strict=True))


def test_square_root_of_simulated_covariances(moments):
    mean, variance = moments["root"]
    deviation = np.abs(np.diag(mean) / spectral_mean(np.sqrt, SIMULATED, N) - 1)
    assert np.median(deviation) < 0.004
    assert deviation.max() < 0.015
    assert np.abs(np.diag(mean) / np.sqrt(SIMULATED.eigenvalues) - 1).min() > 0.05  # the naive law
    assert variance.sum() == pytest.approx(spectral_variance(np.sqrt, SIMULATED, N).sum(), rel=0.015)


@pytest.mark.parametrize("n_steps", STEPS)
def test_heun_maps_of_simulated_covariances(moments, n_steps):
    f = heun_map(edm_sigmas(n_steps))
    mean, variance = moments[n_steps]
    assert np.median(np.abs(np.diag(mean) / spectral_mean(f, SIMULATED, N) - 1)) < 0.005
    ratio = variance / spectral_kernel(f, SIMULATED, N)
    assert np.median(ratio[np.triu_indices(140, 1)]) == pytest.approx(1, abs=0.03)
    assert np.median(np.diag(ratio)) == pytest.approx(1, abs=0.05)


def test_quadrature_returns_functions_over_thirty_decades():
    s = np.geomspace(1e-30, 10, 500)
    for f in (np.sqrt, matrix_power(0.1), heun_map(edm_sigmas(35))):
        np.testing.assert_allclose(contour(f, 1e-30, 10.0).scalar(s)[0], f(s), rtol=2e-12)


@pytest.mark.parametrize("rate", [0.01, 1.0, 100.0])
def test_quadrature_returns_entire_functions_that_grow_beyond_the_imaginary_axis(rate):
    s = np.geomspace(1e-6, 1e2, 500)
    for f in (lambda s: np.exp(-rate * s), early_stopped_map(edm_sigmas(18), rate, 1.0)):
        rule = contour(f, 1e-6, 1e2)
        np.testing.assert_allclose(rule.scalar(s)[0], f(s), rtol=0, atol=2e-12 * f(s).max())
        assert rule.nodes.size <= 192


def test_untrained_models_agree_exactly():
    f, values = early_stopped_map(edm_sigmas(18), 0.0, 1.0), np.linspace(0.1, 1, 60)
    np.testing.assert_allclose(spectral_mean(f, values, 30), f(1.0), rtol=1e-12)
    np.testing.assert_array_equal(spectral_variance(f, values, 30), 0.0)
    images = Population(np.random.default_rng(0).standard_normal((200, 5)))
    np.testing.assert_allclose(spectral_mean(f, images, 30), f(1.0), rtol=1e-12)
    np.testing.assert_array_equal(spectral_variance(f, images, 30), 0.0)


@pytest.mark.parametrize("n", [30, 60, 500])
@pytest.mark.parametrize(
    "f",
    [
        lambda s: np.sin(60 * s),  # analytic, but large on every contour
        lambda s: s / ((s - 0.5) ** 2 + 0.01),  # poles off the real axis
        lambda s: 1 / (s - 0.7123),
        np.abs,
        lambda s: np.where(np.real(s) > 0.3, s, 0),
        lambda s: np.conj(s),
        lambda s: np.cos(200 * s),
    ],
)
def test_functions_that_are_not_analytic_are_refused(f, n):
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises((ArithmeticError, ValueError), match="f must"):
        spectral_variance(f, np.linspace(0.1, 1, 60), n)


@pytest.mark.parametrize("law", [spectral_mean, spectral_kernel, spectral_variance, mean_estimate_variance])
@pytest.mark.parametrize(
    ("argument", "change"),
    [
        ("n_samples", {"n_samples": 0}),
        ("n_samples", {"n_samples": [3, 4]}),
        ("n_samples", {"n_samples": np.nan}),
        ("n_samples", {"n_samples": True}),
        ("n_samples", {"n_samples": "many"}),
        ("spectrum", {"spectrum": [-1.0]}),
        ("spectrum", {"spectrum": [[1.0], [1.0, 2.0]]}),
        ("f must", {"f": 0.5}),
        ("f must", {"f": lambda s: 1j * s}),
        ("f must", {"f": lambda s: 1.0}),
        ("f must", {"f": lambda s: np.full(s.shape, np.inf)}),
    ],
)
def test_bad_arguments_are_named(law, argument, change):
    with pytest.raises(ValueError, match=argument):
        law(**{"f": np.sqrt, "spectrum": [1.0, 2.0], "n_samples": 3} | change)


def test_one_sample_estimates_no_mean():
    with pytest.raises(ValueError, match="n_samples"):
        mean_estimate_variance(np.sqrt, [1.0], 1)


@pytest.mark.parametrize(
    ("argument", "change"),
    [
        ("seeds", {"seeds": [1.0, 2.0]}),
        ("seeds", {"seeds": [[1.0, np.nan]]}),
        ("seeds", {"seeds": [[1.0, 1j]]}),
        ("mean", {"mean": "centred"}),
        ("mean", {"mean": None}),
        ("n_samples", {"n_samples": 1}),
    ],
)
def test_bad_arguments_of_seeds_are_named(argument, change):
    with pytest.raises(ValueError, match=argument):
        seed_variance(**{"f": np.sqrt, "spectrum": [1.0, 2.0], "n_samples": 3, "seeds": [[1.0, 2.0]]} | change)


@pytest.mark.parametrize("n", [0, -1, np.nan, True, "a", [3, 4], None])
def test_integral_route_names_a_bad_number_of_samples(n):
    for law in (square_root_mean_by_integral, lambda *rest: square_root_variance_by_integral([1.0], [1.0], *rest)):
        with pytest.raises(ValueError, match="n_samples"):
            law([1.0], n)


@pytest.mark.parametrize("bad", [[np.nan, 1.0], [1.0], [[1.0, 1.0]], 1.0, "xy", [1j, 1.0]])
def test_integral_route_names_a_bad_probe(bad):
    good = [1.0, 1.0]
    for name, probes in (("v", (bad, good)), ("x", (good, bad))):
        with pytest.raises(ValueError, match=f"{name} must"):
            square_root_variance_by_integral(*probes, [1.0, 2.0], 3)


def test_integral_route_of_no_signal_is_zero():
    np.testing.assert_array_equal(square_root_mean_by_integral([0.0, 0.0], 3), [0.0, 0.0])
    assert square_root_variance_by_integral([1.0, 0.0], [0.0, 1.0], [0.0, 0.0], 3) == 0

"""Laws of a population against simulation with samples of very different contrast, and against the Gaussian laws."""

import numpy as np
import pytest

from rmt_utils import (
    Population,
    Spectrum,
    denoiser,
    denoiser_gain,
    denoiser_mode_variance,
    denoiser_variance,
    df1,
    df2,
    edm_sigmas,
    exact_map,
    flatten,
    heun_map,
    load_images,
    mean_estimate_variance,
    resolvent_mean,
    seed_variance,
    solve_kappa,
    spectral_density,
    spectral_kernel,
    spectral_mean,
    spectral_variance,
)
from rmt_utils.theory.gaussian.contour import quadrature
from rmt_utils.theory.population.denoiser import DenoiserLevel
from rmt_utils.theory.population.fixed_point import resolvents
from rmt_utils.theory.population.law import ALLOWED

DIM, N, N_POPULATION, PASSES = 40, 50, 2000, 40
SIGMA2 = 0.05
HEUN = heun_map(edm_sigmas(18))


@pytest.fixture(scope="module")
def contrasted():
    """Gaussian patterns times a contrast that varies like that of image crops: norms with a variation of 0.9."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((N_POPULATION, DIM)) * np.logspace(0.3, -2, DIM)
    rows *= np.exp(0.8 * rng.standard_normal((N_POPULATION, 1)))
    return Population(rows @ np.linalg.qr(rng.standard_normal((DIM, DIM)))[0] + 3.0)


@pytest.fixture(scope="module")
def seeds():
    """Inputs (6, modes) relative to the mean: three isotropic ones, one mode alone, and 0."""
    return np.concatenate([np.random.default_rng(1).standard_normal((4, DIM)), np.eye(DIM)[[2]], np.zeros((1, DIM))])


@pytest.fixture(scope="module")
def simulated(contrasted, seeds):
    """By map and treatment of the mean: mean and variance of the outputs (seeds, modes), and the mean diagonal of f.

    Variances are those among disjoint sets of one pass through the population: they are the variance of independent
    draws, without the factor 1 - n/N of sets drawn one by one.
    """
    maps = {"denoiser": denoiser(SIGMA2), "root": np.sqrt, "heun": lambda s: 80 * HEUN(s)}
    found = {(name, mean): [] for name in maps for mean in ("known", "estimated")}
    diagonals = dict.fromkeys(found, 0.0)
    rng = np.random.default_rng(2)
    for _ in range(PASSES):
        outputs = {key: [] for key in found}
        for rows in contrasted.coordinates[rng.permutation(N_POPULATION)].reshape(-1, N, DIM):
            for mean in ("known", "estimated"):
                centre = rows.mean(axis=0) if mean == "estimated" else np.zeros(DIM)
                factor = (rows - centre) / np.sqrt(N - (mean == "estimated"))
                eigenvalues, vectors = np.linalg.eigh(factor.T @ factor)
                for name, f in maps.items():
                    matrix = (vectors * f(np.maximum(eigenvalues, 0))) @ vectors.T
                    outputs[name, mean].append(centre + (seeds - centre) @ matrix)
                    diagonals[name, mean] = diagonals[name, mean] + np.diag(matrix)
        for key, values in outputs.items():
            found[key].append(np.var(values, axis=0, ddof=1))
    n_draws = PASSES * N_POPULATION // N
    return {key: (diagonals[key] / n_draws, np.mean(values, axis=0)) for key, values in found.items()}


# 1,600 draws: a standard error of 0.04 for the variance of one entry, below 0.01 for a sum over modes. The theory's own
# error is of the order of the spread of x^T R x, which for n = 50 and this contrast is a few per cent.


def test_mean_gains_match_simulation(contrasted, simulated):
    gain = denoiser_gain(contrasted, SIGMA2, N)
    np.testing.assert_allclose(simulated["denoiser", "known"][0], gain, atol=0.02)
    gaussian = denoiser_gain(contrasted.spectrum, SIGMA2, N)
    assert np.abs(simulated["denoiser", "known"][0] - gaussian).max() > 0.06
    for name, f in (("root", np.sqrt), ("heun", lambda s: 80 * HEUN(s))):
        np.testing.assert_allclose(spectral_mean(f, contrasted, N) / simulated[name, "known"][0], 1, atol=0.05)


@pytest.mark.parametrize("mean", ["known", "estimated"])
def test_variance_of_the_denoiser_matches_simulation(contrasted, seeds, simulated, mean):
    law = denoiser_mode_variance(seeds, contrasted, SIGMA2, N, mean=mean)
    ratio = simulated["denoiser", mean][1].sum() / law.sum()
    assert ratio == pytest.approx(1, abs=0.05)
    assert np.median(simulated["denoiser", mean][1] / np.maximum(law, 1e-300)) == pytest.approx(1, abs=0.08)
    gaussian = denoiser_mode_variance(seeds, contrasted.spectrum, SIGMA2, N, mean=mean)
    assert simulated["denoiser", mean][1].sum() / gaussian.sum() > 1.25


@pytest.mark.parametrize("mean", ["known", "estimated"])
@pytest.mark.parametrize("name", ["root", "heun"])
def test_variance_of_the_sampling_map_matches_simulation_seed_by_seed(contrasted, seeds, simulated, name, mean):
    f = np.sqrt if name == "root" else lambda s: 80 * HEUN(s)
    law = seed_variance(f, contrasted, N, seeds[:5], mean)
    found = simulated[name, mean][1].sum(axis=1)[:5]
    np.testing.assert_allclose(found / law, 1, atol=0.08)
    assert found.sum() / seed_variance(f, contrasted.spectrum, N, seeds[:5], mean).sum() > 1.2


@pytest.mark.parametrize("n", [18, 36, 100])
@pytest.mark.parametrize("sigma2", [0.01, 0.05, 1.0])
@pytest.mark.parametrize("mean", ["known", "estimated"])
def test_a_denoiser_has_one_variance_as_a_function_and_as_a_denoiser(mean, sigma2, n):
    """Of images, which concentrate least: the moments of a sum over levels against one fixed point."""
    pixels = flatten(load_images("natural-patches", 6, 900, color=False, seed=6)).astype(np.float64)
    population, rng = Population(pixels), np.random.default_rng(0)
    x = rng.standard_normal((2, population.dim)) * np.sqrt(population.eigenvalues + sigma2)
    one = denoiser_mode_variance(x, population, sigma2, n, mean).sum(axis=-1)
    # What the certificate allows a double sum, which decides beside n = rank.
    np.testing.assert_allclose(seed_variance(denoiser(sigma2), population, n, x, mean), one, rtol=ALLOWED)


def test_variance_of_modes_is_that_of_isotropic_seeds(contrasted):
    rows = np.eye(DIM)
    total = spectral_variance(np.sqrt, contrasted, N)
    assert total.sum() == pytest.approx(seed_variance(np.sqrt, contrasted, N, rows, mean="known").sum())
    assert (total > 0).all()


def test_variance_of_the_estimated_mean_matches_simulation(contrasted, simulated):
    # The last input is 0: its output is (1 - f) mean_hat, whose variance is the added term alone.
    for name, f in (("denoiser", denoiser(SIGMA2)), ("root", np.sqrt)):
        law = mean_estimate_variance(f, contrasted, N)
        found = simulated[name, "estimated"][1][-1]
        assert found.sum() == pytest.approx(law.sum(), rel=0.05)
        assert np.median(found / law) == pytest.approx(1, abs=0.08)
    law = denoiser_mode_variance(np.zeros(DIM), contrasted, SIGMA2, N)
    np.testing.assert_allclose(mean_estimate_variance(denoiser(SIGMA2), contrasted, N), law, rtol=0.05)


def test_skewness_ties_the_estimated_mean_to_the_covariance():
    # Where contrast multiplies one pattern more than its opposite, inputs x and -x fare differently: E m f x is not 0.
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((4000, 20)) * np.logspace(0, -1, 20)
    rows[:, 0] += 1.0
    population = Population(rows * np.exp(0.6 * rng.standard_normal((4000, 1))))
    x, f = 3 * np.eye(20)[[0]], denoiser(0.5)
    inputs, outputs = np.concatenate([x, -x]), []
    for _ in range(20):
        for drawn in population.coordinates[rng.permutation(4000)].reshape(-1, 80, 20):
            centre = drawn.mean(axis=0)
            values, vectors = np.linalg.eigh((drawn - centre).T @ (drawn - centre) / 79)
            outputs.append(centre + (inputs - centre) @ (vectors * f(np.maximum(values, 0))) @ vectors.T)
    found = np.var(outputs, axis=0).sum(axis=1)
    # 1,000 draws: 0.03 at most for either sum; the theory's own error at n = 80 is as large.
    for law in (
        seed_variance(f, population, 80, inputs),
        denoiser_mode_variance(inputs, population, 0.5, 80).sum(axis=1),
    ):
        np.testing.assert_allclose(found / law, 1, atol=0.08)
    independent = seed_variance(f, population.spectrum, 80, inputs)
    assert independent[0] == pytest.approx(independent[1])
    assert abs(found[0] / found[1] - 1) > 0.3


@pytest.fixture(scope="module")
def gaussian():
    rng = np.random.default_rng(3)
    return Population(rng.standard_normal((5000, 60)) * np.logspace(0, -1, 60))


@pytest.mark.parametrize("n", [40, 200])
def test_gaussian_samples_give_the_gaussian_laws(gaussian, n):
    # The spread of q, sqrt(2/d_eff), leaves corrections of order 2/d_eff, d_eff about 30; 5,000 samples leave less.
    law = gaussian.spectrum
    np.testing.assert_allclose(denoiser_gain(gaussian, SIGMA2, n), denoiser_gain(law, SIGMA2, n), atol=0.01)
    np.testing.assert_allclose(spectral_mean(np.sqrt, gaussian, n), spectral_mean(np.sqrt, law, n), rtol=0.02)
    v = np.random.default_rng(4).standard_normal((3, 60))
    for mean in ("known", "estimated"):
        aligned = denoiser_variance(v, v, gaussian, SIGMA2, n, mean) / denoiser_variance(v, v, law, SIGMA2, n, mean)
        np.testing.assert_allclose(aligned, 1, atol=0.08)
        total = seed_variance(np.sqrt, gaussian, n, v, mean) / seed_variance(np.sqrt, law, n, v, mean)
        np.testing.assert_allclose(total, 1, atol=0.05)


@pytest.mark.parametrize("f", [np.sqrt, denoiser(SIGMA2)], ids=["root", "denoiser"])
def test_kernel_of_gaussian_samples_is_the_gaussian_one(f):
    rng = np.random.default_rng(11)
    small = Population(rng.standard_normal((2000, 12)) * np.logspace(0, -1, 12))
    kernel, law = spectral_kernel(f, small, 40), spectral_kernel(f, small.spectrum, 40)
    # Fourth moments of 2,000 samples are known to about 5 %; corrections of order 1/d add as much.
    off = ~np.eye(12, dtype=bool)
    assert np.median(kernel[off] / law[off]) == pytest.approx(1, abs=0.05)
    assert np.median(np.diag(kernel) / np.diag(law)) == pytest.approx(1, abs=0.1)


@pytest.fixture(scope="module")
def drawn():
    """A population of heavy tails, and eigenvalues (40, 16) and vectors (40, 16, 16) of 30 times 40 covariances."""
    rng = np.random.default_rng(12)
    rows = rng.standard_normal((2000, 16)) * np.logspace(0.3, -2, 16) * np.exp(0.8 * rng.standard_normal((2000, 1)))
    population = Population(rows)
    parts = [population.coordinates[rng.permutation(2000)].reshape(-1, N, population.rank) for _ in range(30)]
    return population, [np.linalg.eigh(part.swapaxes(1, 2) @ part / N) for part in parts]


@pytest.mark.parametrize("f", [np.sqrt, lambda s: 80 * HEUN(s), denoiser(SIGMA2)], ids=["root", "heun", "denoiser"])
def test_kernel_matches_simulation(f, drawn):
    (population, decompositions), off = drawn, ~np.eye(16, dtype=bool)
    kernel = spectral_kernel(f, population, N)
    np.testing.assert_array_equal(kernel, kernel.T)
    found = [
        np.var((vectors * f(values)[:, None]) @ vectors.swapaxes(1, 2), axis=0, ddof=1)
        for values, vectors in decompositions
    ]
    ratio = np.mean(found, axis=0) / kernel
    # 1,200 draws: 0.04 for an entry of normal distribution, less for the median of 120. Of the second ladder, which
    # diagonal entries need, the law has the leading direction alone: they are too low, most where the gain is near 1.
    assert np.median(ratio[off]) == pytest.approx(1, abs=0.05)
    assert np.quantile(np.abs(ratio[off] - 1), 0.9) < 0.15
    np.testing.assert_allclose(np.diag(ratio), 1, atol=0.5)
    assert np.median(np.diag(ratio)) == pytest.approx(1, abs=0.25)
    np.testing.assert_allclose(kernel.sum(axis=1), spectral_variance(f, population, N), rtol=0.01)
    gaussian = spectral_kernel(f, population.spectrum, N)
    assert np.median(np.mean(found, axis=0)[off] / gaussian[off]) > 1.5


def test_covariance_averaged_over_inputs_is_the_average_of_covariances(contrasted):
    x = np.random.default_rng(13).standard_normal((3, DIM))
    for estimated in (False, True):
        law = DenoiserLevel(contrasted, SIGMA2, N, estimated)
        for pairing in (False, True):
            single = np.mean([law.covariance(one, pairing) for one in x], axis=0)
            np.testing.assert_allclose(law.covariance(x, pairing), single, atol=1e-7 * single.max())


def test_the_density_is_the_mean_over_training_sets(contrasted):
    x, width, rng = np.array([[0.02], [0.5], [5.0]]), 0.1, np.random.default_rng(14)
    values = []
    for _ in range(10):
        for drawn in contrasted.coordinates[rng.permutation(N_POPULATION)].reshape(-1, N, DIM):
            eigenvalues = np.linalg.eigvalsh(drawn.T @ drawn / N)
            values.append(np.mean(1 / (eigenvalues - x * (1 + 1j * width)), axis=1).imag / np.pi)
    found, error = np.mean(values, axis=0), np.std(values, axis=0) / np.sqrt(len(values))
    law = spectral_density(x, contrasted, N, width)
    assert law.shape == (3, 1)
    # As for the other laws: a few per cent for n = 50.
    np.testing.assert_array_less(np.abs(found - law[:, 0]), 4 * error + 0.05 * found)
    z = -x[1, 0] * (1 + 1j * width)
    assert (resolvent_mean(z, contrasted, N).mean() / z).imag / np.pi == pytest.approx(law[1, 0], rel=1e-6)
    gaussian = spectral_density(x, contrasted.spectrum, N, width)[:, 0]
    assert np.abs(found / gaussian - 1).max() > 0.15


def test_complex_nodes_of_the_contour_give_the_mean_of_real_levels(contrasted):
    # Two unlike routes to E[f]: the contour round the spectrum at complex z, and 1e-6 of real levels.
    rule = quadrature(np.sqrt, 1e-7, contrasted.support(N)[1], 48)
    rows, penalty = contrasted.augmented(N, estimated=False)
    nodes = list(resolvents(rows, np.zeros(N_POPULATION), -rule.nodes, N, penalty))
    shares = np.array([1 - node.z * node.inverse.diagonal for node in nodes])
    np.testing.assert_allclose(-(rule.coefficients @ shares).imag, spectral_mean(np.sqrt, contrasted, N), rtol=1e-4)
    assert max(node.n_iterations for node in nodes) <= 15


def test_more_modes_than_are_coupled_change_the_laws_by_little():
    # 900 colour patches of 6 x 6. The bounds are those that ``Population`` states for patches of 16 x 16.
    images = flatten(load_images("natural-patches", size=6, n_images=900, seed=3)).astype(np.float64)
    f, rng = exact_map(80.0), np.random.default_rng(15)
    whole, few = Population(images), Population(images, coupled=30)
    assert (whole.coupled, few.coupled) == (108, 30)
    assert [few.augmented(N, estimated)[0].coupled for estimated in (False, True)] == [30, 31]  # with the mean's
    x = rng.standard_normal((4, 108))
    for law, bound in (
        (lambda population: spectral_variance(f, population, N).sum(), 0.002),
        (lambda population: spectral_variance(f, population, N), 0.03),
        (lambda population: seed_variance(f, population, N, 80 * x, mean="known"), 0.03),
        (lambda population: seed_variance(f, population, N, 80 * x, pairing=False), 0.03),
        (lambda population: denoiser_mode_variance(x, population, SIGMA2, N, mean="estimated").sum(axis=1), 0.03),
        (lambda population: mean_estimate_variance(f, population, N), 0.03),
        (lambda population: denoiser_gain(population, SIGMA2, N), 0.03),
        (lambda population: spectral_density(1.0, population, N, 0.1), 0.03),
    ):
        np.testing.assert_allclose(law(few), law(whole), rtol=bound)


def test_modes_that_rise_and_fall_alone_need_no_coupling():
    # Every sample lies along one mode, so that no product of two modes is ever other than 0: exact with one coupled.
    rng = np.random.default_rng(16)
    rows = np.repeat(np.eye(6) * np.logspace(0, -1, 6), 20, axis=0) * rng.lognormal(0, 0.5, (120, 1))
    rows = np.concatenate([rows, -rows])
    whole, alone = Population(rows), Population(rows, coupled=1)
    for law in (
        lambda population: spectral_variance(np.sqrt, population, 30),
        lambda population: spectral_variance(np.sqrt, population, 30, pairing=False),
        lambda population: seed_variance(np.sqrt, population, 30, np.ones((1, 6))),
        lambda population: seed_variance(denoiser(1e-7), population, 30, np.ones((1, 6))),  # from the double sum
        lambda population: denoiser_mode_variance(np.ones(6), population, SIGMA2, 30),
        lambda population: mean_estimate_variance(np.sqrt, population, 30),
        lambda population: spectral_kernel(np.sqrt, population, 30),
        lambda population: spectral_density(0.1, population, 30, 0.2),
    ):
        np.testing.assert_allclose(law(alone), law(whole), rtol=1e-6, atol=1e-9 * np.abs(law(whole)).max())


def test_whitened_norms_are_forms_of_the_inverse_covariance():
    samples = np.random.default_rng(0).gamma(2.0, size=(50, 4))
    centred = samples - samples.mean(axis=0)
    found = Population(samples).whitened_norms([0.0, 0.3])
    for norms, kappa in zip(found.T, (0.0, 0.3), strict=True):
        inverse = np.linalg.inv(centred.T @ centred / 50 + kappa * np.eye(4))
        np.testing.assert_allclose(norms, np.einsum("ij,jk,ik->i", centred, inverse, centred))
    np.testing.assert_allclose(Population(samples).whitened_norms(), found[:, 0])


def test_degrees_of_freedom_are_those_of_its_spectrum(contrasted):
    assert df1(0.3, contrasted) == df1(0.3, contrasted.spectrum)
    assert df2(0.3, contrasted) == df2(0.3, contrasted.spectrum)


def test_modes_of_the_estimated_mean_add_up_to_its_total(contrasted):
    total = seed_variance(np.sqrt, contrasted, N, np.zeros((1, DIM)))[0]
    assert mean_estimate_variance(np.sqrt, contrasted, N).sum() == pytest.approx(total, rel=1e-12)


def test_one_large_mode_varies_as_the_root_of_its_own_variance():
    rng = np.random.default_rng(8)
    population = Population(rng.standard_normal((8000, 10)) * np.append(3.0, np.full(9, 0.1)))
    expected = population.eigenvalues[0] / (2 * 200)  # Var[s]/(4 s) with Var[s] = 2 s^2/n
    # The fourth moment of 8,000 samples is known to sqrt(96/8000)/3 = 4 %; the other modes add 2 %.
    found = seed_variance(np.sqrt, population, 200, np.eye(10)[[0]], mean="known")
    assert found[0] == pytest.approx(expected, rel=0.1)
    assert spectral_variance(np.sqrt, population, 200)[0] == pytest.approx(expected, rel=0.1)


def test_denoiser_variance_is_a_form_and_its_modes_are_the_diagonal(contrasted):
    v, x = np.random.default_rng(5).standard_normal((2, 3, DIM))
    found = denoiser_variance(v[:, None], x, contrasted, [0.1, 1.0], 30)
    assert found.shape == (2, 3, 3)
    single = denoiser_variance(v[2], x[1], contrasted, 1.0, 30)
    assert single.shape == ()
    assert found[1, 2, 1] == pytest.approx(float(single))
    modes = denoiser_mode_variance(x, contrasted, [0.1, 1.0], 30)
    assert modes.shape == (2, 3, DIM)
    np.testing.assert_allclose(denoiser_variance(np.eye(DIM), x[0], contrasted, 0.1, 30), modes[0, 0])


def test_the_pairing_is_that_of_gaussian_samples(gaussian):
    one = np.eye(60)[0]
    law = denoiser_variance(one, one, gaussian.spectrum, 0.5, 100, mean="known")
    assert denoiser_variance(one, one, gaussian, 0.5, 100, mean="known") == pytest.approx(float(law), rel=0.06)
    published = denoiser_variance(one, one, gaussian.spectrum, 0.5, 100, mean="known", pairing=False)
    found = denoiser_variance(one, one, gaussian, 0.5, 100, mean="known", pairing=False)
    assert found == pytest.approx(float(published), rel=0.06)


def test_at_high_noise_the_denoiser_varies_as_the_covariance(contrasted):
    # f = s/(s + z) is s/z up to a share s/z: mode j varies by the variance of row j of the covariance of n samples
    x, z = contrasted.coordinates, 1e4
    eigenvalues = np.square(x).mean(axis=0)
    rows = (np.square(x) * np.square(x).sum(axis=1, keepdims=True)).mean(axis=0) - eigenvalues**2
    found = z**2 * spectral_variance(denoiser(z), contrasted, N)
    np.testing.assert_allclose(found, rows / N, rtol=10 * np.square(x).sum(axis=1).max() / z)


def test_modes_that_no_sample_reaches_keep_f_of_zero():
    flat = np.pad(np.random.default_rng(6).standard_normal((200, 3)), ((0, 0), (0, 2)))
    population = Population(flat)
    assert (population.dim, population.rank) == (5, 3)
    np.testing.assert_array_equal(spectral_mean(lambda s: 1 / (1 + s), population, 9)[3:], 1.0)
    for law in (spectral_variance, mean_estimate_variance):
        np.testing.assert_array_equal(law(np.sqrt, population, 9)[3:], 0.0)
    np.testing.assert_array_equal(denoiser_gain(population, 1.0, 9)[3:], 0.0)
    np.testing.assert_array_equal(denoiser_mode_variance(np.ones(5), population, 1.0, 9)[3:], 0.0)
    x, width = 0.3, 0.2
    at_zero = width / (1 + width**2) / (np.pi * x)  # what an eigenvalue 0 has there
    inside = spectral_density(x, Population(flat[:, :3]), 9, width)
    assert 5 * spectral_density(x, population, 9, width) == pytest.approx(3 * inside + 2 * at_zero)
    with_null = seed_variance(np.sqrt, population, 9, np.ones((1, 5)))
    assert with_null == pytest.approx(seed_variance(np.sqrt, population, 9, [[1, 1, 1, 0, 0]]))


def test_coordinates_are_the_samples_in_their_eigenbasis(contrasted):
    rows = contrasted.coordinates @ contrasted.eigenvectors.T + contrasted.mean
    again = Population(rows)
    np.testing.assert_allclose(again.eigenvalues, contrasted.eigenvalues, rtol=1e-9)
    covariance = contrasted.coordinates.T @ contrasted.coordinates / N_POPULATION
    np.testing.assert_allclose(covariance, np.diag(contrasted.eigenvalues), atol=1e-9 * contrasted.eigenvalues[0])


SMALL = Population([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])


def test_what_grows_too_fast_about_an_estimated_mean_is_refused(contrasted):
    with pytest.raises(ArithmeticError, match="grows too fast"):
        seed_variance(lambda s: s, contrasted, N, np.eye(contrasted.dim)[:2])


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("samples", lambda: Population([[1.0, 2.0]])),
        ("samples", lambda: Population([[1.0, 2.0], [1.0, 2.0]])),
        ("samples", lambda: Population([1.0, 2.0])),
        ("samples must vary by", lambda: Population(1e-160 * np.eye(3))),
        ("samples", lambda: Population([[1.0], [np.nan]])),
        ("width", lambda: spectral_density(1.0, SMALL, 3)),
        ("width", lambda: spectral_density(1.0, SMALL, 3, width=0.0)),
        ("z", lambda: resolvent_mean(-1.0, SMALL, 3)),
        ("Population", lambda: solve_kappa(1.0, SMALL, 3)),
        ("n_samples", lambda: spectral_mean(np.sqrt, SMALL, 0)),
        ("n_samples", lambda: seed_variance(np.sqrt, SMALL, 1, [[1.0, 1.0]])),
        ("seeds", lambda: seed_variance(np.sqrt, SMALL, 3, [1.0, 1.0])),
        ("seeds", lambda: seed_variance(np.sqrt, Spectrum([1.0, 2.0]), 3, [[1.0]])),
        ("mean", lambda: seed_variance(np.sqrt, SMALL, 3, [[1.0, 1.0]], mean="centred")),
        ("sigma2", lambda: denoiser_gain(SMALL, 0.0, 3)),
        ("sigma2", lambda: denoiser_mode_variance([1.0, 1.0], SMALL, 0.0, 3)),
        ("x", lambda: denoiser_mode_variance([1.0], SMALL, 1.0, 3)),
    ],
)
def test_bad_arguments_are_named(argument, call):
    with pytest.raises(ValueError, match=argument):
        call()

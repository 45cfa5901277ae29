"""Draws of a case: the right models, sums that know their error, and laws summed as the measured values are."""

import numpy as np
import pytest

from rmt_utils import Population, Spectrum, denoiser_mode_variance, flatten, load_images, patch_spectrum
from rmt_utils.book import Case, Draws, mean_mode_variance, patches_in_modes
from rmt_utils.book.measured import summarise
from rmt_utils.models import linear, simulation


@pytest.fixture
def case():
    return Case("test", Spectrum([4.0, 2.0, 1.0]), n_samples=10, n_draws=50)


def test_models_are_those_of_the_simulation(case):
    rng = np.random.default_rng
    expected = simulation.gaussian_model(case.spectrum, 10, rng(3))
    assert np.array_equal(case.fit(rng(3)).eigenvalues, expected.eigenvalues)
    assert np.array_equal(case.fit(rng(3)).mean, expected.mean)


def test_known_mean_stays_zero(case):
    assert (case.mean, case.known().mean) == ("estimated", "known")
    assert not case.known().fit(np.random.default_rng(0)).mean.any()


@pytest.mark.parametrize("mean", ["known", "estimated"])
def test_images_are_drawn_without_replacement(case, mean):
    images = np.random.default_rng(0).standard_normal((10, 3))
    whole = Case("test", case.spectrum, 10, 2, mean, images).fit(np.random.default_rng(1))
    expected = np.cov(images.T) if mean == "estimated" else images.T @ images / 10
    vectors = whole.eigenvectors
    assert np.allclose(vectors * whole.eigenvalues @ vectors.T, expected)


def test_a_case_of_images_has_their_population_and_draws_from_it():
    pixels = np.random.default_rng(0).gamma(2.0, size=(40, 6))
    one = Case.of_images("test", pixels, 40, 2, "known")
    assert one.laws == {"population": one.population, "Gaussian": one.spectrum}
    expected = np.linalg.eigvalsh(np.cov(pixels.T, bias=True))[::-1]
    np.testing.assert_allclose(one.spectrum.eigenvalues, expected)
    fitted = one.fit(np.random.default_rng(0))
    np.testing.assert_allclose(fitted.eigenvalues, one.spectrum.eigenvalues)
    assert one.at(7).population is one.population


def test_the_mean_over_inputs_is_that_of_their_variances():
    rng = np.random.default_rng(0)
    x, samples = rng.standard_normal((5, 4)), rng.gamma(2.0, size=(200, 4)) * [3.0, 2.0, 1.0, 0.0]
    for law in (Population(samples), Spectrum.from_samples(samples)):
        expected = denoiser_mode_variance(x, law, 0.3, 20).mean(axis=0)
        np.testing.assert_allclose(mean_mode_variance(law, x, 0.3, 20), expected, rtol=1e-6)


def test_a_law_is_asked_for_the_case_and_for_images_without_end(case):
    def law(spectrum, n):
        return spectrum.eigenvalues * (1 / n + 1 / n**2)

    says, leading = case.with_naive(law)
    np.testing.assert_allclose(says, [0.44, 0.22, 0.11])
    np.testing.assert_allclose(leading, [0.4, 0.2, 0.1])
    says, limit = case.with_naive(lambda spectrum, n: spectrum.eigenvalues * n / (n + 10), of="mean")
    np.testing.assert_allclose(says, [2.0, 1.0, 0.5])
    np.testing.assert_allclose(limit, [4.0, 2.0, 1.0])
    with pytest.raises(ValueError, match="of must be 'variance' or 'mean', got 'total'"):
        case.with_naive(law, of="total")


@pytest.mark.parametrize(("color", "dim"), [(False, 16), (True, 48)])
def test_patches_in_modes_are_the_images_of_that_seed(color, dim):
    spectrum = patch_spectrum(4, color)
    found = patches_in_modes(spectrum, 5, seed=3)
    assert found.shape == (5, dim)
    pixels = flatten(load_images("natural-patches", 4, 5, color, seed=3))
    np.testing.assert_allclose(spectrum.to_pixels(found), pixels, atol=1e-5)
    with pytest.raises(ValueError, match="dim must be a square or three times a square, got 5"):
        patches_in_modes(Spectrum(np.ones(5)), 5, seed=3)


def test_another_size_keeps_the_rest(case):
    assert (case.at(7).n_samples, case.at(7).n_draws, case.at(7, 3).n_draws) == (7, 50, 3)
    assert case.at(7).spectrum is case.spectrum


def test_outputs_of_one_axis_are_those_of_one_input(case):
    assert case.measure(lambda model: model.mean).values.shape == (50, 1, 3)


def test_totals_are_summed_draw_by_draw():
    rng = np.random.default_rng(0)
    common = rng.standard_normal((400, 2, 1)) * np.ones(5)  # five modes that are one
    found = Draws(common).variance("total")
    each = common[..., 0].var(axis=0, ddof=1)
    assert np.isclose(found.value, 5 * each.mean())
    assert np.isclose(found.error, 5 * np.sqrt(2 / 400 / 2), rtol=0.2)  # not the root of five of one mode's


@pytest.mark.parametrize("over", ["modes", "bands", "total", "seeds"])
def test_laws_are_summed_as_the_values_are(case, over):
    x = linear.seed_noise(range(2), 3)
    draws = case.at(10, 4000).measure(lambda model: linear.denoise(model, x, 0.5))
    comparison = draws.variance(over).against(denoiser_mode_variance(x, case.spectrum, 0.5, 10))
    assert comparison.theory.shape == comparison.value.shape
    assert (comparison.excess() < 0.3).all()  # ten images, order 3/n


def test_bands_of_many_modes():
    values = np.ones((2, 5, 100))
    assert (summarise(values, "bands") == 1).all()
    assert summarise(values, "bands").shape[-1] < 40


def test_unknown_sum_is_named():
    with pytest.raises(ValueError, match="over must be"):
        summarise(np.ones((2, 2)), "pixels")


def test_places_of_bands_lie_between_the_eigenvalues(case):
    assert np.array_equal(case.places(), case.spectrum.eigenvalues)
    assert 1 <= case.places("bands").min() <= case.places("bands").max() <= 4


@pytest.mark.parametrize("images", [None, np.random.default_rng(0).standard_normal((40, 3))])
def test_gains_are_those_of_the_models_with_the_mean_known(case, images):
    known = Case("test", case.spectrum, 10, 4, "known", images)
    gains = known.measure_gain([0.5, 2.0]).values
    assert gains.shape == (4, 2, 1, 3)
    of_models = known.measure(lambda model: np.diag(linear.denoise(model, np.eye(3), 2.0))).values
    assert np.allclose(gains[:, 1], of_models)


@pytest.mark.parametrize("n", [2, 3, 10])  # fewer images than modes, as many, more
@pytest.mark.parametrize("mean", ["known", "estimated"])
@pytest.mark.parametrize("images", [None, np.random.default_rng(0).standard_normal((40, 3)) + 1])
def test_denoised_inputs_are_those_of_the_models(case, images, mean, n):
    one, x, levels = Case("test", case.spectrum, n, 4, mean, images), np.arange(12.0).reshape(2, 2, 3), [0.5, 2.0]
    expected = one.measure(lambda model: [linear.denoise(model, *pair) for pair in zip(x, levels, strict=True)])
    np.testing.assert_allclose(one.measure_denoiser(x, levels).values, expected.values, atol=1e-12)
    np.testing.assert_array_equal(one.measure_denoiser(x[1], 2.0).values, one.measure_denoiser(x, levels).values[:, 1])


def test_one_image_has_no_estimated_mean(case):
    with pytest.raises(ValueError, match="at least 2 rows"):
        Case("test", case.spectrum, 1, 4, "estimated", np.ones((40, 3))).measure_denoiser(np.eye(3), 0.5)


def test_disjoint_sets_vary_like_independent_ones_and_sets_drawn_anew_less():
    images = np.random.default_rng(0).standard_normal((40, 3))
    case = Case("test", Spectrum(np.ones(3)), 10, 2000, "known", images)
    first = np.eye(3)[:1]
    apart, anew = (
        found(lambda model: linear.apply(lambda s: s, model, first)).variance("total")
        for found in (case.measure_disjoint, case.measure)
    )
    each = images[:, :1] * images  # what one image adds to the first row of the covariance
    independent = each.var(axis=0, ddof=1).sum() / 10
    assert abs(apart.value - independent) < 4 * apart.error < 0.2 * independent
    assert abs(anew.value - 0.75 * independent) < 4 * anew.error  # 1 - n/N


def test_disjoint_sets_are_those_of_a_division():
    images = np.arange(24.0).reshape(12, 2)
    seen = []
    case = Case("test", Spectrum(np.ones(2)), 4, 5, "estimated", images)
    draws = case.measure_disjoint(lambda model: seen.append(model.mean) or model.mean)
    assert draws.values.shape == (6, 1, 2)  # two whole divisions into three
    divisions = np.array(seen).reshape(2, 3, 2)
    assert np.allclose(divisions.mean(axis=1), images.mean(axis=0))
    assert np.isclose(draws.variance("total").value, divisions.var(axis=1, ddof=1).sum(axis=-1).mean())


@pytest.mark.parametrize("over", ["modes", "seeds"])
@pytest.mark.parametrize("n_draws", [20, 23])
def test_the_jackknife_leaves_out_a_tenth_of_the_draws_in_turn(over, n_draws):
    draws = Draws(np.random.default_rng(0).gamma(2.0, size=(n_draws, 3, 4, 5)))
    laws = np.array([1.0, 2.0])[:, None, None]

    def statistic(variance):  # (3, places) -> (laws, 3)
        return np.median(variance / laws, axis=-1)

    value, error = draws.jackknife(statistic, over)
    shares = np.array_split(np.arange(n_draws), 10)
    without = [statistic(Draws(np.delete(draws.values, share, axis=0)).variance(over).value) for share in shares]
    assert value.shape == error.shape == (2, 3)
    np.testing.assert_allclose(value, statistic(draws.variance(over).value), rtol=1e-12)
    np.testing.assert_allclose(error, 3 * np.std(without, axis=0), rtol=1e-10)


def test_a_variance_is_held_against_laws_in_total_and_in_the_median():
    draws = Draws(np.random.default_rng(0).gamma(2.0, size=(60, 2, 4, 5)))  # (draws, levels, inputs, modes)
    laws = np.random.default_rng(1).uniform(1, 2, (3, 2, 5))
    found = draws.over_laws(laws)
    assert found.shape == (2, 2, 3, 2)
    total, modes = draws.variance("total"), draws.variance()
    np.testing.assert_allclose(found[0], [total.value / laws.sum(axis=-1), total.error / laws.sum(axis=-1)])
    np.testing.assert_allclose(found[1, 0], np.median(modes.value / laws, axis=-1))
    np.testing.assert_allclose(found[1, 1], draws.jackknife(lambda one: np.median(one / laws, axis=-1))[1])


def test_seeds_are_ranked_by_each_law():
    draws = Draws(np.random.default_rng(0).gamma(2.0, size=(60, 4, 5)) * np.arange(1, 5)[:, None])
    value, error = draws.rank_correlations([[1, 2, 3, 4], [4, 3, 2, 1]])
    np.testing.assert_allclose(value, [1, -1])
    assert error.shape == (2,)


def test_two_disjoint_sets_must_fit():
    case = Case("test", Spectrum(np.ones(2)), 7, 5, "estimated", np.zeros((12, 2)))
    with pytest.raises(ValueError, match="n_samples must be <= 6 for two disjoint sets, got 7"):
        case.measure_disjoint(lambda model: model.mean)

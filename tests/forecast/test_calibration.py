import numpy as np
import pytest

from rmt_utils import Spectrum, exact_map, mean_estimate_variance, spectral_variance
from rmt_utils.forecast.calibration import Calibration, Law
from rmt_utils.models import linear, simulation

SPECTRUM = Spectrum.power_law(60, 1.0)
LAW = Law(exact_map(80.0), 80.0, SPECTRUM)
BANDS = [0, 3, 10, 60]
SIZES = np.array([50, 100, 200])


def measured(factor, shape=1.0):
    return np.array([LAW.modes(n) * shape * factor(n) for n in SIZES])


def test_law_is_twice_the_variance_of_a_model():
    n = 40
    variance = 80.0**2 * spectral_variance(LAW.f, SPECTRUM, n - 1) + mean_estimate_variance(LAW.f, SPECTRUM, n)
    assert LAW.modes(n) == pytest.approx(2 * variance)


def test_law_is_the_difference_of_two_fitted_models():
    noise = linear.seed_noise(range(8), 60)

    def difference(rng):
        one, two = (linear.sample(simulation.gaussian_model(SPECTRUM, 40, rng), noise) for _ in range(2))
        return np.square(one - two).sum(axis=1)

    found = simulation.estimate(difference, 200)
    predicted = LAW.seeds(40, noise) * LAW.modes(40).sum()
    # four standard errors for the largest of 8, and 3/n for the finite size, as in chapter 3
    assert (np.abs(found.mean - predicted) <= 4 * found.standard_error + 3 / 40 * predicted).all()


def test_nothing_measured_changes_nothing():
    calibration = Calibration(LAW, np.zeros(0, int), np.zeros((0, 60)), BANDS)
    assert np.array_equal(calibration.modes(70), LAW.modes(70))


def test_a_power_of_one_plus_gamma_is_found_and_continued():
    calibration = Calibration(LAW, SIZES, measured(lambda n: 3 * (1 + 60 / n) ** -0.5), BANDS)
    for n in (50, 130, 1000):
        assert calibration.modes(n) == pytest.approx(3 * (1 + 60 / n) ** -0.5 * LAW.modes(n))
    assert calibration.factor(10) == pytest.approx(calibration.factor(50))


def test_the_power_is_fitted_to_the_three_largest_sizes():
    sizes = np.array([25, 50, 100, 200])
    factors = np.array([5.0, 2.0, 2.6, 2.0])  # on no line
    found = np.array([LAW.modes(n) * factor for n, factor in zip(sizes, factors, strict=True)])
    calibration = Calibration(LAW, sizes, found, BANDS)
    x, y = np.log1p(60 / sizes[1:]), np.log(factors[1:])
    slope = ((x - x.mean()) @ y) / ((x - x.mean()) @ (x - x.mean()))  # of least squares
    for n in (100, 200, 2000):
        assert calibration.factor(n) == pytest.approx(np.exp(y.mean() + slope * (np.log1p(60 / n) - x.mean())))


def test_below_the_fitted_sizes_the_measured_factor_holds():
    sizes = np.array([25, 50, 100, 200])
    found = np.array([LAW.modes(n) * factor for n, factor in zip(sizes, (1.0, 2.0, 2.0, 2.0), strict=True)])
    calibration = Calibration(LAW, sizes, found, BANDS)
    assert calibration.factor(np.array([3, 25, 50, 400])) == pytest.approx([1, 1, 2, 2])
    assert 1.2 < calibration.factor(35) < 1.8


def test_shape_moves_disagreement_between_bands_and_keeps_the_total():
    shape = np.repeat([0.5, 1.0, 2.0], np.diff(BANDS))
    calibration = Calibration(LAW, SIZES, measured(lambda n: 1.0, shape), BANDS)
    found, true = calibration.modes(100), LAW.modes(100) * shape
    assert found.sum() == pytest.approx(true.sum(), rel=0.01)  # the line is fitted to three sizes
    for band, tolerance in ((slice(0, 3), 0.2), (slice(3, 10), 0.2), (slice(10, 60), 0.05)):  # edges are smoothed
        assert found[band].sum() == pytest.approx(true[band].sum(), rel=tolerance)


def test_modes_in_which_no_models_were_fitted_are_taken_from_the_law():
    first = Law(LAW.f, LAW.scale, Spectrum(SPECTRUM.eigenvalues[:20]))
    found = np.array([2 * first.modes(n) for n in SIZES])
    calibration = Calibration(LAW, SIZES, found, [0, 3, 10, 60], first)
    twice = [2 * LAW.modes(n).sum() for n in SIZES]
    assert calibration.measured == pytest.approx(twice)
    assert [calibration.modes(n).sum() for n in SIZES] == pytest.approx(twice)
    assert calibration.found.sum() < 0.9 * calibration.measured.sum()


def test_needed_images_are_those_at_which_the_band_agrees():
    calibration = Calibration(LAW, SIZES, measured(lambda n: 2.0), BANDS)
    n = calibration.needed(0.1, 3, 10)
    share = calibration.modes(n)[3:10].sum() / SPECTRUM.eigenvalues[3:10].sum()
    assert share == pytest.approx(0.1, rel=0.01)
    assert calibration.needed(1e9) == 2
    assert calibration.needed(1e-15) == np.inf


def test_leverage_is_how_much_errors_of_the_measurements_move_the_factor():
    rng, sizes = np.random.default_rng(0), np.array([20, 50, 100, 200])
    truth = np.array([LAW.modes(n) for n in sizes])
    at = np.array([60.0, 200.0, 5000.0])
    factors = [
        Calibration(LAW, sizes, truth * np.exp(0.01 * rng.standard_normal((4, 1))), BANDS).factor(at)
        for _ in range(1000)
    ]
    calibration = Calibration(LAW, sizes, truth, BANDS)
    leverage = [calibration.leverage(n) for n in at]
    # 1000 draws know a variance to 4.5%: four of these
    assert np.var(np.log(factors), axis=0) / 0.01**2 == pytest.approx(leverage, rel=0.18)
    assert leverage[2] > 1.5 > leverage[0]
    for sizes, expected in (((100, 200), 1 / 2), ((100,), 1)):
        few = Calibration(LAW, np.array(sizes), np.array([LAW.modes(n) for n in sizes]), BANDS)
        assert few.leverage(1000.0) == pytest.approx(expected)

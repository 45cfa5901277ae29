"""The interval on images needed; how often it holds the right number is measured by benchmarks/long/coverage.py."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import t

from rmt_utils import Spectrum, exact_map, load_images
from rmt_utils.forecast import forecast
from rmt_utils.forecast.calibration import Calibration, Law
from rmt_utils.forecast.halves import Errors
from rmt_utils.forecast.interval import Interval
from rmt_utils.forecast.moments import shared_moments


def needed(images, **options):
    ((_, *found),) = forecast(
        images, n_samples=[len(images)], targets=[0.005], population=0, mixture=False, **options
    ).needed
    return found


def test_intervals_hold_what_all_images_say():
    """Of 12 forecasts from 300 digits at least 7 hold the number from all 1797; 90% intervals miss so with p = 5e-4."""
    images = load_images("digits", size=4)
    right = needed(images)[0]
    found = [
        needed(images[np.random.default_rng(seed).permutation(len(images))[:300]], seed=seed) for seed in range(12)
    ]
    assert sum(low <= right <= high for _, low, high in found) >= 7
    # and they are no wider than that takes: n itself varies by what a 90% interval of a normal variable would say
    widths = np.array([np.log(high / low) / 2 for _, low, high in found])
    spread = np.std(np.log([n for n, *_ in found]), ddof=1)
    assert 0.8 * spread < widths.mean() < 5 * spread


def test_more_images_make_it_narrower():
    images = load_images("digits", size=4)
    few, many = (np.divide(*needed(images[:n])[:0:-1]) for n in (200, 1797))
    assert 1 < many < few


@pytest.fixture(scope="module")
def calibrated():
    """A calibration that measured what the law says, of 640 Gaussian images in 16 shares, and the shares."""
    spectrum = Spectrum.power_law(12, 1.0)
    rows = np.random.default_rng(0).standard_normal((640, 12)) * np.sqrt(spectrum.eigenvalues)
    law, sizes = Law(exact_map(80.0), 80.0, spectrum), np.array([40, 80, 160])
    found = np.array([law.modes(n) for n in sizes])
    return Calibration(law, sizes, found, [0, 12]), shared_moments([rows], 12, 16)[0]


def test_errors_of_measurement_and_of_modes_left_out_widen_it_alike(calibrated):
    """Where they are all, by the normal distribution's quantile; with the jackknife's by one between that and t's."""
    n, at = 500.0, []
    for errors in ((0.0, 0.0), (0.3, 0.0), (0.0, 0.3), (0.18, 0.24), (2.5, 0.0)):
        low, high = Interval(*calibrated, Errors(0.0, errors[0] ** 2)).around(n, errors[1])
        assert low * high == pytest.approx(n**2)
        at.append(np.log(high / n))
    assert at[1:4] == pytest.approx([at[1]] * 3)
    law = calibrated[0].law
    slope = -np.log(law.modes(n * 1.05).sum() / law.modes(n).sum()) / np.log(1.05)
    assert at[4] == pytest.approx(1.644854 * 2.5 / slope, rel=1e-4)
    jackknife = (at[0] * slope / 1.894579) ** 2  # t's 95% quantile with 7 degrees of freedom
    freedom = 7 * (1 + 0.3**2 / jackknife) ** 2
    assert at[1] == pytest.approx(t.ppf(0.95, freedom) * np.hypot(0.3, jackknife**0.5) / slope, rel=1e-5)
    assert freedom > 50


def test_what_is_a_measurements_own_counts_more_where_the_line_is_followed_far(calibrated):
    def variance(own, common, n):
        calibration, shares = calibrated
        law, around = calibration.law, Interval(calibration, shares, Errors(own, common)).around(n)
        slope = np.log(law.modes(n * 1.05).sum() / law.modes(n).sum()) / np.log(1.05)
        return (slope * np.log(around[1] / n) / 1.644854) ** 2

    for n in (60.0, 500.0, 5000.0):  # the jackknife is nothing beside an error of 1
        assert variance(1.0, 0.0, n) == pytest.approx(variance(0.0, 1.0, n) * calibrated[0].leverage(n), rel=1e-3)


def test_images_left_out_widen_as_the_jackknife_says(calibrated):
    """Its standard error of a mean is exact: s/sqrt(8) of the means of the groups."""
    calibration, shares = calibrated
    n, values = 500.0, np.random.default_rng(1).standard_normal(8) / 10
    interval = Interval(calibration, shares, Errors(0.0, 0.0))
    left_out = (values.sum() - values) / 7
    interval.laws = [SimpleNamespace(modes=lambda m, v=v: np.array([np.exp(v * (m == n))])) for v in left_out]
    law = calibration.law
    slope = np.log(law.modes(n * 1.05).sum() / law.modes(n).sum()) / np.log(1.05)
    expected = 1.894579 * values.std(ddof=1) / np.sqrt(8) / -slope
    assert np.log(interval.around(n)[1] / n) == pytest.approx(expected, rel=1e-6)


def test_too_few_images_have_none():
    n, low, high = needed(load_images("digits", n_images=20))
    assert n > 20
    assert np.isnan([low, high]).all()
    assert pytest.approx(n) == needed(load_images("digits", n_images=20))[0]

"""The clock of a network against clocks that are known."""

import numpy as np
import pytest

from rmt_utils import Spectrum, early_stopped_map, edm_sigmas
from rmt_utils.nets.clock import at_times, band_variance, clocked, error_of_off, exposure, fit_clock
from rmt_utils.nets.recipe import Recipe

BANDS = [(0, 2), (2, 6)]
LAW = Spectrum(
    [9.0, 4.0, 0.5, 0.2, 0.1, 0.05], eigenvectors=np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
)


def test_variance_by_band_is_that_of_the_samples_own_modes():
    rng = np.random.default_rng(1)
    modes = 3 + rng.standard_normal((2, 40_000, 6)) * np.sqrt(LAW.eigenvalues) * np.array([1, 1, 2, 2, 2, 2])
    found = band_variance(modes @ LAW.eigenvectors.T, LAW, BANDS)
    assert found.shape == (2, 2)
    np.testing.assert_allclose(found, [[1, 4], [1, 4]], rtol=4 * np.sqrt(2 / 40_000))


@pytest.mark.parametrize("factor", [0.3, 4.0, 50.0])
def test_a_linear_model_keeps_its_own_time(factor):
    recipe = Recipe("unet-tiny", 1000, snapshots=(10, 30, 100, 300))
    exposed = exposure(recipe, [10, 30, 100, 300, 1000])
    assert (np.diff(exposed) > 0).all()
    assert exposed[-1] < 1000 * recipe.learning_rate
    times = np.geomspace(1e-4, 1e4, 400)
    maps = [early_stopped_map(edm_sigmas(10), t, 1.0) for t in times]
    line = np.array([6400 * f(0.1) ** 2 / 0.1 for f in maps])
    measured = [6400 * early_stopped_map(edm_sigmas(10), factor * t, 1.0)(0.1) ** 2 / 0.1 for t in exposed]
    assert fit_clock(exposed, measured, times, line) == pytest.approx(factor, rel=0.02)
    np.testing.assert_allclose(at_times(factor * exposed, times, line), measured, rtol=0.01)


def test_the_clock_of_the_last_band_is_tried_on_the_others():
    """Samples that share the last band's time, and are twice as fast in the first."""
    times, exposed = np.geomspace(0.01, 100, 200), np.array([0.5, 1.0, 2.0])
    rows = np.random.default_rng(0).standard_normal((500, 6)) @ LAW.eigenvectors.T

    def grown(slow, fast):
        modes = rows @ LAW.eigenvectors
        return np.concatenate([modes[:, :2] * np.sqrt(1 + 1 / fast), modes[:, 2:] * np.sqrt(1 + 1 / slow)], axis=1)

    line = np.stack([grown(t, t) @ LAW.eigenvectors.T for t in times])
    samples = np.stack([grown(3 * t, 6 * t) @ LAW.eigenvectors.T for t in exposed])
    found = clocked(samples, exposed, line, times, LAW, BANDS)
    assert found.factor == pytest.approx(3, rel=0.02)
    np.testing.assert_allclose(found.linear[:, 1], found.network[:, 1], rtol=0.01)
    shift = (1 + 1 / (3 * exposed)) / (1 + 1 / (6 * exposed))
    np.testing.assert_allclose(found.off, [np.exp(np.sqrt(np.mean(np.log(shift) ** 2))), 1], rtol=0.02)


def test_what_cannot_be_compared_in_logarithms_is_named():
    with pytest.raises(ValueError, match="measured"):
        fit_clock(np.ones(2), [1.0, 0.0], np.ones(3), np.ones(3))


def test_the_error_of_a_factor_is_half_the_gap_of_two_halves_of_the_seeds():
    rng, times = np.random.default_rng(3), np.geomspace(0.1, 10, 30)
    samples, line = rng.standard_normal((3, 40, 6)), rng.standard_normal((30, 40, 6)) * (1 + 1 / times)[:, None, None]
    about = np.array([0.5, 1.0, 2.0]), times, LAW, BANDS
    even, odd = (clocked(samples[:, s::2], about[0], line[:, s::2], *about[1:]).off for s in (0, 1))
    found = error_of_off(samples, about[0], line, *about[1:])
    np.testing.assert_allclose(found, np.abs(even - odd) / 2)

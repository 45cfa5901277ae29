"""Values carried from a grid to every mode, against the functions themselves."""

import numpy as np
import pytest

from rmt_utils.theory.grid import Grid


# what contours ask for: up to a right angle within the spectrum, more only below and above it
@pytest.mark.parametrize("kappa", [1e-12, 1e-6, 1e-4j, 3e-10 * np.exp(0.75j * np.pi), -4.0, -1e-9 / 4])
def test_shrinkage_of_any_mode_from_the_grid(kappa):
    values = np.random.default_rng(0).permutation(np.concatenate([np.geomspace(1e-9, 1, 5000), np.zeros(9)]))
    grid = Grid(values)
    assert grid.points.size < 500
    expected = np.divide(values, values + kappa)
    np.testing.assert_allclose(grid.to_modes(grid.points / (grid.points + kappa)), expected, rtol=3e-12)


def test_few_modes_are_their_own_grid():
    grid = Grid(np.array([3.0, 0.0, 1.0]))
    np.testing.assert_array_equal(grid.points, [3.0, 1.0])
    np.testing.assert_array_equal(grid.to_modes(np.eye(2)), [[1, 0], [0, 0], [0, 1]])


@pytest.mark.parametrize("values", [np.full(1000, 2.0), np.linspace(2, 2.1, 1000), np.zeros(3)])
def test_narrow_spectra(values):
    grid = Grid(values)
    np.testing.assert_allclose(grid.to_modes(grid.points**2), values**2, rtol=1e-13)

"""The one filter."""

import numpy as np
import pytest

from rmt_utils.data.area import overlaps, resize, square

IMAGES = np.random.default_rng(0).uniform(-1, 1, (3, 24, 24, 3)).astype(np.float32)


@pytest.mark.parametrize("size", [1, 5, 8, 16, 23, 24, 31, 48])
def test_every_side_is_the_mean_over_areas(size):
    """Against the picture drawn so finely that every new pixel is a whole block of it."""
    fine = np.repeat(np.repeat(IMAGES.astype(np.float64), size, axis=1), size, axis=2)
    expected = fine.reshape(3, size, 24, size, 24, 3).mean(axis=(2, 4))
    assert resize(IMAGES, size) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("size", [8, 12])
def test_blocks_and_weights_are_one_filter(size):
    weights = overlaps(24, size).astype(np.float64)
    expected = np.einsum("ay,bx,nyxc->nabc", weights, weights, IMAGES)
    assert resize(IMAGES, size) == pytest.approx(expected, abs=1e-6)


def test_the_filter_does_not_jump_between_sides_that_differ_by_a_pixel():
    """A picture of 64 and its 63 pixels without an edge: the same filter, so nearly the same variance at 16."""
    images = np.random.default_rng(1).uniform(-1, 1, (200, 64, 64, 1)).astype(np.float32)
    first, second = (resize(one, 16).var() for one in (images, images[:, :63, :63]))
    # of white noise it keeps the sum of the squared weights: four of 1/4 in each direction, of 63 a little less
    expected = (overlaps(63, 16) ** 2).sum(axis=1).mean() ** 2 / (1 / 4) ** 2
    assert second / first == pytest.approx(expected, rel=0.05)
    assert expected > 0.8  # a triangle twice as wide would keep 0.5


@pytest.mark.parametrize("size", [16, 23, 34])
def test_extremes_stay_in_range(size):
    white = np.ones((1, 63, 63, 1), np.float32)
    assert np.abs(resize(white, size)).max() <= 1


def test_central_square():
    assert np.array_equal(square(IMAGES[:, :, 2:9]), IMAGES[:, 8:15, 2:9])

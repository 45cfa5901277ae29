"""The interval on images needed; how often it holds the right number is measured by benchmarks/coverage.py."""

import numpy as np
import pytest

from rmt_utils import load_images
from rmt_utils.forecast import forecast


def needed(images, **options):
    ((_, *found),) = forecast(images, n_samples=[len(images)], targets=[0.005], population=0, **options).needed
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


def test_too_few_images_have_none():
    n, low, high = needed(load_images("digits", n_images=20))
    assert n > 20
    assert np.isnan([low, high]).all()
    assert pytest.approx(n) == needed(load_images("digits", n_images=20))[0]

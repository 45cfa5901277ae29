"""Bands of modes and rings of frequency share out everything once."""

import numpy as np
import pytest

from rmt_utils.models.bands import bands, ring_powers, rings


@pytest.mark.parametrize("shape", [(8, 8), (7, 12)])
def test_every_frequency_is_in_one_ring(shape):
    found = rings(*shape)
    assert (sum(mask.astype(int) for *_, mask in found) == 1).all()
    pictures = np.random.default_rng(0).standard_normal((5, *shape, 3))
    powers = ring_powers(pictures, [mask for *_, mask in found])
    np.testing.assert_allclose(powers.sum(axis=0), np.square(pictures).sum(axis=(1, 2, 3)))


def test_a_wave_lies_in_the_ring_of_its_frequency():
    wave = np.cos(2 * np.pi * 3 * np.arange(16) / 16)[None, :, None, None] * np.ones((1, 16, 16, 1))
    powers = {(low, high): ring_powers(wave, [mask])[0, 0] for low, high, mask in rings(16, 16)}
    assert powers.pop((2.0, 4.0)) == pytest.approx(128)
    assert max(powers.values()) < 1e-20


def test_bands_reach_from_the_first_mode_to_the_last():
    for n_modes in (3, 5, 6, 3072):
        edges = [edge for pair in bands(n_modes) for edge in pair]
        assert edges[::2] == [0, *edges[1:-1:2]]
        assert edges[-1] == n_modes

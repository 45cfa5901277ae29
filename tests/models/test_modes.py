"""What samples are in the modes of a population, against the definitions."""

import numpy as np
import pytest

from rmt_utils.models.modes import Modes
from rmt_utils.theory.spectrum import Spectrum


def test_measures_by_mode_are_their_definitions():
    rng = np.random.default_rng(0)
    population, mean = Spectrum.from_samples(rng.standard_normal((40, 6))), rng.standard_normal(6)
    modes, x = Modes(population, mean), rng.standard_normal((2, 2, 9, 6))
    mode = 3
    one, two = ((half - mean) @ population.eigenvectors[:, mode] for half in x)  # (training seeds, seeds)
    value = population.eigenvalues[mode]
    np.testing.assert_allclose(modes.squares(x[0])[..., mode], one**2 / value)
    assert modes.variance(x)[mode] == pytest.approx((one**2).mean() / value)
    crossed = (one[0] * two[1] + one[1] * two[0]).mean() / 2
    assert modes.shared(x)[mode] == pytest.approx(crossed / value)
    assert modes.apart(x)[mode] == pytest.approx(((one - two) ** 2).mean())

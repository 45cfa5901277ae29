"""What chapter 5 computes on samples, against its definitions."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from rmt_utils.book.drawing import size_axis
from rmt_utils.book.networks import Networks, draw_curves
from rmt_utils.models import linear
from rmt_utils.nets import sweep
from rmt_utils.theory.spectrum import Spectrum


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    return Networks(sweep.quick(), tmp_path_factory.mktemp("empty"), {"UNet": "unet-tiny"}, 40)


def test_linear_models_are_those_of_the_networks_images(net):
    assert net.samples("UNet", 50).size == 0  # nothing has been trained
    images = net.training(50, 2)
    assert images.shape == (50, 64)
    expected = linear.sample_heun(Spectrum.from_samples(images), net.noise)
    np.testing.assert_array_equal(net.fitted(50)[1, 0], expected)


def test_measures_by_mode_are_their_definitions(net):
    x = np.random.default_rng(0).standard_normal((2, 2, len(net.noise), 64))
    basis, values, mean = net.population.eigenvectors, net.eigenvalues, net.ideal.mean(axis=0)
    mode = 3
    one, two = ((half - mean) @ basis[:, mode] for half in x)  # (training seeds, seeds)
    assert net.variance(x)[mode] == pytest.approx((one**2).mean() / values[mode])
    crossed = (one[0] * two[1] + one[1] * two[0]).mean() / 2
    assert net.shared(x)[mode] == pytest.approx(crossed / values[mode])
    assert net.apart(x)[mode] == pytest.approx(((one - two) ** 2).mean())


def test_curves_are_drawn_in_the_order_of_their_places():
    axis = plt.figure().add_subplot()
    draw_curves(axis, {"a": {30: (3.0, 0.1), 10: (1.0, 0.2)}}, {"a": "k"})
    np.testing.assert_array_equal(axis.get_lines()[0].get_xydata(), [[10, 1], [30, 3]])


def test_the_axis_of_sizes_says_gamma_and_epochs():
    axis = plt.figure().add_subplot()
    axis.plot([100, 1000], [1, 2])
    size_axis(axis, [100, 1000], 196, 80_000)
    assert [label.get_text() for label in axis.get_xticklabels()] == ["100\n2\n800", "1,000\n0.2\n80"]
    (band,) = axis.patches
    assert band.get_x() + band.get_width() == pytest.approx(min(axis.get_xlim()[1], 1960))

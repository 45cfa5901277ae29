"""What chapter 5 computes on samples, against its definitions."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from rmt_utils.book.drawing import size_axis
from rmt_utils.book.figures import Chapter
from rmt_utils.book.networks import Networks, by_label, draw_bars, draw_curves, draw_sorted
from rmt_utils.models import linear
from rmt_utils.nets import sweep
from rmt_utils.theory.spectrum import Spectrum


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    chapter = Chapter("05_deep_networks", "quick", tmp_path_factory.mktemp("figures"))
    return Networks(chapter, sweep.quick(), tmp_path_factory.mktemp("empty"))


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


def test_short_and_long_trainings_are_those_of_the_plan(net):
    assert net.sizes == [50, 400]
    assert net.long == 80
    assert net.recipe("DiT").network == "dit-tiny"
    assert net.recipe("MLP").steps == net.recipe("UNet", "regions").steps == 40


def test_curves_leave_out_what_is_not_finished(net):
    table = net.curves(lambda name, n: [(n, 0.5), (-n, 0.5)] if name == "UNet" else [], ("a", "b"), net.sizes)
    assert table == {
        "UNet": {"a": {50: (50, 0.5), 400: (400, 0.5)}, "b": {50: (-50, 0.5), 400: (-400, 0.5)}},
        "DiT": {"a": {}, "b": {}},
    }
    assert by_label(table)["b"] == {"UNet": {50: (-50, 0.5), 400: (-400, 0.5)}, "DiT": {}}


def test_a_shown_table_is_drawn_and_recorded(net):
    panels = {"UNet": {"a b": {50: (2.0, 0.1), 400: (1.0, 0.1)}}, "DiT": {"a b": {}}}
    net.show("fig-x", "A table", panels, {"a b": "k"}, prefix="p-", ylabel="y")
    (entry,) = net.chapter.record["figures"]
    assert entry["numbers"] == {"p-a-b-UNet-50": "2.00 ± 0.10", "p-a-b-UNet-400": "1.00 ± 0.10"}
    net.judge("a b", [2.0, 4.0], [1.0, 2.0], at_least=1.5)
    assert entry["verdicts"][0]["name"] == "a-b"
    assert entry["verdicts"][0]["shown"] == "2.000 ± 0.000"


def test_bars_stand_side_by_side():
    axis = plt.figure().add_subplot()
    groups = {"one": {"p": (1.0, 0.1), "q": (2.0, 0.1)}, "two": {"p": (3.0, 0.1), "q": (4.0, 0.1)}}
    draw_bars(axis, groups, {"p": "k", "q": "r"})
    assert [bar.get_width() for bar in axis.patches] == [1, 3, 2, 4]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["one", "two"]


def test_sorted_differences_fall_and_average_over_training_seeds():
    axis = plt.figure().add_subplot()
    draw_sorted(axis, np.array([[1.0, 3.0], [5.0, 2.0]]), "k")
    np.testing.assert_array_equal(axis.get_lines()[0].get_xydata(), [[25, 4], [75, 1.5]])


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

"""Tables of curves, and how they are drawn and recorded."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from rmt_utils.book.curves import (
    by_label,
    draw_bars,
    draw_curves,
    draw_families,
    draw_modes,
    draw_sorted,
    measure,
    shades,
    show,
    show_tails,
    tabulate,
    while_training,
)
from rmt_utils.book.drawing import size_axis
from rmt_utils.book.figures import Chapter, band_means
from rmt_utils.models.agreement import tail
from rmt_utils.style import THEORY


@pytest.fixture
def chapter(tmp_path):
    return Chapter("05_deep_networks", "quick", tmp_path)


def test_curves_leave_out_what_is_not_finished():
    table = tabulate(lambda name, n: [(n, 0.5), (-n, 0.5)] if name == "UNet" else None, ("a", "b"), (50, 400))
    assert table == {
        "UNet": {"a": {50: (50, 0.5), 400: (400, 0.5)}, "b": {50: (-50, 0.5), 400: (-400, 0.5)}},
        "DiT": {"a": {}, "b": {}},
    }
    assert by_label(table)["b"] == {"UNet": {50: (-50, 0.5), 400: (-400, 0.5)}, "DiT": {}}


@pytest.mark.parametrize(("fewest", "steps"), [(1, [10, 20]), (2, [20])])
def test_a_table_over_time_has_the_snapshots_of_every_training(fewest, steps):
    asked = []

    def samples(name, n, split, steps, at):
        asked.append((name, n, split, steps, at))
        return np.ones((2, at // 10, 3, 4) if name == "UNet" else (0, 0, 0, 0))

    net = SimpleNamespace(samples=samples, snapshots=[10, 20])
    trainings = {"one": ("UNet", 400, "iid", 20), "none": ("DiT", 50, "surrogate", 40)}
    table = while_training(net, lambda x, n: [(x.shape[1], n)], ["a"], trainings, fewest)
    assert table == {"one": {"a": {step: (step // 10, 400) for step in steps}}, "none": {"a": {}}}
    assert asked == [(*case, step) for case in trainings.values() for step in (10, 20)]


def test_the_last_of_shades_is_black_and_no_two_are_equal():
    found = shades(*"abcdef")
    assert [*found] == [*"abcdef"]
    assert found["f"] == THEORY
    assert len({*found.values()}) == 6
    with pytest.raises(ValueError, match="zip"):
        shades(*"abcdefg")


def test_tails_have_a_panel_for_each_network_and_linear_models_dotted(chapter, saved):
    raw = {"UNet": np.array([[3.0, 1.0, 2.0]]), "DiT": np.array([[1.0, 5.0, 4.0]])}
    net = SimpleNamespace(
        difference=lambda name, n, split: n * raw[name], linear=lambda n, split: np.full((1, 3), n / 10)
    )
    show_tails(chapter, "fig-x", "Tails", net, {(10, "iid"): "r", (20, "surrogate"): "b"})
    axes = saved[0].axes
    assert [axis.get_title() for axis in axes] == ["UNet", "DiT"]
    assert [line.get_ydata().tolist() for line in axes[1].lines] == [[50, 40, 10], [1] * 3, [100, 80, 20], [2] * 3]
    assert [line.get_linestyle() for line in axes[1].lines] == ["-", ":"] * 2
    assert axes[1].get_legend_handles_labels()[1] == ["images, $n=10$", "Gaussian surrogate, $n=20$"]


def test_a_shown_table_is_drawn_and_recorded(chapter):
    panels = {"UNet": {"a b": {50: (2.0, 0.1), 400: (1.0, 0.1)}}, "DiT": {"a b": {}}}
    show(chapter, "fig-x", "A table", panels, {"a b": "k"}, prefix="p-", ylabel="y")
    (entry,) = chapter.record["figures"]
    assert entry["numbers"] == {"p-a-b-UNet-50": "2.00 ± 0.10", "p-a-b-UNet-400": "1.00 ± 0.10"}


def test_what_is_measured_is_shown_and_returned(chapter):
    net = SimpleNamespace(
        sizes=[50, 400],
        population=SimpleNamespace(dim=64),
        first=SimpleNamespace(recipe=SimpleNamespace(steps=10, batch=5)),
    )
    table = measure(chapter, "fig-x", "A table", lambda name, n: [(len(name) / n, 0.1)], {"a": "k"}, net, prefix="p-")
    assert table == tabulate(lambda name, n: [(len(name) / n, 0.1)], {"a": "k"}, [50, 400])
    (entry,) = chapter.record["figures"]
    assert list(entry["numbers"]) == ["p-a-UNet-50", "p-a-UNet-400", "p-a-DiT-50", "p-a-DiT-400"]


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 1)), (3, (1, 3)), (4, (2, 2)), (5, (2, 3)), (6, (2, 3))])
def test_panels_stand_side_by_side_up_to_three(chapter, saved, count, shape):
    show(chapter, "fig-x", "A table", {str(panel): {"a": {50: (2.0, 0.1)}} for panel in range(count)}, {"a": "k"})
    axes = saved[0].axes
    assert [axis.get_title() for axis in axes] == [str(panel) for panel in range(count)]
    assert axes[0].get_gridspec().get_geometry() == shape


def test_modes_are_drawn_as_means_over_neighbours():
    axis = plt.figure().add_subplot()
    values = np.random.default_rng(0).random(64)
    draw_modes(axis, values, "k", n_bands=5)
    (line,) = axis.get_lines()
    np.testing.assert_array_equal(line.get_ydata(), band_means(values, 5))
    assert line.get_xdata()[0] == 1


def test_bars_stand_side_by_side():
    axis = plt.figure().add_subplot()
    groups = {"one": [(1.0, 2.0), (0.1, 0.2)], "two": [(3.0, 4.0), (0.3, 0.4)]}
    draw_bars(axis, groups, {"p": "k", "q": "r"})
    assert [bar.get_width() for bar in axis.patches] == [1, 3, 2, 4]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["one", "two"]


def test_families_are_lines_of_one_part_against_another():
    axis, values = plt.figure().add_subplot(), np.arange(20.0)
    draw_families(axis, {1: [tail(values), tail(2 * values)], 4: [tail(values**2)]}, "median", "mean")
    assert [line.get_xydata().tolist() for line in axis.lines] == [[[9.5, 9.5], [19, 19]], [[90.5, 123.5]]]
    assert axis.get_legend_handles_labels()[1] == ["$K=1$", "$K=4$"]
    assert len({line.get_color() for line in axis.lines}) == 2


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

"""What is drawn is what was measured."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from rmt_utils import Spectrum
from rmt_utils.book import (
    Case,
    Chapter,
    Comparison,
    Measured,
    check_each,
    compare,
    draw,
    draw_against,
    draw_each,
    draw_groups,
    draw_sizes,
    ellipse,
    log_ticks,
    matrix,
    noise_levels,
    panels,
)
from rmt_utils.style import NAIVE, SERIES, SPLIT_1, THEORY


@pytest.fixture
def axes():
    figure, axes = plt.subplots(1, 2)
    yield axes
    plt.close(figure)


def test_noise_levels_are_named_as_they_are_written():
    levels, labels = noise_levels(0.01, 1.0, 25)
    assert levels.tolist() == [0.01, 1.0, 25.0]
    assert labels == [r"$\sigma^2=0.01$", r"$\sigma^2=1$", r"$\sigma^2=25$"]


def test_panels_name_their_cases(axes):
    cases = [Case(name, Spectrum([1.0, 1.0]), 5, 2) for name in ("a", "b")]
    for axis, case in panels(axes, cases, "x", "y", yscale="log", ylim=(1, 10)):
        axis.plot([1], label=case.name)
    assert [axis.get_title() for axis in axes] == ["a, $d=2$, $n=5$", "b, $d=2$, $n=5$"]
    assert [axis.get_xlabel() for axis in axes] == ["x", "x"]
    assert [axis.get_ylabel() for axis in axes] == ["y", ""]
    assert [axis.get_legend() is None for axis in axes] == [True, False]
    assert [(axis.get_yscale(), axis.get_ylim()) for axis in axes] == [("log", (1, 10))] * 2


def test_panels_of_several_cases_have_their_titles(axes):
    given = ["a, many", "b, many"]
    assert [title for _, title in panels(axes, given, "x", "y", None)] == given
    assert [axis.get_title() for axis in axes] == given
    assert [axis.get_legend() for axis in axes] == [None, None]


def test_points_line_and_dashes(axes):
    x, law = np.array([3.0, 1.0, 2.0]), np.array([30.0, 10.0, 20.0])
    draw(axes[0], x, Comparison(law + 1, 0 * law, law, law / 2))
    points, theory, dashes = axes[0].lines[0], axes[0].lines[-2], axes[0].lines[-1]
    assert points.get_ydata().tolist() == [31, 11, 21]
    assert theory.get_xydata().tolist() == [[1, 10], [2, 20], [3, 30]]
    assert (dashes.get_ydata() * 2).tolist() == [10, 20, 30]
    assert dashes.get_linestyle() == "--"
    assert [line.get_color() for line in (points, theory, dashes)] == [SPLIT_1, THEORY, NAIVE]
    draw(axes[1], x, Comparison(law, 0 * law, law, law), "red")
    assert {line.get_color() for line in (axes[1].lines[0], *axes[1].lines[-2:])} == {"red"}


def test_every_row_has_its_colour_and_label(axes):
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    draw_each(axes[0], [1, 2], Comparison(rows, 0 * rows, rows + 1), ["one", "two"])
    points, lines = axes[0].lines[::2], axes[0].lines[1::2]
    assert [line.get_ydata().tolist() for line in points] == rows.tolist()
    assert [line.get_ydata().tolist() for line in lines] == (rows + 1).tolist()
    assert [line.get_color() for line in lines] == list(SERIES[:2])
    assert axes[0].get_legend_handles_labels()[1] == ["one", "two"]
    with pytest.raises(ValueError, match="labels must be at most 6, one a colour, got 7"):
        draw_each(axes[0], [1, 2], Comparison(*[np.ones((7, 2))] * 3), list("abcdefg"))


def found_at(value, *sizes):
    """Cases of these sizes and, for each, two rows of two places where the law says 1."""
    ones = np.ones((2, 2))
    return {Case("a", Spectrum([4.0, 1.0]), n, 2): Comparison(value * ones, 0 * ones, ones) for n in sizes}


@pytest.mark.parametrize(("places", "x"), [("modes", [4, 1]), ({5: [7, 8], 6: [7, 8]}, [7, 8])])
def test_a_figure_of_comparisons_has_a_panel_for_each_case(tmp_path, saved, places, x):
    found = found_at(2.0, 5, 6)
    places = places if places == "modes" else {case: places[case.n_samples] for case in found}
    chapter = Chapter("07_test", "quick", tmp_path)
    compare(chapter, "fig-a", "A", found, places, ["one", "two"], "3B", "mode", "gain", yscale="log")
    axes = saved[0].axes
    assert chapter.record["figures"][0]["paper"] == "3B"
    assert [axis.get_title() for axis in axes] == ["a, $d=2$, $n=5$", "a, $d=2$, $n=6$"]
    named = [("eigenvalue $\\lambda$", "log", "log"), ("mode", "linear", "log")][places != "modes"]
    assert [(axis.get_xlabel(), axis.get_xscale(), axis.get_yscale()) for axis in axes] == [named] * 2
    assert [axis.get_legend() is None for axis in axes] == [True, False]
    points = [line for line in axes[1].lines if line.get_marker() == "o"]
    assert [line.get_xydata().tolist() for line in points] == [[[x[0], 2], [x[1], 2]]] * 2
    assert axes[1].get_legend_handles_labels()[1] == ["one", "two"]


def test_a_figure_without_labels_has_no_legend(tmp_path, saved):
    found = {case: one[0] for case, one in found_at(2.0, 5, 6).items()}
    compare(Chapter("07_test", "quick", tmp_path), "fig-a", "A", found, "modes", ylabel="gain")
    axes = saved[0].axes
    assert [axis.get_legend() for axis in axes] == [None, None]
    assert [axis.get_ylabel() for axis in axes] == ["gain", ""]


@pytest.mark.parametrize("sizes", [[10, 100], {10: 7, 100: 8}])
def test_sizes_of_training_sets_are_on_a_logarithmic_axis(axes, sizes):
    rows = np.array([[2.0, 1.0], [3.0, 4.0]])
    draw_sizes(axes[0], sizes, Comparison(rows, 0 * rows, rows), ["one", "two"], title="t", ylim=(1, 5))
    assert axes[0].lines[0].get_xydata().tolist() == [[10, 2], [100, 1]]
    assert (axes[0].get_xlabel(), axes[0].get_xscale()) == ("images $n$", "log")
    assert [tick.get_text() for tick in axes[0].get_xticklabels()] == ["10", "100"]
    assert axes[0].get_xticks(minor=True).size == 0
    assert (axes[0].get_title(), axes[0].get_ylim()) == ("t", (1, 5))
    assert [text.get_text() for text in axes[0].get_legend().get_texts()] == ["one", "two"]


def test_every_case_is_held_to_the_tolerance_of_its_size(tmp_path, capsys):
    chapter = Chapter("07_test", "book", tmp_path)
    with chapter.figure("fig-a", "A"):
        pass
    capsys.readouterr()
    found = found_at(1.025, 10, 100)
    check_each(chapter, found, "bands", "band", {next(iter(found)): 0.6})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("(")[1] for line in lines] == ["at most 0.3)", "at least 0.3)", "at least 0.3)", "at most 0.03)"]
    assert lines[3].startswith("a, bands: gap")
    with pytest.raises(AssertionError, match=r"a, bands: gap beyond 4 standard errors: 0\.025 \(at most 0\.015\)"):
        check_each(chapter, found_at(1.025, 200), "bands", "band")


def test_groups_stand_at_their_ticks_part_beside_part(axes):
    values = np.arange(12.0).reshape(3, 2, 2)  # (ticks, parts, labels)
    draw_groups(axes[0], values, np.full_like(values, 0.1), ["one", "two"], ["a", "b", "c"])
    points = [container.lines[0] for container in axes[0].containers]
    assert [line.get_ydata().tolist() for line in points] == [[0, 4, 8], [2, 6, 10], [1, 5, 9], [3, 7, 11]]
    np.testing.assert_allclose([line.get_xdata()[1] for line in points], [1, 1.06, 1.18, 1.24])
    assert [line.get_markerfacecolor() for line in points] == [SERIES[0], "none", SERIES[1], "none"]
    assert axes[0].get_legend_handles_labels()[1] == ["one", "two"]
    assert [tick.get_text() for tick in axes[0].get_xticklabels()] == ["a", "b", "c"]


def test_equality_goes_through_the_smallest_and_the_largest_value(axes):
    measured = Measured(np.array([1.0, 4.0, 2.0]), np.full(3, 0.1), "seeds")
    laws = {"one": np.array([1.0, 3.0, 2.0]), "other": np.array([2.0, 8.0, 4.0])}
    draw_against(axes[0], measured, laws, {"one": SPLIT_1, "other": NAIVE})
    points = [container.lines[0] for container in axes[0].containers]
    assert [line.get_xdata().tolist() for line in points] == [[1, 3, 2], [2, 8, 4]]
    assert [line.get_color() for line in points] == [SPLIT_1, NAIVE]
    assert axes[0].get_legend_handles_labels()[1] == ["one", "other"]
    line = axes[0].lines[-1]
    assert (line.get_xy1(), line.get_xy2()) == ((1, 1), (4, 4))


def test_a_logarithmic_axis_has_the_ticks_that_are_asked_for(axes):
    log_ticks(axes[0], (2, 5, 20))
    axes[0].figure.canvas.draw()
    assert axes[0].get_xscale() == "log"
    assert [tick.get_text() for tick in axes[0].get_xticklabels()] == ["2", "5", "20"]
    assert axes[0].get_xticks(minor=True).size == 0


def test_matrix_writes_its_numbers(axes):
    matrix(axes[0], np.array([[0.0, 1.0], [1.0, 0.0]]), ["one", "two"])
    assert [text.get_text() for text in axes[0].texts] == ["0.000", "1.000", "1.000", "0.000"]
    assert [text.get_color() for text in axes[0].texts] == ["k", "w", "w", "k"]
    matrix(axes[1], np.eye(2), top=2.0)
    assert not axes[1].texts
    assert axes[1].images[0].get_clim() == (0, 2)


def test_ellipse_has_the_model_s_covariance(axes):
    model = Spectrum.from_samples(np.array([[2.0, 1.0], [-1.0, 0.5], [0.0, -2.0], [0.3, 0.1]]))
    ellipse(axes[0], model, "k", radius=1.0)
    points = axes[0].lines[0].get_xydata()[:-1] - model.mean
    vectors = model.eigenvectors
    covariance = vectors * model.eigenvalues @ vectors.T
    assert np.allclose(2 * points.T @ points / len(points), covariance)

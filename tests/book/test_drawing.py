"""What is drawn is what was measured."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from rmt_utils import Spectrum
from rmt_utils.book import Case, Comparison, draw, draw_each, ellipse, matrix, panels
from rmt_utils.style import NAIVE, SERIES, SPLIT_1, THEORY


@pytest.fixture
def axes():
    figure, axes = plt.subplots(1, 2)
    yield axes
    plt.close(figure)


def test_panels_name_their_cases(axes):
    cases = [Case(name, Spectrum([1.0, 1.0]), 5, 2) for name in ("a", "b")]
    for axis, case in panels(axes, cases, "x", "y", yscale="log", ylim=(1, 10)):
        axis.plot([1], label=case.name)
    assert [axis.get_title() for axis in axes] == ["a, $d=2$, $n=5$", "b, $d=2$, $n=5$"]
    assert [axis.get_xlabel() for axis in axes] == ["x", "x"]
    assert [axis.get_ylabel() for axis in axes] == ["y", ""]
    assert [axis.get_legend() is None for axis in axes] == [True, False]
    assert [(axis.get_yscale(), axis.get_ylim()) for axis in axes] == [("log", (1, 10))] * 2


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


def test_matrix_writes_its_numbers(axes):
    matrix(axes[0], np.array([[0.0, 1.0], [1.0, 0.0]]), ["one", "two"])
    assert [text.get_text() for text in axes[0].texts] == ["0.000", "1.000", "1.000", "0.000"]
    matrix(axes[1], np.eye(2))
    assert not axes[1].texts


def test_ellipse_has_the_model_s_covariance(axes):
    model = Spectrum.from_samples(np.array([[2.0, 1.0], [-1.0, 0.5], [0.0, -2.0], [0.3, 0.1]]))
    ellipse(axes[0], model, "k", radius=1.0)
    points = axes[0].lines[0].get_xydata()[:-1] - model.mean
    vectors = model.eigenvectors
    covariance = vectors * model.eigenvalues @ vectors.T
    assert np.allclose(2 * points.T @ points / len(points), covariance)

"""The numbers beside a figure are those it was drawn from."""

import csv
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest

from rmt_utils.book.figures import image_rows
from rmt_utils.book.plotted import plotted


@pytest.fixture
def axes():
    figure, axes = plt.subplots(1, 2)
    yield axes
    plt.close(figure)


def table(axes):
    return list(csv.DictReader(io.StringIO(plotted(axes[0].figure))))


def test_lines_points_and_error_bars(axes):
    axes[0].set_title("left")
    axes[0].errorbar([1, 2], [3.0, 4.0], [0.5, 0.25], fmt="o", capsize=2, label="simulation")
    axes[0].plot([1, 2], [3.1, 4.1], label="theory")
    axes[1].scatter([5, 6, 7], [1, 2, 3])
    axes[1].axhline(0.5)
    rows = table(axes)
    assert [(row["panel"], row["label"]) for row in rows] == [
        *[("left", "simulation")] * 2,
        *[("left", "theory")] * 2,
        *[("2", "")] * 3,
    ]
    assert [(float(row["x"]), float(row["y"])) for row in rows] == [
        (1, 3),
        (2, 4),
        (1, 3.1),
        (2, 4.1),
        (5, 1),
        (6, 2),
        (7, 3),
    ]
    assert [(row["low"], row["high"]) for row in rows[:3]] == [("2.5", "3.5"), ("3.75", "4.25"), ("", "")]


def test_errors_along_x_and_logarithmic_axes(axes):
    axes[0].set_xscale("log")
    axes[0].errorbar([10.0, 100.0], [1, 2], xerr=[1, 2], fmt="o")
    axes[1].errorbar([10.0, 100.0], [1, 2], xerr=[1, 2], yerr=[0.1, 0.2], fmt="o")
    assert [(row["x"], row["y"], row["low"]) for row in table(axes)] == [
        ("10", "1", ""),
        ("100", "2", ""),
        ("10", "1", "0.9"),
        ("100", "2", "1.8"),
    ]


def test_bars_and_matrices(axes):
    axes[0].bar([1, 2], [5, 6], width=0.5, label="share")
    axes[1].imshow(np.array([[1.0, 2.0], [3.0, 4.0]]))
    rows = [(row["label"], float(row["x"]), float(row["y"])) for row in table(axes)]
    assert rows == [
        ("share", 1, 5),
        ("share", 2, 6),
        ("row 0", 0, 1),
        ("row 0", 1, 2),
        ("row 1", 0, 3),
        ("row 1", 1, 4),
    ]


def test_pictures_have_no_numbers():
    figure = image_rows({"half 1": np.zeros((2, 9))}, (3, 3, 1))
    assert plotted(figure) == ""
    plt.close(figure)

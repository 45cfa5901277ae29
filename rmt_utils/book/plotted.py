"""The numbers that a figure shows, so that a reader can draw it anew."""

import csv
import io

import numpy as np
from matplotlib.container import BarContainer, ErrorbarContainer

COLUMNS = ("panel", "label", "x", "y", "low", "high")


def plotted(figure):
    """CSV text of all points, lines, bars and matrices of a matplotlib ``figure``, empty for pictures and charts.

    One row a point: the panel's title or number, the label in the legend, x and y, and the ends of its error bar, if it
    has one. A matrix has a label for each row, the column as x and the value as y. Axes that are switched off hold
    pictures and are left out.

    >>> import matplotlib.pyplot as plt
    >>> figure, axis = plt.subplots()
    >>> _ = axis.plot([1, 2], [3.0, 0.5], label="line")
    >>> print(plotted(figure))
    panel,label,x,y,low,high
    1,line,1,3,,
    1,line,2,0.5,,
    <BLANKLINE>
    """
    rows = [
        (axes.get_title() or str(number), label, *point)
        for number, axes in enumerate(figure.axes, 1)
        if axes.axison
        for label, points in _series(axes)
        for point in points
    ]
    if not rows:
        return ""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows([[one if isinstance(one, str) else f"{one:.6g}" for one in row] for row in rows])
    return text.getvalue()


def _series(axes):
    """Yield (label, points (x, y, low, high)) of everything drawn in the coordinates of the data."""
    with_errors = [one for one in axes.containers if isinstance(one, ErrorbarContainer) and one.lines[0] is not None]
    for one in with_errors:
        line, _, bars = one.lines
        ends = (
            [segment[:, 1] for segment in bars[-1].get_segments()]
            if one.has_yerr
            else [("", "")] * len(line.get_xdata())
        )
        yield _label(one), [(x, y, *pair) for (x, y), pair in zip(_points(line), ends, strict=True)]
    drawn = {one.lines[0] for one in with_errors} | {cap for one in with_errors for cap in one.lines[1]}
    for line in axes.lines:
        if line not in drawn and line.get_transform() == axes.transData:
            yield _label(line), [(x, y, "", "") for x, y in _points(line)]
    for one in axes.collections:
        if len(offsets := np.ma.filled(one.get_offsets(), np.nan)) > 1:
            yield _label(one), [(x, y, "", "") for x, y in offsets]
    for one in axes.containers:
        if isinstance(one, BarContainer):
            yield _label(one), [(bar.get_x() + bar.get_width() / 2, bar.get_height(), "", "") for bar in one]
    for image in axes.images:
        for number, row in enumerate(np.ma.filled(image.get_array(), np.nan)):
            yield f"row {number}", [(column, value, "", "") for column, value in enumerate(np.ravel(row))]


def _points(line):
    return zip(*(np.asarray(values, float) for values in line.get_data()), strict=True)


def _label(artist):
    label = str(artist.get_label())
    return "" if label.startswith("_") else label

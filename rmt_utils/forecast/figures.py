"""The figures of a ``Forecast``'s report, as SVG that takes its text colour from the page round it."""

import io
import re

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from rmt_utils.style import NAIVE, SPLIT_1, SPLIT_2, STYLE

INK = "#010203"  # stands for the page's text colour
WIDE = 10.0  # range of kappa/sigma^2 that takes a logarithmic axis


def figures(forecast):
    """(SVG, caption) of every figure of the report."""
    with plt.style.context([STYLE, _style()]):
        return [(_svg(draw(forecast), caption, draw.__name__), caption) for draw, caption in DRAWINGS.items()]


def _difference(forecast):
    figure, axis = _axes("training images $n$", "squared difference a pixel")
    axis.loglog(forecast.sizes, forecast.gaussian, "--", color=NAIVE, label="Gaussian law")
    if np.isfinite(forecast.population).sum() > 1:
        axis.loglog(forecast.sizes, forecast.population, ":", color=SPLIT_2, label="population law")
    axis.loglog(forecast.sizes, forecast.expected, "o-", color=INK, label="forecast")
    error = np.nan_to_num(forecast.relative_error) * forecast.measured
    axis.errorbar(forecast.measured_sizes, forecast.measured, error, fmt="s", color=SPLIT_1, label="measured")
    axis.legend()
    _label_sizes(axis, forecast.sizes)
    return figure


def _spectrum(forecast):
    figure, axis = _axes("mode", "variance")
    positive = forecast.eigenvalues[forecast.eigenvalues > 0]
    axis.loglog(np.arange(1, positive.size + 1), positive, color=INK)
    return figure


def _noise(forecast):
    figure, axis = _axes(r"noise level $\sigma$", r"$\kappa/\sigma^2$")
    shades = np.linspace(1, 0.35, forecast.sizes.size)  # the more images, the fainter
    for n, ratio, shade in zip(forecast.sizes, forecast.kappa, shades, strict=True):
        axis.semilogx(forecast.sigmas, ratio, color=SPLIT_1, alpha=shade, label=f"n = {n:,}")
    if forecast.kappa.max() > WIDE:
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter("{x:g}")
    axis.legend()
    return figure


def _agreement(forecast):
    figure, axis = _axes("training images needed", "modes")
    finite = [(low, high, n) for low, high, n in forecast.bands if np.isfinite(n)]
    axis.barh([f"{low}-{high}" for low, high, _ in finite], [n for *_, n in finite], color=SPLIT_1)
    axis.axvline(forecast.source["used"], color=INK, ls="--")
    axis.set_xscale("log")
    low, high = axis.get_xlim()
    if high < 100 * low:
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.minorticks_off()
    axis.invert_yaxis()
    return figure


def _seeds(forecast):
    figure, axis = _axes("seed, most reproducible first", "squared difference a pixel")
    order = np.argsort(forecast.seed_mse, kind="stable")
    axis.bar([str(seed) for seed in forecast.seeds[order]], forecast.seed_mse[order], color=SPLIT_1)
    axis.tick_params(axis="x", labelrotation=90, labelsize=7)
    return figure


DRAWINGS = {
    _difference: "Expected squared difference between samples of two models trained on n images each, from the same "
    "noise. Measured: pairs of linear models of disjoint parts of the images, with standard errors where there are "
    "images enough for any.",
    _agreement: "Training images from which bands of modes agree; dashed: the images there are.",
    _spectrum: "Variance of the modes of the population, falling. Steps are what the images cannot tell apart.",
    _noise: "Renormalised over true noise: how much noisier n images make a noise level appear, by the Gaussian law of "
    "the spectrum above.",
    _seeds: "Expected squared difference seed by seed, at the largest n.",
}


def _style():
    ink = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    return dict.fromkeys(ink, INK) | {"grid.alpha": 0.35, "grid.color": "#808080"}


def _axes(x_label, y_label):
    figure = Figure(figsize=(5.2, 3.4))
    axis = figure.subplots()
    axis.set(xlabel=x_label, ylabel=y_label)
    return figure, axis


def _label_sizes(axis, sizes):
    axis.set_xticks(sizes, [f"{n:,}" for n in sizes], rotation=30)
    axis.set_xticks([], minor=True)


def _svg(figure, caption, name):
    """The drawing, its ids begun with ``name`` so that they are unique on the page."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
    )
    drawing = buffer.getvalue()
    drawing = drawing[drawing.index("<svg") :].replace(INK, "currentColor")
    drawing = re.sub(r'(\bid="|"#|url\(#)', rf"\g<1>{name}-", drawing)
    return drawing.replace("<svg", f'<svg role="img" aria-label="{caption}"', 1)

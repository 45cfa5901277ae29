"""How a chapter draws: panels over cases, points with their line and dashes, matrices and ellipses."""

import numpy as np

from rmt_utils.book.tolerances import tolerance
from rmt_utils.style import NAIVE, SERIES, SPLIT_1, THEORY

EIGENVALUE = r"eigenvalue $\lambda$"


def noise_levels(*sigma2):
    r"""Noise variances (levels,) and their labels, for a legend.

    >>> noise_levels(0.5, 2)
    (array([0.5, 2. ]), ['$\\sigma^2=0.5$', '$\\sigma^2=2$'])
    """
    return np.array(sigma2), [rf"$\sigma^2={level:g}$" for level in sigma2]


def panels(axes, cases, xlabel, ylabel, legend=-1, **settings):
    """Yield each axis with its case, titled by name, dimension and size; the labels and a legend are set at the end.

    cases: ``Case`` or, where a panel shows more than one, their titles, strings. legend: which panel gets it, None for
    no panel. settings: what every axis is set to once it is drawn on, such as ``yscale="log"``.
    """
    axes = np.atleast_1d(axes).ravel()
    for axis, case in zip(axes, cases, strict=True):
        title = case if isinstance(case, str) else f"{case.name}, $d={case.spectrum.dim}$, $n={case.n_samples}$"
        axis.set(title=title, xlabel=xlabel)
        yield axis, case
        axis.set(**settings)
    axes[0].set_ylabel(ylabel)
    if legend is not None:
        axes[legend].legend()


def compare(chapter, figure, title, found, places, labels=None, paper=None, xlabel="", ylabel="", **settings):
    """A figure of ``found``, {case: comparison}, a panel for each case: ``draw``, or ``draw_each`` if there are labels.

    places: x of each case, {case: x}, or what ``Case.places`` is asked for, on a logarithmic axis of eigenvalues.
    settings: as of ``panels``; there is a legend only if there are labels.
    """
    if isinstance(places, str):
        xlabel, places = EIGENVALUE, {case: case.places(places) for case in found}
        settings = {"xscale": "log", **settings}
    if labels is None:
        settings["legend"] = None
    with chapter.figure(figure, title, paper, columns=len(found)) as axes:
        for axis, case in panels(axes, found, xlabel, ylabel, **settings):
            if labels is None:
                draw(axis, places[case], found[case])
            else:
                draw_each(axis, places[case], found[case], labels)


def check_each(chapter, found, claim, kind, resolves=None):
    """``Comparison.check`` of every one of ``found``, {case: comparison}, within ``tolerance(kind, case.n_samples)``.

    resolves: {case: as in ``Comparison.check``}, for the cases that can tell.
    """
    for case, comparison in found.items():
        allowed = tolerance(kind, case.n_samples)
        comparison.check(chapter, f"{case.name}, {claim}", allowed, resolves=(resolves or {}).get(case))


def draw(axis, x, comparison, tone=None, label=None):
    """Measured points with their error bars, the law as a line, the naive law dashed, all at ``x``.

    tone: the colour of all three, to tell several comparisons apart; otherwise each has the book's own colour.
    """
    points, theory, plain = (tone or own for own in (SPLIT_1, THEORY, NAIVE))
    x = np.asarray(x)
    order = np.argsort(x)
    axis.errorbar(x, comparison.value, comparison.error, fmt="o", color=points, label=label)
    axis.plot(x[order], comparison.theory[order], color=theory)
    if comparison.naive is not None:
        axis.plot(x[order], comparison.naive[order], color=plain, ls="--", lw=1.2)


def draw_each(axis, x, comparison, labels):
    """``draw`` every row of a comparison (rows, places) in a colour of its own, such as one for each noise level.

    ValueError for more labels than there are colours.
    """
    if len(labels) > len(SERIES):
        raise ValueError(f"labels must be at most {len(SERIES)}, one a colour, got {len(labels)}")
    for row, label in enumerate(labels):
        draw(axis, x, comparison[row], SERIES[row], label)


def draw_sizes(axis, sizes, comparison, labels, **settings):
    """``draw_each`` of a comparison (rows, sizes) over training sets of these ``sizes``, with a legend.

    sizes: numbers of images, or a mapping that has them as keys. settings: of the axis, whose x is logarithmic and has
    its ticks at the sizes.
    """
    sizes = [*sizes]
    draw_each(axis, sizes, comparison, labels)
    axis.set(xscale="log", xlabel="images $n$", **settings)
    axis.set_xticks(sizes, sizes)
    axis.xaxis.minorticks_off()
    axis.legend(fontsize=8)


def draw_against(axis, measured, laws, tones):
    """Measured points with their error bars against what each of ``laws`` predicts, and a line where both are equal.

    measured: ``Measured`` or the like, (places,). laws: {label: (places,)}. tones: {label: colour}.
    """
    for label, law in laws.items():
        axis.errorbar(law, measured.value, measured.error, fmt=".", lw=0.6, color=tones[label], label=label)
    axis.axline((np.min(measured.value),) * 2, (np.max(measured.value),) * 2, color="k", lw=0.8)


def draw_groups(axis, values, errors, labels, ticks):
    """Points with error bars beside each other at every tick: (ticks, parts, labels); a second part is hollow.

    labels: in the legend, a colour each. ticks: words under the groups.
    """
    places = np.arange(len(ticks))
    for item, part in np.ndindex(values[0].T.shape):
        look = {"mfc": "none"} if part else {"label": labels[item]}
        at = places + 0.18 * item + 0.06 * part
        axis.errorbar(at, values[:, part, item], errors[:, part, item], fmt="o", ms=5, color=SERIES[item], **look)
    axis.set_xticks(places + 0.3, ticks)


def log_ticks(axis, places):
    """A logarithmic axis of x with ticks at ``places`` alone, as they are written."""
    axis.set_xscale("log")
    axis.set_xticks(places, places)
    axis.minorticks_off()


def matrix(axis, values, labels=None, form=".3f", top=None):
    """A matrix >= 0 as shades; with ``labels`` for its rows and columns its numbers are written into it.

    top: the value of the darkest shade, the largest if not given.
    """
    axis.imshow(values, cmap="Blues", vmin=0, vmax=top)
    axis.grid(visible=False)
    if labels is None:
        return
    for (row, column), value in np.ndenumerate(values):
        tone = "w" if value > 0.65 * np.max(values) else "k"  # whichever can be read
        axis.text(column, row, format(value, form), ha="center", va="center", fontsize=7, color=tone)
    axis.set(xticks=range(len(labels)), yticks=range(len(labels)), yticklabels=labels)
    axis.set_xticklabels(labels, rotation=40, ha="right")


def ellipse(axis, model, tone, label=None, radius=2.0, **line):
    """The points at ``radius`` standard deviations of a model of two dimensions with eigenvectors."""
    angle = np.linspace(0, 2 * np.pi, 200)
    circle = radius * np.stack([np.cos(angle), np.sin(angle)])  # (2, points)
    vectors = np.eye(2) if model.eigenvectors is None else model.eigenvectors
    x, y = vectors @ (np.sqrt(model.eigenvalues)[:, None] * circle)
    mean = np.zeros(2) if model.mean is None else model.mean
    axis.plot(mean[0] + x, mean[1] + y, color=tone, label=label, **line)
    axis.set_aspect("equal")


def size_axis(axis, sizes, dim, images_shown):
    """Name the axis of the number of images n with gamma = dim/n and the epochs under it, and mark the paper's range.

    sizes: the n that get a tick. images_shown: images a training draws, the same at every n. The band is where gamma is
    between 10 and 0.1, as in the paper's experiments.
    """
    labels = [f"{n:,}\n{dim / n:.2g}\n{images_shown / n:{'.0f' if images_shown > 10 * n else '.1f'}}" for n in sizes]
    axis.set_xscale("log")
    axis.set_xticks(sizes, labels, fontsize=7)
    axis.minorticks_off()
    axis.set_xlabel("images $n$, $\\gamma=d/n$, epochs")
    low, high = axis.get_xlim()
    axis.axvspan(max(low, dim / 10), min(high, 10 * dim), color="#eef3f8", zorder=0)
    axis.set_xlim(low, high)

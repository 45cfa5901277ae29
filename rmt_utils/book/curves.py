"""Figures of what was measured on networks, as curves {label: {x: (value, error)}}, and their record.

A table of curves has one for each panel: {title: {label: {x: (value, error)}}}.
"""

from itertools import product

import numpy as np
from matplotlib.scale import SymmetricalLogScale

from rmt_utils.book.drawing import panels, size_axis
from rmt_utils.book.figures import band_means
from rmt_utils.models.agreement import by_part
from rmt_utils.style import SERIES, THEORY

NEAR_ZERO = SymmetricalLogScale(None, linthresh=1e-3)  # for variances whose estimates may be negative
KINDS = {"iid": "images", "surrogate": "Gaussian surrogate"}


def shades(*labels):
    """{label: colour}; the last is black, what the others are held against. ValueError for more than six labels.

    >>> shades("one", "ceiling")
    {'one': '#0072B2', 'ceiling': '#000000'}
    """
    return dict(zip(labels, (*SERIES[1 : len(labels)], THEORY), strict=True))


def tabulate(measure, labels, places, names=("UNet", "DiT")):
    """Table of what ``measure(name, place)`` says, a pair (value, error) for each of ``labels``: a panel for each name.

    Where it is None, because runs are not finished, the place is left out.
    """
    table = {name: {label: {} for label in labels} for name in names}
    for name, place in product(names, places):
        if (found := measure(name, place)) is not None:
            for label, pair in zip(labels, found, strict=True):
                table[name][label][place] = pair
    return table


def while_training(net, statistic, labels, trainings, fewest=1):
    """Table of ``statistic(x, n)`` of samples x at each of ``net.snapshots``: pairs as in ``tabulate``.

    net: ``Networks``. trainings: {title of a panel: (name, n, split, steps)}. fewest: training seeds without which a
    snapshot is left out.
    """

    def measure(which, step):
        name, n, split, steps = trainings[which]
        x = net.samples(name, n, split, steps, at=step)
        return statistic(x, n) if x.size and x.shape[1] >= fewest else None

    return tabulate(measure, labels, net.snapshots, trainings)


def by_label(table):
    """{label: {name: curve}} of {name: {label: curve}}."""
    labels = next(iter(table.values()))
    return {label: {name: curves[label] for name, curves in table.items()} for label in labels}


def show(chapter, figure, title, table, tones, net=None, paper=None, prefix="", **settings):
    """A figure of ``table``, a panel for each title, and its record.

    tones: {label: colour}. net: ``Networks``, where x is a number of their training images. The text gets every value
    as "prefix label-title-x". settings: of every axis.
    """
    rows = 1 + (len(table) > 3)  # more panels beside each other cannot be read
    with chapter.figure(figure, title, paper=paper, rows=rows, columns=-(-len(table) // rows)) as axes:
        for spare in np.ravel(axes)[len(table) :]:
            spare.remove()
        for axis, (panel, lines) in zip(np.ravel(axes), table.items(), strict=False):
            draw_curves(axis, lines, tones)
            axis.set(**{"title": panel, **settings})
            if net:
                sizes = sorted({n for line in lines.values() for n in line})
                size_axis(axis, sizes, net.population.dim, net.first.recipe.steps * net.first.recipe.batch)
        legend = axis.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.02, 1))  # beside the curves, not on them
        legend.set_in_layout(len(table) == np.size(axes))  # where a panel is spare it stands there
    for (panel, lines), label in product(table.items(), tones):
        for x, pair in lines[label].items():
            chapter.estimate(f"{prefix}{label}-{panel}-{x}".replace(" ", "-"), *pair)


def measure(chapter, figure, title, statistic, tones, net, **settings):
    """``show`` of what ``statistic(name, n)`` says of the networks at each of ``net.sizes``. Returns the table."""
    table = tabulate(statistic, tones, net.sizes)
    show(chapter, figure, title, table, tones, net, **settings)
    return table


def draw_curves(axis, lines, tones):
    """Points with error bars for each of ``lines``, {label: {x: (value, error)}}; one alone is a star.

    tones: {label: colour}.
    """
    for label, line in lines.items():
        places = sorted(line)
        value, error = np.array([line[x] for x in places]).reshape(-1, 2).T
        mark = {"fmt": "*", "ms": 9} if len(places) == 1 else {"fmt": "o-", "ms": 4}
        axis.errorbar(places, value, error, **mark, color=tones[label], label=label)


def draw_families(axis, families, x, y):
    """One part of how differences are spread over seeds against another, a grey line for each of ``families``.

    families: {number of components: list of ``agreement.Tail``}. x, y: names of the parts.
    """
    for grey, (components, family) in enumerate(families.items()):
        parts = by_part(family)
        axis.plot(parts[x], parts[y], color=str(0.8 - 0.14 * grey), label=f"$K={components}$")


def draw_bars(axis, groups, tones):
    """Bars with errors for each of ``groups``, {label: (values, errors)}, of a value of each kind.

    tones: {kind: colour}.
    """
    places = np.arange(len(groups))
    for index, (kind, tone) in enumerate(tones.items()):
        value, error = np.array([np.asarray(group)[:, index] for group in groups.values()]).T
        axis.barh(places + 0.27 * index, value, 0.25, xerr=error, color=tone, label=kind)
    axis.set(yticks=places + 0.27, yticklabels=groups)
    axis.invert_yaxis()
    axis.legend(loc="lower right")


def show_tails(chapter, figure, title, net, cases, names=("UNet", "DiT")):
    """A figure of which seeds carry the difference of two halves, a panel for each of the networks ``names``.

    cases: {(n, split): colour}; dotted, the linear models of the same images.
    """
    xlabel, ylabel = "% of seeds, the most different first", "difference of two halves"
    with chapter.figure(figure, title, columns=len(names)) as axes:
        for axis, name in panels(axes, names, xlabel, ylabel, None, yscale="log"):
            for (n, split), tone in cases.items():
                draw_sorted(axis, net.difference(name, n, split), tone, f"{KINDS[split]}, $n={n:,}$")
                draw_sorted(axis, net.linear(n, split), tone, ls=":")
        axis.legend(fontsize=7)


def draw_sorted(axis, difference, tone, label=None, **line):
    """Differences (training seeds, seeds) from the largest to the smallest against the share of seeds in per cent."""
    share = 100 * (np.arange(difference.shape[1]) + 0.5) / difference.shape[1]
    axis.plot(share, -np.sort(-difference, axis=1).mean(axis=0), color=tone, label=label, **line)


def draw_modes(axis, values, tone, label=None, n_bands=24):
    """Running means over neighbouring modes of ``values`` (modes,) against the mode's number."""
    places = np.arange(1.0, len(values) + 1)
    axis.plot(band_means(places, n_bands), band_means(values, n_bands), color=tone, label=label)
    axis.set_xscale("log")

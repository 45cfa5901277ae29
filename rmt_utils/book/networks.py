"""The networks of chapter 5 beside linear models of the same images, and curves of what is measured on them."""

from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import product

import numpy as np

from rmt_utils.book.drawing import size_axis
from rmt_utils.book.figures import image_rows
from rmt_utils.data.sources import flatten
from rmt_utils.models import agreement, linear
from rmt_utils.nets import runs, sweep
from rmt_utils.nets.collect import crossed, crossed_seeds
from rmt_utils.theory.spectrum import Spectrum

KINDS = {"UNet": "unet", "DiT": "dit", "MLP": "mlp"}  # by the name in figures, how the names of networks begin


class Networks:
    """The finished runs of a sweep, and what the samples of linear models from the same noise are.

    chapter: gets the figures and their record. plan: the sweep; its first run says source, size, noise seeds, batch,
    what a short training is, and the kind of halves that is meant where no other is named. folder: of the results.
    sizes: numbers of images of the short trainings. long: steps of the longest.
    """

    def __init__(self, chapter, plan, folder):
        self.chapter, self.plan, self.first = chapter, plan, plan[0]
        self.results = sweep.finished(plan, folder)
        self.sizes = sorted({run.n_samples for run in plan if run.recipe == self.first.recipe})
        self.long = max(run.recipe.steps for run in plan if run.split == self.first.split)
        self.shape = runs.source_images(self.first.source, self.first.size).shape[1:]
        self.noise = linear.seed_noise(range(self.first.n_seeds), int(np.prod(self.shape)))
        self.fitted = lru_cache(self._fitted)

    @cached_property
    def population(self):
        """Spectrum of all images."""
        return runs.source_spectrum(self.first.source, self.first.size)

    @cached_property
    def ideal(self):
        """Samples of the linear model of all images: (seeds, dim)."""
        return linear.sample_heun(self.population, self.noise)

    def recipe(self, name, split=None):
        """Of the first run on such halves, by default those of the first run, of the network that figures call so."""
        found = (run.recipe for run in self.plan if run.split == (split or self.first.split))
        return next(recipe for recipe in found if recipe.network.startswith(KINDS[name]))

    def samples(self, name, n, split=None, **which):
        """Of the networks that have been trained: (halves, training seeds, seeds, dim), as ``nets.collect.crossed``.

        The number of steps is that of ``recipe`` unless given.
        """
        recipe = self.recipe(name, split)
        which = {"steps": recipe.steps, "split": split or self.first.split, **which}
        return crossed(self.results, recipe.network, n, **which)

    def difference(self, name, n, split=None):
        """Mean squared difference of the samples of two halves: (training seeds, seeds)."""
        return agreement.mse_per_seed(*self.samples(name, n, split)[:2])

    def separate(self, name, n):
        """Samples of trainings on half 1 with separate seeds, as ``nets.collect.crossed_seeds``."""
        recipe = self.recipe(name)
        return crossed_seeds(self.results, recipe.network, n, recipe.steps)

    def low_noise(self, name, n):
        """Samples of the network trained on half 1 with other noise levels than the rest: (1, seeds, dim), or empty."""
        network, usual = self.recipe(name).network, self.first.recipe.p_mean
        for run, result in self.results.items():
            if (run.recipe.network, run.n_samples) == (network, n) and run.recipe.p_mean != usual:
                return result.samples[-1:]
        return np.empty((0, 0, 0))

    def edits(self):
        """Samples of edited seeds: (name, n, edit, first component, samples as drawn, edited), both (seeds, dim).

        edit: the energy that amplifying adds to a seed of unit variances, with "kept" where its norm is restored, or
        "removed". Later runs of the plan come last.
        """
        for run, result in self.results.items():
            for (first, last, factor, *kept), after in zip(run.edits, result.edited, strict=True):
                energy = f"{(last - first) * (factor**2 - 1):.0f}" if factor else "removed"
                name = next(name for name, kind in KINDS.items() if run.recipe.network.startswith(kind))
                drawn = result.samples[-1][: len(after)]
                yield name, run.n_samples, energy + " kept" * any(kept), first, drawn, after

    def curves(self, law, labels, places, names=("UNet", "DiT")):
        """What ``law(name, place)`` says as {name: {label: {place: (value, error)}}}, a pair for each of ``labels``.

        Where it says nothing, because runs are not finished, the place is left out.
        """
        table = {name: {label: {} for label in labels} for name in names}
        for name, place in product(names, places):
            if len(found := law(name, place)):
                for label, pair in zip(labels, found, strict=True):
                    table[name][label][place] = pair
        return table

    def training(self, n, half, split=None):
        """Training images of a half: (n, dim)."""
        split = split or self.first.split
        return flatten(runs.training_images(replace(self.first, n_samples=n, half=half, split=split)))

    def _fitted(self, n, split=None):
        """Samples of the linear models of both halves: (halves, 1, seeds, dim)."""
        models = [Spectrum.from_samples(self.training(n, half, split)) for half in (1, 2)]
        return np.array([[linear.sample_heun(model, self.noise)] for model in models])

    def own_over_other(self, x, n):
        """``agreement.own_over_other`` of samples of half 1."""
        return agreement.own_over_other(x, self.training(n, 1), self.training(n, 2))

    def variance(self, x):
        """Of the samples of half 1, over the population's, by mode."""
        return np.square(self._modes(x[0])).mean(axis=(0, 1)) / self.eigenvalues

    def shared(self, x):
        """Covariance of the samples of two halves from different training seeds, over the population's variance."""
        one, two = self._modes(x[:2])
        pairs = [(a, b) for a in range(len(one)) for b in range(len(one)) if a != b]
        return np.mean([(one[a] * two[b]).mean(axis=0) for a, b in pairs], axis=0) / self.eigenvalues

    def apart(self, x):
        """Squared difference of the samples of two halves, by mode."""
        return np.square(self._modes(x[0]) - self._modes(x[1])).mean(axis=(0, 1))

    @property
    def eigenvalues(self):
        """Of the population, those that have eigenvectors."""
        return self.population.eigenvalues[: self.population.eigenvectors.shape[1]]

    def _modes(self, x):
        return (x - self.ideal.mean(axis=0)) @ self.population.eigenvectors

    def show(self, figure, title, panels, tones, paper=None, prefix="", sizes=True, **settings):
        """A figure of curves, a panel for each of ``panels``, {title: {label: {x: (value, error)}}}, and their record.

        tones: {label: colour}. sizes: whether x is a number of images. The text gets every value as
        "prefix label-title-x". settings: of every axis.
        """
        with self.chapter.figure(figure, title, paper=paper, columns=len(panels)) as axes:
            for axis, (panel, curves) in zip(np.atleast_1d(axes), panels.items(), strict=True):
                draw_curves(axis, curves, tones)
                axis.set(**{"title": panel, **settings})
                if sizes:
                    ticks = sorted({n for curve in curves.values() for n in curve})
                    size_axis(axis, ticks, self.population.dim, self.first.recipe.steps * self.first.recipe.batch)
            axis.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.02, 1))  # beside the curves, not on them
        self.record(panels, prefix)

    def pictures(self, figure, title, rows, columns, **about):
        """A figure of the first ``columns`` samples of ``rows``, {label: (seeds, dim)}."""
        rows = {label: row[:columns] for label, row in rows.items()}
        self.chapter.save(image_rows(rows, self.shape), figure, title, **about)

    def record(self, panels, prefix=""):
        """Give the values of ``panels``, {title: {label: {x: (value, error)}}}, to the text as "label-title-x"."""
        for title, curves in panels.items():
            for label, curve in curves.items():
                for x, pair in curve.items():
                    self.chapter.estimate(f"{prefix}{label}-{title}-{x}".replace(" ", "-"), *pair)

    def judge(self, name, above, below, **bounds):
        """``Chapter.verdict`` on the ratio of the means of two quantities of the same seeds: ``ratio_and_error``."""
        name = name.replace(" ", "-")
        self.chapter.verdict(name, name, *agreement.ratio_and_error(above, below), **bounds)


def draw_curves(axis, curves, tones):
    """Points with error bars for each of ``curves``, {label: {x: (value, error)}}; one alone is a star.

    tones: {label: colour}.
    """
    for label, curve in curves.items():
        places = sorted(curve)
        value, error = np.array([curve[x] for x in places]).reshape(-1, 2).T
        mark = {"fmt": "*", "ms": 9} if len(places) == 1 else {"fmt": "o-", "ms": 4}
        axis.errorbar(places, value, error, **mark, color=tones[label], label=label)


def by_label(table):
    """{label: {name: curve}} of {name: {label: curve}}."""
    labels = next(iter(table.values()))
    return {label: {name: curves[label] for name, curves in table.items()} for label in labels}


def draw_bars(axis, groups, tones):
    """Bars with errors for each of ``groups``, {label: {kind: (value, error)}}; tones: {kind: colour}."""
    places = np.arange(len(groups))
    for index, (kind, tone) in enumerate(tones.items()):
        value, error = np.array([group[kind] for group in groups.values()]).T
        axis.barh(places + 0.27 * index, value, 0.25, xerr=error, color=tone, label=kind)
    axis.set(yticks=places + 0.27, yticklabels=groups)
    axis.invert_yaxis()
    axis.legend(loc="lower right")


def draw_sorted(axis, difference, tone, label=None, **line):
    """Differences (training seeds, seeds) from the largest to the smallest against the share of seeds in per cent."""
    share = 100 * (np.arange(difference.shape[1]) + 0.5) / difference.shape[1]
    axis.plot(share, -np.sort(-difference, axis=1).mean(axis=0), color=tone, label=label, **line)

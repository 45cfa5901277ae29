"""The networks of chapter 5 beside linear models of the same images, and curves of what is measured on them."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from rmt_utils.book.drawing import size_axis
from rmt_utils.data.sources import flatten
from rmt_utils.models import agreement, linear
from rmt_utils.nets import runs, sweep
from rmt_utils.nets.collect import crossed
from rmt_utils.theory.spectrum import Spectrum


class Networks:
    """The finished runs of a sweep, and what the samples of linear models from the same noise are.

    plan: the sweep, whose first run says source, size, noise seeds and batch. folder: of the results. names: short ones
    of networks, {"UNet": "unet-small"}. steps: of the trainings that are meant unless another number is given.
    """

    def __init__(self, plan, folder, names, steps):
        self.first, self.names, self.steps = plan[0], names, steps
        self.results = sweep.finished(plan, folder)
        self.shape = runs.source_images(self.first.source, self.first.size).shape[1:]
        self.population = runs.source_spectrum(self.first.source, self.first.size)
        self.noise = linear.seed_noise(range(self.first.n_seeds), self.population.dim)
        self.ideal = linear.sample_heun(self.population, self.noise)  # the linear model of all images
        self.fitted = lru_cache(self._fitted)

    def samples(self, name, n, **which):
        """Of the networks that have been trained: (halves, training seeds, seeds, dim), as ``nets.collect.crossed``."""
        return crossed(self.results, self.names.get(name, name), n, **{"steps": self.steps, **which})

    def training(self, n, half, split="iid"):
        """Training images of a half: (n, dim)."""
        return flatten(runs.training_images(replace(self.first, n_samples=n, half=half, split=split)))

    def _fitted(self, n, split="iid"):
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

    def draw(self, axes, panels, tones, **settings):
        """Curves against the number of images, one panel for each of ``panels``, {title: curves}: ``draw_curves``."""
        for axis, (title, curves) in zip(axes, panels.items(), strict=True):
            draw_curves(axis, curves, tones)
            axis.set(**settings, title=title)
            sizes = sorted({n for curve in curves.values() for n in curve})
            size_axis(axis, sizes, self.population.dim, self.steps * self.first.recipe.batch)


def draw_curves(axis, curves, tones, fmt="o-", size=4):
    """Points with error bars for each of ``curves``, {label: {x: (value, error)}}; tones: {label: colour}."""
    for label, curve in curves.items():
        places = sorted(curve)
        value, error = np.array([curve[x] for x in places]).T
        axis.errorbar(places, value, error, fmt=fmt, ms=size, color=tones[label], label=label)


def record(chapter, panels, prefix=""):
    """Give the values of ``panels``, {title: {label: {x: (value, error)}}}, to the text as "label-title-x"."""
    for title, curves in panels.items():
        for label, curve in curves.items():
            for x, (value, error) in curve.items():
                chapter.estimate(f"{prefix}{label}-{title}-{x}".replace(" ", "-"), value, error)

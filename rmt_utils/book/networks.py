"""Samples of the networks of chapters 5 and 8 that have been trained, beside linear models of the same images."""

import os
from collections import Counter
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import product
from shutil import rmtree
from tempfile import mkdtemp
from weakref import finalize

import numpy as np

from rmt_utils.data.sources import flatten
from rmt_utils.models import agreement, linear
from rmt_utils.models.anova import jackknife
from rmt_utils.models.baselines import mixture_fragility
from rmt_utils.models.modes import Modes
from rmt_utils.nets import runs, sweep
from rmt_utils.nets.collect import crossed, crossed_seeds
from rmt_utils.nets.trained_on import source_images, source_spectrum, training_images
from rmt_utils.theory.functions import mean_estimate_variance, seed_variance, spectral_variance
from rmt_utils.theory.samplers import edm_sigmas, heun_map
from rmt_utils.theory.spectrum import Spectrum

SAMPLER = heun_map(edm_sigmas(35))  # as the networks are sampled
SHARED = "RMT_QUICK_RUNS"  # variable of the environment
# by the name in figures, how the names of networks begin
KINDS = {"UNet": "unet", "DiT": "dit", "MLP": "mlp", "paper DiT": "dit-paper"}


class Networks:
    """The finished runs of a sweep, and what the samples of linear models from the same noise are.

    plan: the sweep; its first run says source, size, noise seeds, batch,
    what a short training is, and the kind of halves that is meant where no other is named. folder: of the results;
    None carries the plan out first, in a folder of its own or in that which the environment names as SHARED, where
    other processes may be at the same runs. sizes: numbers of images of the short trainings. long:
    steps of the longest. snapshots: steps of which there are samples.
    """

    def __init__(self, plan, folder):
        if folder is None:
            if not (folder := os.environ.get(SHARED)):
                folder = mkdtemp()
                finalize(self, rmtree, folder, ignore_errors=True)  # it lasts as long as this object
            # first what no other process is at; without a cluster, whose start takes longer than small runs
            for wait, run in product((False, True), plan):
                runs.execute(run, folder, wait=wait)
        self.plan, self.first, self.folder = plan, plan[0], folder
        self.results = sweep.finished(plan, folder)
        self.sizes = sorted({run.n_samples for run in plan if run.recipe == self.first.recipe})
        self.long = max(run.recipe.steps for run in plan if run.split == self.first.split)
        self.snapshots = sorted({int(step) for result in self.results.values() for step in result.steps})
        self.shape = source_images(self.first.source, self.first.size).shape[1:]
        self.noise = linear.seed_noise(range(self.first.n_seeds), int(np.prod(self.shape)))
        self._fitted = lru_cache(self._fit)

    @cached_property
    def population(self):
        """Spectrum of all images."""
        return source_spectrum(self.first.source, self.first.size)

    @cached_property
    def ideal(self):
        """Samples of the linear model of all images: (seeds, dim)."""
        return linear.sample_heun(self.population, self.noise)

    @cached_property
    def modes(self):
        """Of the population, the samples' mean being that of the linear model."""
        return Modes(self.population, self.ideal.mean(axis=0))

    @cached_property
    def fragility(self):
        """Of every seed, by a mixture of all images: (seeds,), see ``baselines.mixture_fragility``."""
        images = flatten(source_images(self.first.source, self.first.size))
        return mixture_fragility(images, self.noise, self.population)

    def missing(self):
        """Lines that say of which planned runs how many are not finished."""
        kinds = [(f"{run.split} halves, n = {run.n_samples:,}, {run.recipe.steps:,} steps", run) for run in self.plan]
        planned = Counter(kind for kind, _ in kinds)
        lacking = Counter(kind for kind, run in kinds if run not in self.results)
        return [f"{kind}: {count} of {planned[kind]} missing" for kind, count in lacking.items()]

    def recipe(self, name, split=None):
        """Of the first run on such halves (by default those of the first run) of what figures call so, or None."""
        found = (run.recipe for run in self.plan if run.split == (split or self.first.split))
        return next((recipe for recipe in found if recipe.network.startswith(KINDS[name])), None)

    def samples(self, name, n, split=None, steps=None, **which):
        """Of the networks that have been trained: (halves, training seeds, seeds, dim), as ``nets.collect.crossed``.

        name: "linear" too, as in ``fitted``. steps: those of ``recipe`` unless given. Empty if nothing of that name is
        planned.
        """
        if name == "linear":
            return self.fitted(n, split)
        recipe = self.recipe(name, split)
        if recipe is None:
            return np.empty((0, 0, 0, 0))
        recipe = replace(recipe, steps=steps or recipe.steps)
        return crossed(self.results, recipe, n, split or self.first.split, **which)

    def difference(self, name, n, split=None):
        """Mean squared difference of the samples of two halves: (training seeds, seeds)."""
        return agreement.mse_per_seed(*self.samples(name, n, split)[:2])

    def pairs(self, n, *names):
        """Of disjoint halves of n images, those on which all of ``names`` have been trained from two seeds or more."""
        planned = {run.pair for run in self.plan if run.n_samples == n}

        def trained(name, pair):
            x = self.samples(name, n, pairs=(pair,))
            return x.size > 0 and x.shape[1] > 1

        return tuple(pair for pair in sorted(planned) if all(trained(name, pair) for name in names))

    def differences(self, n, *names):
        """Of all ``pairs``, a list with one for each of ``names``: (pairs, training seeds, seeds)."""
        halves = (self.samples(name, n, pairs=self.pairs(n, *names)) for name in names)
        return [agreement.mse_per_seed(x[::2], x[1::2]) for x in halves]

    def estimate(self, statistic, n, *names):
        """``anova.jackknife`` of ``statistic(x, ...)``, x the samples of one of ``names``, over all their ``pairs``.

        The part of training seeds is that of the first pair, which has the most.
        """

        def samples(pairs):
            return np.stack([self.samples(name, n, pairs=pairs) for name in names], axis=2)

        def of_each(x):
            return statistic(*np.moveaxis(x, 2, 0))

        return jackknife(samples(self.pairs(n, *names)), of_each, samples((0,)))

    def separate(self, name, n):
        """Samples of trainings on half 1 with separate seeds, as ``nets.collect.crossed_seeds``."""
        return crossed_seeds(self.results, self.recipe(name), n)

    def half_1(self, name, n):
        """Samples of models of half 1: (training seeds, seeds, dim), or empty.

        "UNet, low noise" is the one that was trained with other noise levels than the rest.
        """
        name, *low = name.split(", ")
        if not low:
            return self.samples(name, n)[0]
        network, usual = self.recipe(name).network, self.first.recipe.p_mean
        for run, result in self.results.items():
            if (run.recipe.network, run.n_samples) == (network, n) and run.recipe.p_mean != usual:
                return result.samples[-1:]
        return np.empty((0, 0, 0))

    def training(self, n, half, split=None, pair=0):
        """Training images of a half: (n, dim)."""
        split = split or self.first.split
        return flatten(training_images(replace(self.first, n_samples=n, half=half, split=split, pair=pair)))

    def fitted(self, n, split=None, pairs=(0,)):
        """Samples of the linear models of the halves, ordered as those of the networks: (halves, 1, seeds, dim)."""
        return self._fitted(n, split or self.first.split, tuple(pairs))

    def _fit(self, n, split, pairs):
        halves = (self.training(n, half, split, pair) for pair, half in product(pairs, (1, 2)))
        return np.array([[linear.sample_heun(Spectrum.from_samples(images), self.noise)] for images in halves])

    def linear(self, n, split=None, pairs=(0,)):
        """Mean squared difference of the samples of the linear models of two halves: (pairs, seeds)."""
        x = self.fitted(n, split, pairs)[:, 0]
        return agreement.mse_per_seed(x[::2], x[1::2])

    def law(self, n):
        """Variance a pixel of the samples of linear models: half of their difference, expected by the exact law."""
        spread = 80.0**2 * spectral_variance(SAMPLER, self.population, n - 1)
        return float((spread + mean_estimate_variance(SAMPLER, self.population, n)).mean())

    def seed_law(self, n):
        """Variance of each seed's sample of linear models of n images, by the exact law: (seeds,)."""
        start = self.population.to_modes(80.0 * self.noise)
        start = np.pad(start, ((0, 0), (0, self.population.dim - start.shape[1])))  # modes without variance
        return seed_variance(SAMPLER, self.population, n, start)

    def own_over_other(self, x, n, split=None):
        """``agreement.own_over_other`` of samples of half 1."""
        return agreement.own_over_other(x, self.training(n, 1, split), self.training(n, 2, split))

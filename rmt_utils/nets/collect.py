"""Samples of finished runs as arrays over halves and training seeds."""

from dataclasses import replace

import numpy as np


def crossed(results, recipe, n_samples, split="iid", at=None, pairs=(0,)):
    """Samples of networks trained on several halves from several seeds: (halves, training seeds, seeds, dim), float64.

    results: {Run: Result} as of ``sweep.finished``. recipe: of the training, whatever its seed and its snapshots. at:
    step of a snapshot, by default the last. pairs: whose halves, in that order. Only training seeds that all these
    halves have are kept; without any, or without two halves of each pair, the result has shape (0, 0, 0, 0).
    """
    cells = {}
    for run, result in results.items():
        same = replace(run.recipe, seed=recipe.seed, snapshots=recipe.snapshots) == recipe
        if same and (run.n_samples, run.split) == (n_samples, split):
            snapshot = np.flatnonzero(result.steps == (at or recipe.steps))
            if snapshot.size:
                cells[run.pair, run.half, run.recipe.seed] = result.samples[snapshot[0]]
    halves = [(pair, half) for pair in pairs for half in (1, 2)]
    seeds = [seed for seed in sorted({seed for *_, seed in cells}) if all((*half, seed) in cells for half in halves)]
    if not seeds:
        return np.empty((0, 0, 0, 0))
    return np.array([[cells[*half, seed] for seed in seeds] for half in halves], dtype=np.float64)


def crossed_seeds(results, recipe, n_samples):
    """Samples of networks trained on half 1 with separate seeds: (initialisations, orders and noises, seeds, dim).

    recipe: as for ``crossed``, whatever its seeds. The seeds 0 and 1 of either kind. Shape (0, 0, 0, 0) unless all four
    are there.
    """
    cells = {}
    for run, result in results.items():
        seeds = {"seed": recipe.seed, "order_seed": recipe.order_seed}
        same = replace(run.recipe, snapshots=recipe.snapshots, **seeds) == recipe
        if same and (run.n_samples, run.split, run.half, run.pair) == (n_samples, "iid", 1, 0):
            cells[run.recipe.seed, run.recipe.draws_seed] = result.samples[-1]
    if not all((start, order) in cells for start in (0, 1) for order in (0, 1)):
        return np.empty((0, 0, 0, 0))
    return np.array([[cells[start, order] for order in (0, 1)] for start in (0, 1)], dtype=np.float64)

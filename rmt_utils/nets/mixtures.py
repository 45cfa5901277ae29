"""The mixtures behind chapter 8: fitted to the networks' own halves, sampled from the networks' own seeds, kept.

Minutes to an hour of one core each, so that they are made once, ``python -m rmt_utils.nets.mixtures runs``, and read
back as runs of networks are: numbers in one file, a record with checksums beside it.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from rmt_utils import checks
from rmt_utils.data.sources import flatten
from rmt_utils.data.splits import disjoint_pair
from rmt_utils.models import linear
from rmt_utils.models.agreement import correlate, mse_per_seed, tail
from rmt_utils.models.fragile import fragility, refit_variance
from rmt_utils.models.mixture import Mixture
from rmt_utils.nets import kept, sweep
from rmt_utils.nets.trained_on import fingerprint, source_images
from rmt_utils.theory.samplers import edm_sigmas

VERSION = 1  # raised whenever the same study would give other numbers
NAMES = {"unet": "UNet", "dit-": "DiT", "mlp-": "MLP"}
EPS = (0.05, 0.2, 0.4)
RANKED = (8, 16)  # numbers of components whose mixtures rank the seeds together; predictions spoke of 16 alone
STEPS = 18  # of Heun's method for what is asked of the population's mixture; pairs of halves take the networks' 35


@dataclass(frozen=True)
class Study:
    """What is asked of mixtures of ``n_components`` Gaussians of one source's images.

    source, size: as in ``load_images``. sizes: images in a training set, for disjoint halves; those that leave room for
    it get ``n_pairs`` pairs, the others one; pair 0 is the networks' own. n_population: images of the mixture that
    stands for the population. refit_size, n_fits: of ``refit_variance``. n_seeds: seeds 0 to n_seeds - 1, as for
    networks.
    """

    source: str
    size: int
    n_components: int
    sizes: tuple = (300, 1000, 3000, 10_000, 30_000)
    n_pairs: int = 2
    n_population: int = 30_000
    refit_size: int = 1000
    n_fits: int = 8
    n_seeds: int = 512

    def __post_init__(self):
        for name in ("n_components", "n_pairs", "n_population", "refit_size", "n_fits", "n_seeds"):
            checks.count(name, getattr(self, name))

    @property
    def name(self):
        """Of the study's files."""
        return f"mixtures_{self.source}_{self.size}_K{self.n_components}_{self._key}"

    @property
    def _key(self):
        what = {**asdict(self), "images": fingerprint(self.source, self.size), "version": VERSION}
        return sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]


def book():
    """The studies that the published chapter reads."""
    return [Study("fashion-mnist", 14, n) for n in (1, 2, 4, 8, 16, 32)]


def quick():
    """The same in seconds, on digits."""
    return [Study("digits", 8, n, (100, 400), 2, 1700, 100, 3, 16) for n in (1, 4)]


def carry_out(study, report=lambda line: None):
    """The numbers of ``study``, arrays by name.

    difference: (sizes, n_pairs, seeds), squared difference a pixel between mixtures of two halves, nan where there is
    no such pair. sensitivity: (EPS, seeds), ``fragility`` of the population's mixture for each of EPS. refit: (seeds,),
    ``refit_variance``. Mixtures of halves start from the responsibilities of the population's.
    """
    samples = flatten(source_images(study.source, study.size)).astype(np.float64)
    noise = linear.seed_noise(range(study.n_seeds), samples.shape[1])
    population = population_mixture(study, samples)
    report("population")
    sigmas = edm_sigmas(STEPS)
    sensitivity = np.array([fragility(population, noise, eps, sigmas=sigmas) for eps in EPS])
    report("sensitivity")
    refit = refit_variance(population, samples, noise, study.refit_size, study.n_fits, sigmas=sigmas)
    report("refits")
    difference = np.full((len(study.sizes), study.n_pairs, study.n_seeds), np.nan)
    for place, n in enumerate(study.sizes):
        for pair in range(min(study.n_pairs, len(samples) // (2 * n))):
            halves = (samples[rows] for rows in disjoint_pair(len(samples), n, pair))
            difference[place, pair] = mse_per_seed(*(refitted(population, half).sample(noise) for half in halves))
        report(f"halves of {n}")
    return {"difference": difference, "sensitivity": sensitivity, "refit": refit}


def population_mixture(study, samples):
    """The mixture that stands for the population: fitted to ``n_population`` of its samples (N, dim)."""
    chosen = np.random.default_rng(0).permutation(len(samples))[: study.n_population]
    return Mixture.fit(samples[chosen], study.n_components)


def refitted(population, images, n_iterations=5):
    """Mixture fitted to images (n, dim), started from the responsibilities of ``population``."""
    start = population.responsibilities(images)
    return Mixture.fit(images, start.shape[1], n_iterations=n_iterations, responsibilities=start)


def family(numbers):
    """How the difference between two halves is spread over seeds, size by size: list of ``agreement.Tail``.

    numbers: those of one study. The mean over its pairs of halves.
    """
    return [tail(pairs[np.isfinite(pairs[:, 0])]) for pairs in numbers["difference"]]


def networks():
    """The networks beside the studies of the book: those of random halves of the same images."""
    return [run for run in sweep.book() if (run.source, run.split) == ("fashion-mnist", "iid")]


def quick_networks():
    """Small networks of halves of the same images, beside the quick studies."""
    return [run for run in sweep.quick() if (run.n_samples, run.split) == (400, "iid") and not run.recipe.snapshots]


def ranking(numbers):
    """What several studies say of each seed, (seeds,): fragility over all of EPS, and variance over refitted mixtures.

    numbers: those of the studies. The geometric mean over them gives each equal say.
    """
    sensitivity = np.mean([np.log(one["sensitivity"]).mean(axis=0) for one in numbers], axis=0)
    return np.exp(sensitivity), np.exp(np.mean([np.log(one["refit"]) for one in numbers], axis=0))


def rank_table(studies, difference):
    """Text: Spearman's rank correlations with a difference (seeds,): a row for each study, a column for each of EPS.

    studies: {number of components: numbers}. Last column: the variance over refitted mixtures.
    """
    lines = ["eps = " + " ".join(map(str, (*EPS, "refitted")))]
    for components, numbers in studies.items():
        rankings = *numbers["sensitivity"], numbers["refit"]
        row = np.round([correlate(one, difference).spearman for one in rankings], 2)
        lines.append(f"K = {components:2}      " + " ".join(map(str, row)))
    return "\n".join(lines)


def main(arguments=None):
    """Carry out the studies of the book that are not in the folder yet."""
    parser = argparse.ArgumentParser(prog="python -m rmt_utils.nets.mixtures", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="folder of the results, runs in a checkout")
    parser.add_argument("--components", type=int, nargs="*", metavar="K", help="only these numbers of components")
    options = parser.parse_args(arguments)
    wanted = options.components or [study.n_components for study in book()]

    def carry_out_and_say(study):
        return carry_out(study, lambda line: print(f"{study.name}: {line}", flush=True))

    kept.make([study for study in book() if study.n_components in wanted], options.folder, carry_out_and_say)


if __name__ == "__main__":
    main()

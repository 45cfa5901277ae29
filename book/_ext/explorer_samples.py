"""What the seed explorer shows: samples of models of two disjoint halves, and what is expected of each seed.

Linear models are fitted here, networks come from the finished runs of the sweep; both start from the same noise, see
the same halves and take the same 35 Heun steps.
"""

from dataclasses import dataclass

import numpy as np

from rmt_utils import Spectrum, edm_sigmas, flatten, heun_map, iid_splits, load_images, seed_variance
from rmt_utils.models import linear
from rmt_utils.models.agreement import mse_per_seed, nearest
from rmt_utils.nets import kept, mixtures, sweep
from rmt_utils.nets.recipe import Recipe
from rmt_utils.nets.trained_on import source_images

SIZE = 14  # side of the images in pixels, as in the runs
SEEDS, SHOWN = 512, 48  # compared, and to be seen
SIZES = sweep.SIZES
NETWORKS = {"unet-small": "unet", "dit-small": "dit"}
SOURCES = {
    "fashion-mnist": lambda: source_images("fashion-mnist", SIZE),
    "natural-patches": lambda: load_images("natural-patches", SIZE, n_images=70_000, color=False),
}
TRAINED_ON = "fashion-mnist"
SIGMAS = edm_sigmas(35)
CONTRAST = 0.5  # difference of two pixels, whose range is 2, that is drawn white


@dataclass(frozen=True, eq=False)
class View:
    """One model at one size. samples: (2, SEEDS, dim), of both halves; the others are of the first SHOWN seeds.

    neighbours: (2, SHOWN, dim), the nearest image of the own half. own, other: (2, SHOWN), distance a pixel to it and
    to the nearest image of the other half.
    """

    samples: np.ndarray
    neighbours: np.ndarray
    own: np.ndarray
    other: np.ndarray

    @classmethod
    def of(cls, samples, halves):
        """halves: the training images of both, (n, dim) each."""
        found = [[nearest(drawn[:SHOWN], images) for images in halves] for drawn in samples]
        return cls(
            samples,
            neighbours=np.stack([halves[half][found[half][half][0]] for half in (0, 1)]),
            own=np.stack([found[half][half][1] for half in (0, 1)]),
            other=np.stack([found[half][1 - half][1] for half in (0, 1)]),
        )

    @property
    def mse(self):
        """Mean squared difference of the two halves' samples: (SEEDS,)."""
        return mse_per_seed(*self.samples)

    @property
    def sprite(self):
        """Grey levels (5 * SIZE, SHOWN * SIZE): a column a seed; half 1, neighbour, half 2, neighbour, difference."""
        first, second = self.samples[:, :SHOWN]
        return grey_levels((first, self.neighbours[0], second, self.neighbours[1], (first - second) / CONTRAST))


def collect(folder):
    """Yield (source, n, expected, views) for each data set and size: (SEEDS,) and {model: View}.

    folder: of the networks' runs. A network is there if both of its halves are.
    """
    networks = network_samples(folder)
    for source, load in SOURCES.items():
        images = flatten(load())
        population = Spectrum.from_samples(images)
        noise = linear.seed_noise(range(SEEDS), population.dim)
        for n in SIZES:
            halves = [images[chosen] for chosen in iid_splits(len(images), n, n_splits=2)]
            models = [Spectrum.from_samples(half) for half in halves]
            samples = {"linear": np.stack([linear.sample_heun(model, noise, SIGMAS) for model in models])}
            if source == TRAINED_ON:
                samples |= {model: drawn for (model, size), drawn in networks.items() if size == n}
            views = {model: View.of(drawn, halves) for model, drawn in samples.items()}
            yield source, n, expected_mse(population, n, noise), views


def network_samples(folder):
    """Samples of each network and size of which both halves have been trained: {(model, n): (2, SEEDS, dim)}."""
    drawn = {}
    for run, result in sweep.finished(sweep.book(), folder).items():
        plain = run.recipe == Recipe(run.recipe.network, run.recipe.steps)  # the first seed, nothing special
        if plain and (run.split, run.pair) == ("iid", 0) and run.recipe.network in NETWORKS:
            drawn[NETWORKS[run.recipe.network], run.n_samples, run.half] = result.samples[-1].astype(np.float64)
    return {
        (model, n): np.stack([drawn[model, n, half] for half in (1, 2)])
        for model, n, half in drawn
        if half == 1 and (model, n, 2) in drawn
    }


def expected_mse(population, n, noise):
    """What `View.mse` is expected to be for linear models of Gaussian images, seed by seed: (SEEDS,).

    Twice the variance of each model, the Gaussian law's. Source: theory page, section on spectral functions.
    """
    x = (SIGMAS[0] * noise - population.mean) @ population.eigenvectors
    return 2 * seed_variance(heun_map(SIGMAS), population, n, x) / population.dim


def snapshots(folder):
    """Each network while it is trained on half 1 of 1000 images: {model: (steps, samples (snapshots, SEEDS, dim))}.

    The run of the networks' first seed that kept the most of them.
    """
    planned = [run for run in sweep.book() if run.recipe.snapshots and run.recipe.network in NETWORKS]
    drawn = {}
    for run, result in sweep.finished(planned, folder).items():
        first = (run.source, run.split, run.pair, run.half, run.n_samples) == (TRAINED_ON, "iid", 0, 1, 1000)
        model = NETWORKS[run.recipe.network]
        if first and run.recipe.seed == 0 and len(result.steps) > len(drawn.get(model, ((), ()))[0]):
            drawn[model] = result.steps, result.samples
    return drawn


def fragility(folder):
    """Of each seed, by mixtures of the images: (SEEDS,), larger is more fragile; None without the mixtures."""
    studies = [study for study in mixtures.book() if study.n_components in mixtures.RANKED]
    try:
        return mixtures.ranking([kept.read(study, folder) for study in studies])[0]
    except FileNotFoundError:
        return None


def grey_levels(rows):
    """Grey levels (len(rows) * SIZE, SHOWN * SIZE) of rows (rows, SHOWN, dim): a column a seed."""
    tiles = np.reshape(rows, (len(rows), SHOWN, SIZE, SIZE)).transpose(0, 2, 1, 3)
    levels = np.rint((np.clip(tiles, -1, 1) + 1) * 127.5)
    return levels.reshape(len(rows) * SIZE, SHOWN * SIZE).astype(np.uint8)

"""Why two trained models differ: a two-way analysis of variance of their samples.

The sample of a model trained on half a from training seed s, the noise fixed, is x(a, s) = m + A_a + B_s + C_as: the
*data effect* A, the *seed effect* B, and the *interaction* C, what neither images nor training seed decide alone.
Vocabulary: Lin and Dobriban (2021), who split the variance of a test error so.
"""

from dataclasses import dataclass

import numpy as np

from rmt_utils import checks


@dataclass(frozen=True, eq=False)
class Components:
    """Variances a pixel of data effect, seed effect and interaction; of each noise seed (seeds,), or numbers.

    With the training seed fixed the images alone make two models differ, through A *and* C.
    """

    data: np.ndarray
    seed: np.ndarray
    interaction: np.ndarray

    @property
    def images_changed(self):
        """Mean squared difference when the images change and the training seed does not: 2 (A + C)."""
        return 2 * (self.data + self.interaction)

    @property
    def seed_changed(self):
        """The same when the training seed changes and the images do not: 2 (B + C)."""
        return 2 * (self.seed + self.interaction)

    @property
    def both_changed(self):
        """The same when both change, the everyday case: 2 (A + B + C)."""
        return 2 * (self.data + self.seed + self.interaction)


def components(samples):
    """Unbiased estimates of the variances of A, B and C: ``Components`` of (seeds,).

    samples: (halves >= 2, training seeds >= 2, seeds, dim), of models trained on each half from each training seed. The
    estimates are those of the balanced design without repetition, from mean squares; of A and B they can be negative.
    Twice their sums are exactly the mean squared differences between the models at hand. ValueError for another shape.

    >>> x = np.array([[[[0.0]], [[2.0]]], [[[1.0]], [[5.0]]]])  # two halves, two training seeds, one pixel
    >>> found = components(x)
    >>> float(found.images_changed[0]), float(((x[0] - x[1]) ** 2).mean())
    (5.0, 5.0)
    """
    x = checks.finite("samples", samples)
    if x.ndim != 4 or min(x.shape[:2]) < 2 or not x.size:
        raise ValueError(f"samples must have shape (halves >= 2, training seeds >= 2, seeds, dim), got {x.shape}")
    halves, trainings = x.shape[:2]
    mean = x.mean(axis=(0, 1))
    by_half, by_training = x.mean(axis=1), x.mean(axis=0)
    rest = x - by_half[:, None] - by_training + mean

    def mean_square(deviation, axes, freedom):
        return np.square(deviation).sum(axis=axes).mean(axis=-1) / freedom  # (seeds,)

    interaction = mean_square(rest, (0, 1), (halves - 1) * (trainings - 1))
    data = trainings * mean_square(by_half - mean, 0, halves - 1)
    seed = halves * mean_square(by_training - mean, 0, trainings - 1)
    return Components((data - interaction) / trainings, (seed - interaction) / halves, interaction)


def jackknife(samples, statistic):
    """Mean over noise seeds of ``statistic(samples)`` and its standard error: two arrays (...,).

    samples: as for ``components``. statistic: a function of such samples to (..., seeds), for instance
    ``lambda x: components(x).data``. Three things are drawn at random and their variances are added: noise seeds,
    halves, and training seeds. The last two are measured by leaving one out, which needs at least three; with two of a
    kind its part cannot be known, and the error is a lower bound. For quadratic statistics it errs on the large side
    (Efron and Stein 1981).
    """
    samples = np.asarray(samples, dtype=np.float64)
    each = np.asarray(statistic(samples))
    squared = each.var(axis=-1, ddof=1) / each.shape[-1]
    for axis in (0, 1):
        count = samples.shape[axis]
        if count > 2:
            without = [np.mean(statistic(np.delete(samples, one, axis)), axis=-1) for one in range(count)]
            squared = squared + (count - 1) * np.var(without, axis=0)
    return each.mean(axis=-1), np.sqrt(squared)

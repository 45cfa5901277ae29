"""Why two trained models differ: a two-way analysis of variance of their samples.

The sample of a model trained on half a from training seed s, the noise fixed, is x(a, s) = m + A_a + B_s + C_as: the
*data effect* A, the *seed effect* B, and the *interaction* C, what neither images nor training seed decide alone.
Vocabulary: Lin and Dobriban (2021), who split the variance of a test error so.
"""

import numpy as np

from rmt_utils import checks


def effects(samples):
    """Unbiased estimates of the variances a pixel of A, B and C, of each noise seed: (3, seeds).

    samples: (halves >= 2, training seeds >= 2, seeds, dim), of models trained on each half from each training seed. The
    estimates are those of the balanced design without repetition, from mean squares; those of A and B can be negative.
    ValueError for another shape.

    >>> x = np.array([[[[0.0]], [[2.0]]], [[[1.0]], [[5.0]]]])  # two halves, two training seeds, one pixel
    >>> effects(x).ravel().tolist()
    [1.5, 4.0, 1.0]
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
    return np.array([(data - interaction) / trainings, (seed - interaction) / halves, interaction])


def changed(samples):
    """Mean squared difference a pixel of two models when the images, the training seed, or both change: (3, seeds).

    They are 2 (A + C), 2 (B + C) and 2 (A + B + C), exactly, for the models at hand. With the training seed fixed the
    images alone make two models differ, through A *and* C; that both change is the everyday case. samples: as for
    ``effects``.

    >>> x = np.array([[[[0.0]], [[2.0]]], [[[1.0]], [[5.0]]]])
    >>> changed(x).ravel().tolist(), float(((x[0] - x[1]) ** 2).mean())
    ([5.0, 10.0, 13.0], 5.0)
    """
    data, seed, interaction = effects(samples)
    return 2 * np.array([data + interaction, seed + interaction, data + seed + interaction])


def unrelated(samples):
    """Mean squared difference a pixel between samples of different noise, (..., seeds >= 2, dim): a number.

    Each seed is set against the next one: the scale on which the differences of equal noise are small or large.
    """
    x = checks.finite("samples", samples)
    return float(np.square(x - np.roll(x, 1, axis=-2)).mean())


def jackknife(samples, statistic, trainings=None):
    """Mean over noise seeds of ``statistic(samples)`` and its standard error: two arrays (...,).

    samples: as for ``effects``. statistic: a function of such samples to (..., seeds), for instance
    ``effects``. Three things are drawn at random and their variances are added: noise seeds,
    halves, and training seeds. The last two are measured by leaving one out, which needs at least three; with two of a
    kind its part cannot be known, and the error is a lower bound. For quadratic statistics it errs on the large side
    (Efron and Stein 1981). trainings: samples of other halves with more training seeds; the training seeds' part is
    then theirs, in proportion to how many there are.
    """
    samples = np.asarray(samples, dtype=np.float64)
    trainings = samples if trainings is None else np.asarray(trainings, dtype=np.float64)
    each = np.asarray(statistic(samples))
    squared = each.var(axis=-1, ddof=1) / each.shape[-1] + _leaving_out(samples, statistic, 0)
    more = trainings.shape[1] / samples.shape[1]
    return each.mean(axis=-1), np.sqrt(squared + more * _leaving_out(trainings, statistic, 1))


def _leaving_out(samples, statistic, axis):
    """Variance of the mean of ``statistic`` that the jackknife along ``axis`` finds; 0 where there are but two."""
    count = samples.shape[axis]
    if count < 3:
        return 0.0
    without = [np.mean(statistic(np.delete(samples, one, axis)), axis=-1) for one in range(count)]
    return (count - 1) * np.var(without, axis=0)

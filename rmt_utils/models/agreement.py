"""What is measured on samples: how alike two models are, seed by seed, and what else they resemble.

Samples are rows: (seeds, dim), those of several trainings (training seeds, seeds, dim). Every distance is a mean
squared difference a pixel.
"""

from dataclasses import dataclass, fields
from itertools import combinations

import numpy as np

from rmt_utils import checks


def mse_per_seed(a, b):
    """Mean squared difference a pixel between the samples of two models, seed by seed: (..., seeds).

    a, b: (..., seeds, dim), the last two axes equal, others broadcast; ``b`` may be those of the linear predictor.

    >>> mse_per_seed([[0.0, 0.0]], [[1.0, 3.0]])
    array([5.])
    """
    a, b = checks.finite("a", a), checks.finite("b", b)
    if min(a.ndim, b.ndim) < 2 or a.shape[-2:] != b.shape[-2:]:
        raise ValueError(f"a and b must have equal (seeds, dim), got {a.shape} and {b.shape}")
    return np.square(a - b).mean(axis=-1)


def mean_and_error(values):
    """Mean of ``values``, (seeds,) or (training seeds, seeds), and its standard error.

    Both kinds of seeds are random: the variances of the means over either axis add up, less what is of no axis and so
    counted twice. An axis of length 1 cannot show its part.

    >>> mean_and_error([1.0, 3.0])
    (2.0, 1.0)
    """
    values = np.atleast_2d(np.asarray(values, dtype=np.float64))
    means = [values.mean(axis=axis, keepdims=True) for axis in (0, 1)]
    squared = [part.var(ddof=1) / part.size for part in means if part.size > 1]
    if len(squared) == 2:
        rest = np.square(values - sum(means) + values.mean()).sum()
        rest /= values.size * np.prod(np.subtract(values.shape, 1))
        squared = [max(sum(squared) - rest, *squared)]
    return float(values.mean()), float(np.sqrt(sum(squared)))


def ratio_and_error(above, below):
    """Ratio of the means of two quantities of the same seeds, and its standard error: shapes as in ``mean_and_error``.

    The two rise and fall together from seed to seed; the error is that of the linearised ratio.

    >>> ratio_and_error([2.0, 4.0], [1.0, 2.0])
    (2.0, 0.0)
    """
    above, below = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    ratio = above.mean() / below.mean()
    return float(ratio), mean_and_error((above - ratio * below) / below.mean())[1]


def bootstrap_error(statistic, *values, draws=200):
    """Standard error over noise seeds of ``statistic(*values)``, numbers; the seeds stand on the last axes of values.

    The same seeds are drawn, with replacement, from all ``values``. Source: Efron (1979).

    >>> values = np.random.default_rng(1).standard_normal(400)
    >>> float(bootstrap_error(np.mean, values).round(2))  # 1/sqrt(400)
    0.05
    """
    n_seeds = np.shape(values[0])[-1]
    drawn = np.random.default_rng(0).integers(n_seeds, size=(draws, n_seeds))
    return np.std([statistic(*(np.asarray(one)[..., seeds] for one in values)) for seeds in drawn], axis=0)


def pairwise_mse(groups):
    """Mean over seeds of ``mse_per_seed`` between every two of ``groups``, a list of (seeds, dim): (groups, groups)."""
    return np.array([[mse_per_seed(a, b).mean() for b in groups] for a in groups])


@dataclass(frozen=True)
class Tail:
    """How a difference is spread over noise seeds: mean, median, share of the seeds above a threshold, and the share of
    the sum that the tenth of the seeds with the largest differences carries."""

    mean: float
    median: float
    above: float
    top_tenth: float


def tail(values, threshold=0.1):
    """``Tail`` of the differences between two models, (seeds,), or of several such pairs, (..., seeds): its mean.

    A tenth of N seeds is N/10 rounded. ValueError for fewer than 10 seeds.

    >>> tail(np.r_[np.full(18, 0.0), 0.25, 0.75])
    Tail(mean=0.05, median=0.0, above=0.1, top_tenth=1.0)
    """
    values = checks.finite("values", values)
    if values.ndim == 0 or values.shape[-1] < 10:
        raise ValueError(f"values must be of at least 10 seeds, got shape {values.shape}")
    largest = np.sort(values)[..., -round(values.shape[-1] / 10) :]
    share = largest.sum(axis=-1) / values.sum(axis=-1)
    found = values.mean(axis=-1), np.median(values, axis=-1), (values > threshold).mean(axis=-1), share
    return Tail(*(float(np.mean(one)) for one in found))


def by_part(tails):
    """The fields of several ``Tail``, such as one for each size, as arrays (tails,) by their names.

    >>> by_part([tail(np.arange(10.0)), tail(2 * np.arange(10.0))])["median"].tolist()
    [4.5, 9.0]
    """
    return {field.name: np.array([getattr(one, field.name) for one in tails]) for field in fields(Tail)}


def ceiling(repeats):
    """The rank correlation over seeds that the mean of ``repeats`` (repetitions >= 2, seeds) can have at most.

    Repetitions, say the difference of two halves under several training seeds, agree with each other with some mean
    Spearman correlation r only. Then the mean of k of them has reliability k r/(1 + (k - 1) r) (Spearman 1910, Brown
    1910), and a quantity without error correlates with it at most by that reliability's square root. 0 where r <= 0.

    >>> round(ceiling([[1, 2, 3, 4], [1, 2, 3, 4]]), 12)
    1.0
    """
    repeats = checks.finite("repeats", repeats)
    if repeats.ndim != 2 or len(repeats) < 2 or repeats.shape[1] < 4:
        raise ValueError(f"repeats must have shape (repetitions >= 2, seeds >= 4), got {repeats.shape}")
    from scipy.stats import spearmanr  # here: it is half of the package's import time

    count = len(repeats)
    r = np.mean([spearmanr(one, other).statistic for one, other in combinations(repeats, 2)])
    r = max(0.0, r)
    return float(np.sqrt(count * r / (1 + (count - 1) * r)))


def ceiling_and_error(repeats):
    """``ceiling`` of repetitions of any axes (..., seeds), and its standard error over noise seeds."""
    repeats = np.reshape(repeats, (-1, np.shape(repeats)[-1]))
    return ceiling(repeats), float(bootstrap_error(ceiling, repeats))


def nearest(samples, training, block=4096):
    """Nearest training image of each sample: index (seeds,) and distance a pixel (seeds,).

    samples: (seeds, dim). training: (n, dim), read in blocks so that float32 images stay float32.
    """
    samples = checks.matrix("samples", samples)
    training = np.asarray(training)
    if training.ndim != 2 or training.shape[1] != samples.shape[1] or not len(training):
        raise ValueError(f"training must have shape (n >= 1, {samples.shape[1]}), got {training.shape}")
    index, best = np.zeros(len(samples), dtype=np.intp), np.full(len(samples), np.inf)
    offset = training[:block].mean(axis=0, dtype=np.float64)  # would cost the digits of the squares
    centred = samples - offset
    for start in range(0, len(training), block):
        part = training[start : start + block] - offset
        # The sample's own norm does not change which image is nearest.
        distance = np.square(part).sum(axis=1) - 2 * centred @ part.T  # (seeds, block)
        here = distance.argmin(axis=1)
        value = distance[np.arange(len(samples)), here]
        closer = value < best
        index[closer], best[closer] = start + here[closer], value[closer]
    return index, mse_per_seed(samples, training[index])


def own_over_other(samples, own, other):
    """Distance to the nearest image of the own training set over that to the other's, and its standard error.

    samples: (seeds, dim) or (training seeds, seeds, dim). own, other: training sets of equal size, (n, dim). 1 for a
    model that owes its images no more than images it has never seen, 0 for one that repeats its own. A ratio of means.
    """
    samples = np.asarray(samples)
    samples = samples[None] if samples.ndim == 2 else samples
    distance = [[nearest(rows, images)[1] for rows in samples] for images in (own, other)]
    return ratio_and_error(*np.array(distance))


@dataclass(frozen=True)
class Correlation:
    """Pearson's r with its 95% interval and p-value, and Spearman's rank correlation."""

    pearson: float
    low: float
    high: float
    p_value: float
    spearman: float


def correlate(x, y):
    """Correlation over seeds of two quantities (seeds,); the interval is Fisher's. ValueError below 4 seeds."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1 or x.size < 4:
        raise ValueError(f"x and y must have the same shape (seeds >= 4,), got {x.shape} and {y.shape}")
    from scipy import stats  # as in ``ceiling``

    result = stats.pearsonr(x, y)
    low, high = result.confidence_interval()
    rank = stats.spearmanr(x, y).statistic
    return Correlation(*(float(v) for v in (result.statistic, low, high, result.pvalue, rank)))

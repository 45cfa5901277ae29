"""What is measured on samples: how alike two models are, seed by seed, and what else they resemble.

Samples are rows: (seeds, dim), those of several trainings (training seeds, seeds, dim). Every distance is a mean
squared difference a pixel.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

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


def pairwise_mse(groups):
    """Mean over seeds of ``mse_per_seed`` between every two of ``groups``, a list of (seeds, dim): (groups, groups)."""
    return np.array([[mse_per_seed(a, b).mean() for b in groups] for a in groups])


def data_part(differences):
    """What of the squared difference a pixel between two models the data cause, seed by seed: (seeds,).

    differences: (training seeds >= 2, seeds, dim). D_s is the difference of the samples of models trained on two halves
    with everything else, initialisation, order and noise, from training seed s. Training noise is independent between
    training seeds, so the mean of D_s . D_s' over s != s' estimates abs(E D)^2 without bias; the mean of abs(D_s)^2 has
    the variance of training on top. The estimate can be negative. ValueError for fewer than two training seeds.

    >>> data_part([[[1.0, 0.0]], [[1.0, 2.0]]])
    array([0.5])
    """
    differences = _differences(differences)
    count = len(differences)
    products = np.square(differences.sum(axis=0)) - np.square(differences).sum(axis=0)  # (seeds, dim)
    return products.mean(axis=1) / (count * (count - 1))


def data_part_error(differences):
    """Standard error of the mean over seeds of ``data_part``, differences as there.

    Two sources are added: the spread over noise seeds, and over training seeds by the jackknife, which errs on the
    large side for such a mean over pairs (Efron and Stein 1981). With two training seeds the second cannot be known;
    the result is then a lower bound.
    """
    differences = _differences(differences)
    count = len(differences)
    each = data_part(differences)
    squared = each.var(ddof=1) / each.size
    if count > 2:
        without = [data_part(np.delete(differences, one, axis=0)).mean() for one in range(count)]
        squared += (count - 1) * np.var(without)
    return float(np.sqrt(squared))


def data_part_reliability(differences):
    """Correlation over seeds between data parts from different training seeds: how much of one seed's is not noise.

    differences: (training seeds >= 4, seeds, dim), as in ``data_part``. Mean of Pearson's r between the data parts of
    disjoint pairs of training seeds. ValueError for fewer than four.
    """
    differences = _differences(differences)
    count = len(differences)
    if count < 4:
        raise ValueError(f"differences must have at least 4 training seeds, got {count}")
    parts = {pair: data_part(differences[list(pair)]) for pair in combinations(range(count), 2)}
    disjoint = [(a, b) for a, b in combinations(parts, 2) if not {*a} & {*b}]
    return float(np.mean([correlate(parts[a], parts[b]).pearson for a, b in disjoint]))


def _differences(value):
    array = np.asarray(value, dtype=np.float64)
    if array.ndim != 3 or len(array) < 2 or not array.size:
        raise ValueError(f"differences must have shape (training seeds >= 2, seeds, dim), got {array.shape}")
    return array


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
    result = stats.pearsonr(x, y)
    low, high = result.confidence_interval()
    rank = stats.spearmanr(x, y).statistic
    return Correlation(*(float(v) for v in (result.statistic, low, high, result.pvalue, rank)))

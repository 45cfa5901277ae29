"""Which seeds will differ from one model to the next, and by how much: what a mixture of Gaussians knows of it.

A seed near the boundary between two components ends on either side of it, whatever moved the boundary. One Gaussian has
no boundaries.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erf, ndtr

from rmt_utils import checks
from rmt_utils.annotations import Real
from rmt_utils.models.agreement import ceiling_and_error, correlate, mse_per_seed
from rmt_utils.models.mixture import Mixture


def fragility(
    mixture: Mixture,
    noise: ArrayLike,
    eps: ArrayLike = (0.05, 0.2, 0.4),
    n_directions: int = 4,
    seed: int = 0,
    sigmas: ArrayLike | None = None,
) -> Real:
    """Sensitivity of each seed's sample to its noise: (seeds,), larger is more fragile.

    mixture: anything with ``sample(noise, sigmas)``, such as a ``Mixture`` of the population. noise: (seeds, dim),
    standard normal. The mean squared change a pixel when the noise turns into (noise + eps v)/sqrt(1 + eps^2), over
    ``n_directions`` random v, the same for all seeds; over several eps the geometric mean, so that each has equal say
    in the ranking. sigmas: as in ``Mixture.sample``. Source: theory page, eq. (fragility).

    >>> two = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[0.01]], [[0.01]]])
    >>> near, far = fragility(two, [[0.02], [2.0]], eps=0.1)
    >>> bool(near > 100 * far)
    True
    """
    noise = checks.matrix("noise", noise)
    eps = np.atleast_1d(checks.positive("eps", eps))
    n_directions = checks.count("n_directions", n_directions)
    directions = np.random.default_rng(seed).standard_normal((n_directions, 1, noise.shape[1]))
    sample = mixture.sample(noise, sigmas)
    logs = np.zeros(len(noise))
    for size in eps:
        turned = (noise + size * directions) / np.hypot(1.0, size)  # (directions, seeds, dim)
        moved = mixture.sample(turned.reshape(-1, noise.shape[1]), sigmas).reshape(turned.shape)
        logs += np.log(mse_per_seed(moved, sample).mean(axis=0))
    return np.exp(logs / eps.size)


def refit_variance(mixture, samples, noise, n_samples, n_fits=6, seed=0, n_iterations=8, sigmas=None):
    """Variance of each seed's sample over mixtures fitted to random sets of the samples: (seeds,), a pixel.

    mixture: fitted to samples (N, dim); each fit starts from its responsibilities, so that components keep their names.
    n_samples: size of a set, drawn without replacement; sets of different fits may overlap. sigmas: as in
    ``Mixture.sample``. Twice the result is the expected squared difference of two such mixtures, as with
    ``seed_variance`` for linear models.
    """
    samples = checks.matrix("samples", samples, mixture.dim)
    n_samples, n_fits = checks.count("n_samples", n_samples), checks.count("n_fits", n_fits, at_least=2)
    if n_samples > len(samples):
        raise ValueError(f"n_samples must be at most {len(samples)}, got {n_samples}")
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(n_fits):
        rows = samples[rng.choice(len(samples), n_samples, replace=False)]
        start = mixture.responsibilities(rows)
        fitted = Mixture.fit(rows, start.shape[1], n_iterations=n_iterations, responsibilities=start)
        drawn.append(fitted.sample(noise, sigmas))
    return np.var(drawn, axis=0, ddof=1).mean(axis=1)


def rank_correlation(a, b):
    """Spearman's rank correlation over seeds of two quantities (seeds,), and its standard error.

    b: (pairs, seeds) too, whose mean counts; the error then has the part of the pairs, by the jackknife, if there are
    three or more. Source of the seeds' part: Fieller, Hartley and Pearson (1957). ValueError below 4 seeds.

    >>> rank_correlation([1, 2, 3, 4], [10, 20, 30, 40])
    (1.0, 0.0)
    """
    a, b = checks.finite("a", a), np.atleast_2d(checks.finite("b", b))
    if b.ndim != 2 or a.shape != b.shape[1:] or a.size < 4:
        raise ValueError(f"a and b must have the same shape (seeds >= 4,), got {a.shape} and {b.shape}")
    r = correlate(a, b.mean(axis=0)).spearman
    squared = (1 - r**2) ** 2 * 1.06 / (a.size - 3)
    if len(b) > 2:
        without = [correlate(a, np.delete(b, pair, axis=0).mean(axis=0)).spearman for pair in range(len(b))]
        squared += (len(b) - 1) * np.var(without)
    return r, float(np.sqrt(squared))


def rank_correlations(rankings, difference):
    """``rank_correlation`` of each of ``rankings``, (seeds,), with a difference; last, ``ceiling_and_error``: pairs.

    difference: ([pairs,] training seeds, seeds), whose mean over training seeds is ranked and whose repetitions set the
    ceiling.

    >>> seeds = np.arange(9)
    >>> ranks, ceiling = rank_correlations([-seeds], [seeds, seeds**2])
    >>> ranks, round(ceiling[0], 6)
    ((-1.0, 0.0), 1.0)
    """
    difference = checks.finite("difference", difference)
    mean = difference.mean(axis=-2)
    return [*(rank_correlation(one, mean) for one in rankings), ceiling_and_error(difference)]


def match(tail, family, sizes):
    """Effective n of a difference between two models: the n at which a family of models has its median.

    tail: ``agreement.Tail`` of the difference. family: those of the family at each of ``sizes``, medians falling.
    Between and beyond them median, mean and n are straight in logarithms, the share of the top tenth in that of the
    median.
    Returns n, the mean over that of the family there, and the share of the top tenth less that of the family.

    >>> from rmt_utils.models.agreement import Tail
    >>> family = [Tail(4.0, 2.0, 0.0, 0.3), Tail(2.0, 0.5, 0.0, 0.5)]
    >>> [round(value, 3) for value in match(Tail(3.0, 1.0, 0.0, 0.5), family, [100, 400])]
    [200.0, 1.061, 0.1]
    """
    medians = np.log([one.median for one in family])
    if len(medians) < 2 or len(medians) != len(sizes) or not (np.diff(medians) < 0).all():
        raise ValueError("family must have falling medians, two or more and one for each of sizes")

    from scipy.interpolate import interp1d  # here: it would be a fifth of the package's import time

    def there(values):
        return float(interp1d(medians, values, fill_value="extrapolate")(np.log(tail.median)))

    n, mean = (np.exp(there(np.log(values))) for values in (sizes, [one.mean for one in family]))
    return float(n), float(tail.mean / mean), tail.top_tenth - there([one.top_tenth for one in family])


def dense_ranks():
    """Ranks in (0, 1), close together near 1/2, and the share of all seeds that each stands for: (5001,) each.

    For means over the seeds of one-dimensional models that weigh two groups about equally: seeds near 1/2 change sides.

    >>> ranks, shares = dense_ranks()
    >>> float(shares.sum().round(12)), float(shares @ ranks**2 * 3 - 1) < 1e-6
    (1.0, True)
    """
    near = 0.5 + np.sinh(np.linspace(-8, 8, 3001)) / 3e3
    edges = np.sort(np.r_[np.linspace(0, 1, 2001), near])
    return (edges[1:] + edges[:-1]) / 2, np.diff(edges)


def flip_law(weight: ArrayLike, half_gap: ArrayLike, spread: ArrayLike, n_samples: ArrayLike) -> Real:
    """Expected squared difference of the samples of two one-dimensional mixtures, over seeds and training sets.

    The mixture is weight N(-half_gap, spread^2) + (1 - weight) N(half_gap, spread^2); each model has its own estimate
    of the weight, the share among n_samples images, everything else known. In one dimension the probability-flow map is
    the quantile function, so that the mean squared difference over seeds is the squared Wasserstein distance of the
    two densities. Arguments broadcast; n_samples may be inf. The error of the weight is taken as normal.

    E W^2 = 4 int int_{x<y} E[F_1(x) - F_2(y)]_+ dx dy, where F_1(x) - F_2(y) is normal: no quantile is computed.
    Source: theory page, eq. (flip-law); Bobkov and Ledoux (2019), section 2.

    >>> law = flip_law(0.5, 1.0, 0.05, 1e4)
    >>> empty_gap = 4 * np.sqrt(2 * 0.25 / 1e4) * np.sqrt(2 / np.pi)  # every seed between two weights changes sides
    >>> bool(0.5 < law / empty_gap < 1)
    True
    """
    given = {
        "weight": checks.positive("weight", weight),
        "half_gap": checks.positive("half_gap", half_gap),
        "spread": checks.positive("spread", spread),
        "n_samples": _samples(n_samples),
    }
    if not (given["weight"] < 1).all():
        raise ValueError(f"weight must lie in (0, 1), got {weight}")
    arrays = checks.broadcast(**given)
    values = [_flip(*(float(value) for value in case)) for case in zip(*(a.ravel() for a in arrays), strict=True)]
    return np.reshape(values, arrays[0].shape)[()]


def _samples(value):
    array = np.asarray(value, dtype=np.float64)
    if not (array >= 1).all():
        raise ValueError(f"n_samples must be >= 1, inf included, got {value}")
    return array


def _flip(weight, half_gap, spread, n_samples):
    gap = half_gap / spread  # from here on the spread is 1
    error = np.sqrt(weight * (1 - weight) / n_samples)
    if error == 0:
        return 0.0
    # Nothing happens within a wide gap: a smooth change of variable makes one of 20 spreads of it.
    near = min(gap, 10.0)
    nodes, parts = np.polynomial.legendre.leggauss(8)
    edges = np.linspace(-near - 10, near + 10, 2 * int(near + 10) + 1)
    half = np.diff(edges)[0] / 2
    place = (edges[:-1, None] + half * (1 + nodes)).ravel()
    log_apart = np.linspace(np.log(1e-10), np.log(2 * near + 20), 600)
    apart = np.exp(log_apart)[:, None]
    (left, right, stretch), (left_y, right_y, stretch_y) = (_tails(at, gap, near) for at in (place, place + apart))
    # F(y) - F(x) from what lies in the gap, where both parts are tiny
    rise = weight * (left - left_y) + (1 - weight) * (right_y - right)
    scale = error * np.hypot(1 - left - right, 1 - left_y - right_y)
    ratio = np.minimum(rise / np.maximum(scale, np.finfo(float).tiny), 37.0)  # beyond it the normal density is 0
    positive_part = scale * (np.exp(-(ratio**2) / 2) / np.sqrt(2 * np.pi) - ratio * ndtr(-ratio))
    inner = (positive_part * stretch_y * apart).sum(axis=0) * (log_apart[1] - log_apart[0])
    return 4 * spread**2 * float((inner * stretch) @ np.tile(half * parts, len(edges) - 1))


def _tails(place, gap, near):
    """What of the left component lies above x and of the right one below, and dx/dplace, x = place + a smooth step."""
    x = place + (gap - near) * erf(place / 1.5)
    stretch = 1 + (gap - near) / 1.5 * 2 / np.sqrt(np.pi) * np.exp(-np.square(place / 1.5))
    return ndtr(-(x + gap)), ndtr(x - gap), stretch

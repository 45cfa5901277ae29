"""Predictions 21 to 28: what mixtures of Gaussians foresee of networks, and what came out.

As in ``predictions``, with the settings of chapter 8: ``fragility`` (seeds,), and ``family`` and ``sizes`` as in
``models.fragile.match``.
"""

from itertools import combinations, product

import numpy as np

from rmt_utils.book.predictions import NAMES, outcome
from rmt_utils.data.sources import flatten
from rmt_utils.models.agreement import bootstrap_error, correlate, mse_per_seed, tail
from rmt_utils.models.fragile import fragility, match, rank_correlation
from rmt_utils.models.mixture import Mixture
from rmt_utils.nets.trained_on import source_images

LEADING, COMPONENTS = 200, 8  # of colour images: modes that the mixture knows, and its Gaussians


def outcomes(net, s):
    """Of all predictions below but that of colour."""
    yield from of_ranking(net, s)
    yield from of_effective_size(net, s)
    yield from of_pairs(net, s)


def of_ranking(net, s):
    """Predictions 22 and 25: fragility beside long trainings, and beside the MLP."""
    cases = [("22 UNet", "UNet", s.n, net.long), ("22 DiT", "DiT", s.n, net.long), ("25", "MLP", s.many, None)]
    for number, name, size, steps in cases:
        x = net.samples(name, size, steps=steps)
        if x.size:
            found = rank_correlation(s.fragility, mse_per_seed(x[0], x[1]).mean(axis=0))
            yield outcome(number, f"foreseen-{name}-{size}", *found)


def of_effective_size(net, s):
    """Predictions 21 and 26: long trainings beside the mixtures of equal median.

    The errors are over the networks' noise seeds, the mixtures as they are.
    """
    for name in NAMES:
        x = net.samples(name, s.n, steps=net.long)
        if not x.size:
            continue

        def beside(raw):
            _, mean, tenth = match(tail(raw), s.family, s.sizes)
            return mean, 100 * tenth, 1 / mean

        raw = mse_per_seed(x[0], x[1])
        (mean, tenth, inverse), errors = beside(raw), bootstrap_error(beside, raw)
        yield outcome(f"26a {name}", f"foreseen-mean-{name}", mean, errors[0])
        yield outcome(f"26b {name}", f"foreseen-tenth-{name}", tenth, errors[1])
        if name == "UNet":
            yield outcome("21", "foreseen-mixture-UNet", inverse, errors[2])


def of_pairs(net, s):
    """Predictions 23, 24 and 27: several disjoint pairs of halves, of which the first was known before.

    The errors are over noise seeds: in 23 that of any two pairs.
    """

    def gain(fragility, first, others):
        return correlate(fragility, others.mean(axis=0)).spearman - correlate(fragility, first).spearman

    def times(raw, first):
        return match(tail(raw), s.family, s.sizes)[0] / match(tail(first), s.family, s.sizes)[0]

    for name in NAMES:
        pairs = net.pairs(s.n, name)
        if len(pairs) < 2:
            continue
        (raw,) = net.differences(s.n, name)  # (pairs, training seeds, seeds)
        by_pair = raw.mean(axis=1)
        agreement = [rank_correlation(one, two) for one, two in combinations(by_pair, 2)]
        yield outcome("23", f"pairs-agree-{name}", *np.mean(agreement, axis=0))
        three = s.fragility, by_pair[0], by_pair[1:]
        yield outcome("24", f"pairs-gain-{name}", gain(*three), bootstrap_error(gain, *three))
        for pair, other in zip(pairs[1:], raw[1:], strict=True):
            error = bootstrap_error(times, other, raw[0])
            yield outcome("27", f"pairs-size-{name}-{pair}", times(other, raw[0]), error)


def of_colour(net, ranking=None):
    """Prediction 28, of ``Networks`` of colour images; ranking: of their seeds, ``in_leading_modes`` if not given."""
    ranking = in_leading_modes(net) if ranking is None else ranking
    for name, size in product((*NAMES, "paper DiT"), net.sizes):
        x = net.samples(name, size)
        if x.size:
            found = rank_correlation(ranking[: x.shape[2]], mse_per_seed(x[0], x[1]).mean(axis=0))
            yield outcome("28", f"foreseen-colour-{name}-{size}".replace(" ", "-"), *found)


def in_leading_modes(net):
    """Fragility of every seed as prediction 28 was of it, by a mixture of all images in 200 modes: (seeds,)."""
    modes = net.population.eigenvectors[:, :LEADING]
    images = flatten(source_images(net.first.source, net.first.size))
    return fragility(Mixture.fit(images @ modes, COMPONENTS), net.noise @ modes)

"""What was predicted of networks before they were trained, each with its bounds, and what came out of those that are.

The page `book/predictions.md` has the predictions in words; chapters 5 and 8 record the outcomes. Every function takes
``Networks`` and the settings of its chapter, ``few``, ``n`` and ``many`` images among them, and yields outcomes,
keyword arguments of ``Chapter.verdict``; of trainings that are not finished it says nothing.
"""

from itertools import pairwise

import numpy as np

from rmt_utils.models import fragile
from rmt_utils.models.agreement import bootstrap_error, mean_and_error, mse_per_seed, ratio_and_error, tail
from rmt_utils.models.anova import changed, effects

NAMES = ("UNet", "DiT")
ABOVE = 0.1  # a difference that makes another picture
# (at least, at most) by number on the page, a letter where it fixes several
EXPECTED = {
    "1": (0.5, 1.0),
    "2": (1.5, None),
    "3": (0.7, 1.6),
    "4a": (1.2, None),
    "4b": (None, 1.1),
    "5a": (0.9, None),
    "5b": (None, 0.85),
    "6": (None, 0.6),
    "7a": (None, 25.0),
    "7b": (None, 0.0),
    "7c": (0.7, 2.5),
    "8": (0.5, 1.3),
    "9": (-1.3, -0.7),
    "10": (None, 0.15),
    "11": (0.7, None),
    "12": (0.6, None),
    "14": (1.0, None),
    "15": (1.0, None),
    "16": (None, 45.0),
    "17": (1.0, None),
    "18a": (None, 1.2),
    "18b": (0.8, None),
    "19": (0.4, 1.5),
    "20": (45.0, 70.0),
    "21": (0.5, 0.9),
    "22 UNet": (0.4, 0.6),
    "22 DiT": (0.25, 0.45),
    "23": (0.7, None),
    "24": (0.0, 0.1),
    "25": (0.3, 0.6),
    "26a UNet": (1.0, 1.8),
    "26b UNet": (0.0, 20.0),
    "26a DiT": (0.8, 1.5),
    "26b DiT": (-10.0, 15.0),
    "27": (0.6, 1.7),
    "28": (0.2, 0.6),
    "29": (4.0, None),
    "30": (0.65, 1.1),
    "31": (0.93, 0.99),
    "32": (1.0, 1.6),
    "33": (0.8, 1.2),
    "34": (0.75, 0.95),
}


def judge(chapter, outcomes):
    """Record ``outcomes``, of a function such as those below, with the last figure of ``chapter``."""
    for one in outcomes:
        chapter.verdict(**one)


def outcome(number, name, value, error):
    """Of prediction ``number``, for the text under ``name``."""
    low, high = EXPECTED[number]
    claim = f"prediction {number}, {name}"
    return {"name": name, "claim": claim, "value": value, "error": error, "at_least": low, "at_most": high}


def of_length(net, s):
    """Predictions 1 to 7 and 20: longest trainings, beside the short ones from the same training seeds."""
    n = s.n
    for name in NAMES:
        long = net.samples(name, n, steps=net.long)
        if not long.size:
            continue
        short = net.samples(name, n)[:, : long.shape[1]]
        raw = [mse_per_seed(x[0], x[1]) for x in (long, short)]
        yield outcome("3", f"longer-{name}", *ratio_and_error(*raw))
        if long.shape[1] > 1:
            (data, _, both), (data_before, _, both_before) = effects(long), effects(short)
            yield outcome("1", f"longer-interaction-{name}", *ratio_and_error(both, both_before))
            yield outcome("2", f"longer-data-{name}", *ratio_and_error(data, data_before))
        for number, step in (("4a", 2000), ("4b", net.long)):
            if (x := net.samples(name, n, steps=net.long, at=step)).size:
                # half 2 and the last training seed there is: half 1, seed 0 was known before
                late = net.modes.squares(x[1, -1])[:, s.late :].mean(axis=1)
                yield outcome(number, f"late-modes-{name}-{step}", *mean_and_error(late))
        if name == "UNet":
            yield outcome("5a", "own-UNet-short", *net.own_over_other(net.samples(name, n)[0], n))
            yield outcome("5b", "own-UNet-long", *net.own_over_other(long[0], n))
            yield outcome("20", "top-tenth-UNet-long", *top_tenth(raw[0]))
    if (x := net.samples("UNet", s.few, steps=net.long)).size:
        yield outcome("6", "own-UNet-few", *net.own_over_other(x[0], s.few))
    for name in NAMES:
        if (x := net.samples(name, s.many, "surrogate", steps=net.long)).size:
            raw = mse_per_seed(x[0], x[1])
            expected = np.full_like(raw, 2 * net.law(s.many))
            yield outcome("7a", f"surrogate-top-{name}", *top_tenth(raw))
            yield outcome("7b", f"surrogate-above-{name}", tail(raw, ABOVE).above, 0.0)
            yield outcome("7c", f"surrogate-excess-{name}", *ratio_and_error(raw, expected))


def of_many(net, s):
    """Predictions 29 to 31: the UNet's longest trainings on as many images as the surrogate has."""
    long = net.samples("UNet", s.many, steps=net.long)
    twin = net.samples("UNet", s.many, "surrogate", steps=net.long)
    fewer = net.samples("UNet", s.n, steps=net.long)
    if not long.size:
        return
    yield outcome("31", "many-own-UNet", *net.own_over_other(long[0], s.many))
    if min(x.shape[1] for x in (long, twin, fewer)) > 1:  # training seeds
        interaction = effects(long)[2]
        yield outcome("29", "many-surrogate-UNet", *ratio_and_error(interaction, effects(twin)[2]))
        yield outcome("30", "many-fewer-UNet", *ratio_and_error(interaction, effects(fewer)[2]))


def of_others(net, s):
    """Predictions 8 to 12, 18 and 19: other halves, seeds and architectures."""
    yield from of_pairs(net, s)
    yield from of_seeds(net, s)
    yield from of_third(net, s)


def of_pairs(net, s):
    """Predictions 8 to 10: of the sizes, those at which several disjoint pairs of halves have been trained."""
    first, few, n, many = net.sizes[0], s.few, s.n, s.many
    for name in NAMES:
        data, interaction = {}, {}  # {size: (value, error)}
        for size in {first, few, n, many}:
            if len(net.pairs(size, name)) > 1:
                data[size], _, interaction[size] = zip(*net.estimate(effects, size, name), strict=True)
        if {few, many} <= data.keys():
            yield outcome("8", f"interaction-size-{name}", *_quotient(interaction[many], interaction[few]))
        if {first, n} <= data.keys():
            ratio, error = _quotient(data[n], data[first])
            slope = np.log(ratio) / np.log(n / first)
            yield outcome("9", f"data-slope-{name}", slope, error / ratio / np.log(n / first))
        if n in data:
            by_pair = net.differences(n, name)[0].mean(axis=(1, 2))
            spread = by_pair.std(ddof=1) / by_pair.mean()
            yield outcome("10", f"spread-pairs-{name}", spread, spread / np.sqrt(2 * (len(by_pair) - 1)))


def of_seeds(net, s):
    """Predictions 11 and 12: initialisation alone, or order and noise alone, changed."""
    for name in NAMES:
        if (x := net.separate(name, s.n)).size:
            start, order, both = changed(x)
            yield outcome("11", f"start-{name}", *ratio_and_error(start, both))
            yield outcome("11", f"order-{name}", *ratio_and_error(order, both))
            yield outcome("12", f"start-order-{name}", *fragile.rank_correlation(start, order))


def of_colour(net, s):
    """Predictions 14 to 17 and 32 to 34, of ``Networks`` of colour images; at ``many`` of them d/n is 1."""
    n = s.many
    for number, (what, found) in zip(("32", "33", "34"), longer_in_colour(net, s, "UNet").items(), strict=False):
        yield outcome(number, f"colour-longer-{what}-UNet", *found)
    for name in NAMES:
        trained = [size for size in net.sizes if net.samples(name, size).size]
        excess = {}
        for size in trained:
            raw = net.difference(name, size).mean(axis=0)
            excess[size] = ratio_and_error(raw, net.linear(size)[0, : len(raw)])
            yield outcome("14", f"colour-excess-{name}-{size}", *excess[size])
        for small, large in pairwise(trained):
            yield outcome("14", f"colour-rises-{name}-{large}", *_quotient(excess[large], excess[small]))
        if n not in trained:
            continue
        x, other = (net.samples(one, n) for one in (name, *(set(NAMES) - {name})))
        raw = mse_per_seed(x[0], x[1])
        yield outcome("16", f"colour-top-{name}", *top_tenth(raw))
        if x.shape[1] > 1:
            data, _, both = effects(x)
            yield outcome("15", f"colour-interaction-{name}", *ratio_and_error(both, data))
        if other.size:
            apart = mse_per_seed(x[0, :1], other[0, :1])  # half 1, the first training seed
            yield outcome("17", f"colour-architecture-{name}", *ratio_and_error(apart, raw[:1]))


def longer_in_colour(net, s, name):
    """What the longest trainings in colour changed, {what: (value, error)}, or nothing if they are not finished.

    The difference of two halves and the distance to the linear models, over those of the short trainings from the same
    training seed, and own over other half.
    """
    n = s.many
    long = net.samples(name, n, steps=net.long)
    if not long.size:
        return {}
    _, trainings, seeds, _ = long.shape
    short, linear = net.samples(name, n)[:, :trainings, :seeds], net.fitted(n)[:, :, :seeds]
    differ = [mse_per_seed(x[0], x[1]).mean(axis=0) for x in (long, short)]
    far = [mse_per_seed(x, linear).mean(axis=(0, 1)) for x in (long, short)]
    return {
        "difference": ratio_and_error(*differ),
        "to-linear": ratio_and_error(*far),
        "own": net.own_over_other(long[0], n),
    }


def of_third(net, s):
    """Predictions 18 and 19: the MLP beside the UNet."""
    few, many = s.few, s.many
    if not (mlp := net.samples("MLP", many)).size:
        return
    unet = net.samples("UNet", many)
    far = (mse_per_seed(x, net.fitted(many)).mean(axis=(0, 1)) for x in (mlp, unet))
    yield outcome("18a", "mlp-to-linear", *ratio_and_error(*far))
    differ = (mse_per_seed(x[0, :2], x[1, :2]) for x in (mlp, unet))
    yield outcome("18b", "mlp-difference", *ratio_and_error(*differ))
    if (fewer := net.samples("MLP", few)).size:
        yield outcome("19", "mlp-interaction", *ratio_and_error(effects(mlp)[2], effects(fewer)[2]))


def top_tenth(raw):
    """Per cent of a difference that the tenth of the seeds with the largest ones carries, and its standard error."""

    def per_cent(values):
        return 100 * tail(values).top_tenth

    return per_cent(raw), bootstrap_error(per_cent, raw)


def _quotient(above, below):
    """Of two values, each with its own error: value and error."""
    ratio = above[0] / below[0]
    return ratio, abs(ratio) * np.hypot(above[1] / above[0], below[1] / below[0])

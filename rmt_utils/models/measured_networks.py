"""How far two *networks* differed beside two *linear* models of the same images: measured on one data set, not a law.

The networks are those of chapter 5: UNets of 0.5 and DiTs of 0.3 million parameters on random halves of Fashion-MNIST
at 14 x 14, from the same training seed, 2500 steps of 32 images; in colour others, on patches from disjoint regions of
photographs. The tests compute every number anew from the samples.
"""

from dataclasses import dataclass

import numpy as np

from rmt_utils.reports import per_cent, two_digits

DIM, SEEN = 196, 80_000  # numbers of an image, and images that a network saw
SIZES = (100, 300, 1000, 3000, 10_000, 30_000)  # training images
ABOUT = "NETWORKS of one data set (Fashion-MNIST, 14 x 14 pixels, 2,500 steps of 32 images)"


@dataclass(frozen=True)
class Measured:
    """shares: difference of two networks over that of unrelated samples, at each of SIZES. factors: over that of linear
    models of the same images. memory: distance to the nearest of the own images over that to the other half's. rank:
    rank correlation over seeds of a mixture's fragility with the difference, of at most 0.9."""

    shares: tuple
    factors: tuple
    memory: tuple
    rank: float


NETWORKS = {
    "UNet": Measured(
        shares=(0.241, 0.110, 0.060, 0.049, 0.048, 0.047),
        factors=(2.3, 2.7, 5.1, 14, 40, 127),
        memory=(0.38, 0.86, 0.95, 0.99, 0.99, 1.00),
        rank=0.42,
    ),
    "DiT": Measured(
        shares=(0.136, 0.076, 0.046, 0.040, 0.040, 0.039),
        factors=(1.3, 1.9, 3.8, 11, 33, 103),
        memory=(0.83, 0.97, 0.97, 1.01, 0.99, 1.00),
        rank=0.28,
    ),
}

COLOUR = {"UNet": 0.97, "DiT": 0.72}  # the factor of 300 patches of 32 x 32 pixels, d/n = 10

RANKED = (
    f"It ranked the seeds of {ABOUT} with a rank correlation of "
    f"{' and '.join(f'{one.rank:.2f} ({name})' for name, one in NETWORKS.items())}, of at most 0.9: weakly."
)


def factor(name, gamma):
    """Difference of two networks over that of linear models at gamma = d/n, between the measured ones; nan beyond.

    >>> round(factor("UNet", 196 / 1000), 1), factor("DiT", 100.0)
    (5.1, nan)
    """
    n = round(DIM / gamma, 6)
    return float(np.exp(np.interp(np.log(n), np.log(SIZES), np.log(NETWORKS[name].factors), left=np.nan, right=np.nan)))


def sentence(gamma):
    """What was measured, for a reader whose images have gamma = d/n."""
    found = [factor(name, gamma) for name in NETWORKS]
    more = "more than linear models of the same images"
    if np.isfinite(found).all():
        more = f"{' and '.join(map(two_digits, found))} times as much as linear ones at d/n = {two_digits(gamma)}"
    reach = f"d/n from {DIM / SIZES[-1]:.2g} to {DIM / SIZES[0]:.2g}"
    floor = " and ".join(per_cent(min(one.shares)) for one in NETWORKS.values())
    return (
        f"Two {ABOUT}, {' and '.join(f'{name}s' for name in NETWORKS)}, differed {more}, and never, however many "
        f"images there were, by less than {floor} of unrelated samples. They were measured for {reach}, here it is "
        f"{two_digits(gamma)}. Others, of 300 colour patches of 32 x 32 pixels, d/n = 10, differed "
        f"{' and '.join(f'{value:g}' for value in COLOUR.values())} times as much as linear ones."
    )


def table():
    """Caption, head and rows of all that was measured."""
    columns = ["n", "d/n", "passes", *(f"{name} {what}" for name in NETWORKS for what in ("apart", "factor", "memory"))]
    rows = [
        [f"{n:,}", f"{DIM / n:.2g}", f"{SEEN / n:,.3g}"]
        + [
            cell
            for one in NETWORKS.values()
            for cell in (per_cent(one.shares[place]), f"{one.factors[place]:g}", f"{one.memory[place]:.2f}")
        ]
        for place, n in enumerate(SIZES)
    ]
    caption = (
        f"{ABOUT}, two of n images each after so many passes over them. Apart: their difference over that of unrelated "
        "samples. Factor: over that of linear models of the same images. Memory: distance to the nearest of its own "
        "images over that to the nearest of the other's; 1 if it repeats none. Other images, networks and lengths "
        "of training have other numbers."
    )
    return caption, columns, rows
